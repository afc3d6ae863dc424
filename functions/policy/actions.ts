import type { z } from 'zod';
import type { ActionDefinition } from './action.ts';
import { addHeaders } from './actions/add-headers.ts';
import { aiGateway } from './actions/ai-gateway.ts';
import { basicAuth } from './actions/basic-auth.ts';
import { circuitBreaker } from './actions/circuit-breaker.ts';
import { customResponse } from './actions/custom-response.ts';
import { deny } from './actions/deny.ts';
import { httpRequest } from './actions/http-request.ts';
import { jwtValidation } from './actions/jwt-validation.ts';
import { log } from './actions/log.ts';
import { rateLimit } from './actions/rate-limit.ts';
import { redirect } from './actions/redirect.ts';
import { removeHeaders } from './actions/remove-headers.ts';
import { requestBodyFindReplace } from './actions/request-body-find-replace.ts';
import { responseBodyFindReplace } from './actions/response-body-find-replace.ts';
import { restrictIps } from './actions/restrict-ips.ts';
import { setVars } from './actions/set-vars.ts';
import { sseFindReplace } from './actions/sse-find-replace.ts';
import { urlRewrite } from './actions/url-rewrite.ts';
import { verifyWebhook } from './actions/verify-webhook.ts';

/** Every action that a policy may have. */
export const actionDefinitions = [
  aiGateway,
  requestBodyFindReplace,
  responseBodyFindReplace,
  sseFindReplace,
  addHeaders,
  removeHeaders,
  customResponse,
  deny,
  redirect,
  urlRewrite,
  setVars,
  log,
  rateLimit,
  restrictIps,
  basicAuth,
  jwtValidation,
  verifyWebhook,
  httpRequest,
  circuitBreaker,
] as const;

type Definition = (typeof actionDefinitions)[number];
export type ActionType = Definition['type'];

/** The config of an action as it reads it. */
export type ConfigOf<Type extends ActionType> = z.output<Extract<Definition, { type: Type }>['config']>;

/** An action of a rule, checked. */
export type PolicyAction = { [Type in ActionType]: { type: Type; config: ConfigOf<Type> } }[ActionType];

const definitionsByType = new Map<string, ActionDefinition>(
  actionDefinitions.map(definition => [definition.type, definition]),
);

export function actionDefinition(type: string): ActionDefinition | undefined {
  return definitionsByType.get(type);
}

export const actionTypes: readonly string[] = [...definitionsByType.keys()];

const login =
  'a login page is for people, and applications call this endpoint; let them show AI Gateway API keys, or use basic-auth or jwt-validation';
const firewall = 'put AWS WAF in front of the endpoint instead';

/** Actions of Traffic Policy that cannot be had here, and why. */
export const unsupportedActions: ReadonlyMap<string, string> = new Map([
  ['oauth', login],
  ['oidc', login],
  ['openid-connect', login],
  ['saml', login],
  ['owasp-crs-request', firewall],
  ['owasp-crs-response', firewall],
  ['terminate-tls', 'TLS always ends before the gateway sees a request; remove it'],
  ['forward-internal', 'there are no internal endpoints; name the base_url of a provider in an ai-gateway action'],
  ['close-connection', 'a function answers requests and has no hold of connections; use deny'],
  ['compress-response', 'streams go out event by event, which compressing would hold up; remove it'],
]);
