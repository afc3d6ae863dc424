import { createHash } from 'node:crypto';
import type { Provider } from '../core/catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';
import { EvaluationError, WrongResultError } from '../policy/expressions/expression-error.ts';
import type { Template, TemplateScope } from '../policy/expressions/template.ts';
import type { Candidate } from './endpoint-catalog.ts';
import type { EndpointProvider } from './endpoint-providers.ts';
import type { KeySelector } from './selectors.ts';

/** A credential for one provider and where it came from. Only `managed` ones cost credits. */
export interface ProviderKey {
  source: 'managed' | 'own' | 'client' | 'none';
  value: string;
}

/** What one key strategy did; keys by id. */
export interface KeySelection {
  strategy: string;
  error?: string;
  toTry: string[];
}

/** Whose keys may be used for a request. */
export interface Credentials {
  /** A gateway key was shown and proven. */
  hasGatewayKey: boolean;
  /** A credential that is not ours: the client's key for one provider. */
  clientCredential: string | undefined;
  /** The only provider that gets it. */
  clientProviderId: string | undefined;
  /** The deployment's own keys: provider id → key. */
  managedKeys: ReadonlyMap<string, string>;
  /** What `${secrets.get(…)}` in a key means. */
  scope: TemplateScope;
}

/** The endpoint's own keys for a provider, as its policy writes them, and how to choose among them. */
export interface OwnKeys {
  templates(providerId: string): readonly Template[];
  selectors: readonly KeySelector[];
}

/** Names a key without giving it away: safe in records, logs and expressions. */
export function keyId(value: string): string {
  return `key_${createHash('sha256').update(value).digest('hex').slice(0, 16)}`;
}

/**
 * The keys to try for a candidate, in order: the endpoint's own; else the deployment's, for callers with a gateway key;
 * else the client's; providers that the endpoint itself added may do without.
 * @throws GatewayError ERR_NGROK_3817, 3802 or 3808 when there is none
 */
export function keysFor(
  { provider }: Candidate,
  { config }: EndpointProvider,
  ownKeys: OwnKeys,
  credentials: Credentials,
): { keys: ProviderKey[]; selections: KeySelection[] } {
  const templates = ownKeys.templates(provider.id);
  if (templates.length > 0)
    return selectKeys(render(templates, credentials.scope, provider), ownKeys.selectors, provider);
  return { keys: [otherKey(provider, config?.base_url !== undefined, credentials)], selections: [] };
}

/** The deployment's keys never go to an address that an endpoint's policy chose. */
function otherKey(provider: Provider, hasOwnUrl: boolean, credentials: Credentials): ProviderKey {
  const { hasGatewayKey, clientCredential, clientProviderId, managedKeys } = credentials;
  const managed = hasGatewayKey && !hasOwnUrl && !provider.custom ? managedKeys.get(provider.id) : undefined;
  if (managed) return { source: 'managed', value: managed };
  // A client's key goes to its provider, and not to where a policy says that this provider is.
  if (clientCredential && clientProviderId === provider.id && !(hasOwnUrl && !provider.custom))
    return { source: 'client', value: clientCredential };
  if (provider.custom) return { source: 'none', value: '' };
  if (!hasGatewayKey) {
    throw new GatewayError(
      'ERR_NGROK_3802',
      `No key for provider "${provider.id}": send an AI Gateway API key or the provider's own, or add api_keys to the endpoint's policy`,
    );
  }
  throw new GatewayError('ERR_NGROK_3817', managedKeyMissing(provider, hasOwnUrl));
}

function managedKeyMissing(provider: Provider, hasOwnUrl: boolean): string {
  const remedy = "add api_keys for it to the endpoint's policy";
  if (!provider.managed) return `Provider "${provider.id}" has no managed keys; ${remedy}`;
  if (hasOwnUrl) return `Managed keys of "${provider.id}" are not sent to the policy's base_url; ${remedy}`;
  return `This deployment has no managed key for provider "${provider.id}"; configure one, or ${remedy}`;
}

/** @throws GatewayError ERR_NGROK_3802 when not one of them can be read */
function render(templates: readonly Template[], scope: TemplateScope, provider: Provider): ProviderKey[] {
  const problems: string[] = [];
  const keys = templates.flatMap(template => {
    try {
      const value = template.render(scope);
      if (typeof value === 'string' && value !== '') return [{ source: 'own' as const, value }];
      problems.push('a key is empty');
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      problems.push(error.message);
    }
    return [];
  });
  if (keys.length > 0) return keys;
  throw new GatewayError('ERR_NGROK_3802', `No key for provider "${provider.id}" can be used: ${problems.join('; ')}`);
}

function selectKeys(keys: ProviderKey[], selectors: readonly KeySelector[], provider: Provider) {
  const selections: KeySelection[] = [];
  for (const selector of selectors) {
    const selection: KeySelection = { strategy: selector.source, toTry: [] };
    selections.push(selection);
    try {
      const chosen = selector.select(keys);
      selection.toTry = chosen.map(({ value }) => keyId(value));
      if (chosen.length > 0) return { keys: [...chosen], selections };
    } catch (cause) {
      if (!(cause instanceof EvaluationError || cause instanceof WrongResultError)) throw cause;
      selection.error = cause.message;
      throw new GatewayError('ERR_NGROK_3808', `Key selection strategy "${selector.source}" failed: ${cause.message}`, {
        cause,
      });
    }
  }
  if (selectors.length === 0) return { keys, selections };
  const tried = selectors.map(({ source }) => source).join(' | ');
  throw new GatewayError(
    'ERR_NGROK_3808',
    `No key selection strategy chose a key of provider "${provider.id}": ${tried}`,
  );
}

/**
 * The provider that a client's own key is meant for: the one whose keys begin like it, else the provider of the first
 * candidate. A key never reaches another provider, whatever fallbacks the client names.
 */
export function clientProviderOf(
  credential: string,
  candidates: readonly Candidate[],
  providers: readonly EndpointProvider[],
) {
  const owner = providers.find(({ provider }) => provider.keyPrefixes.some(prefix => credential.startsWith(prefix)));
  return owner?.provider.id ?? candidates[0]?.provider.id;
}
