/**
 * The actions of ngrok's Traffic Policy, and what to do about one that Tollgate does not have. Which ones it has, the
 * policy library says: an action that is added there needs no change here.
 * @see https://ngrok.com/docs/traffic-policy/actions/
 */
export interface KnownAction {
  /** What replaces it, for whoever moves here. */
  remedy: string;
  /** Leaving it out changes nothing that anybody relies on. All others stay, so that a guard is never lost in silence. */
  needless?: true;
}

const byHand = 'remove it, or keep this endpoint where it is until Tollgate has the action';

const actions: Record<string, KnownAction> = {
  'add-headers': { remedy: byHand },
  'ai-gateway': { remedy: byHand },
  'basic-auth': { remedy: 'let clients use AI Gateway API keys instead, then remove it' },
  'circuit-breaker': { remedy: 'failover already leaves a provider that fails; remove it' },
  'close-connection': { remedy: 'a function cannot close connections; use deny' },
  'compress-response': { remedy: 'models answer in small events, which compression would hold up', needless: true },
  'custom-response': { remedy: byHand },
  deny: { remedy: byHand },
  'forward-internal': {
    remedy: 'there are no internal endpoints; name the provider’s base_url in an ai-gateway action',
  },
  'http-request': { remedy: byHand },
  'jwt-validation': { remedy: byHand },
  log: { remedy: 'every request has a usage record; remove it' },
  oauth: { remedy: 'a login page is for people; let applications use AI Gateway API keys, then remove it' },
  oidc: { remedy: 'a login page is for people; let applications use AI Gateway API keys, then remove it' },
  'openid-connect': { remedy: 'a login page is for people; let applications use AI Gateway API keys, then remove it' },
  'owasp-crs-request': { remedy: 'put AWS WAF in front instead, then remove it' },
  'owasp-crs-response': { remedy: 'put AWS WAF in front instead, then remove it' },
  'rate-limit': { remedy: byHand },
  redirect: { remedy: byHand },
  'remove-headers': { remedy: byHand },
  'request-body-find-replace': { remedy: byHand },
  'response-body-find-replace': { remedy: byHand },
  'restrict-ips': { remedy: byHand },
  saml: { remedy: 'a login page is for people; let applications use AI Gateway API keys, then remove it' },
  'set-vars': { remedy: byHand },
  'sse-find-replace': { remedy: byHand },
  'terminate-tls': { remedy: 'TLS always ends in front of the gateway', needless: true },
  'url-rewrite': { remedy: byHand },
  'verify-webhook': { remedy: byHand },
};

export const knownActions: ReadonlyMap<string, KnownAction> = new Map(Object.entries(actions));
