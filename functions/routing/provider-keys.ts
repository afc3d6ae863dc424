import type { Catalog, Provider } from '../core/catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';
import type { AiGatewayConfig } from '../policy/ai-gateway-config.ts';
import type { Candidate } from './resolve-candidates.ts';

/** A credential for one provider and where it came from. Only `managed` ones cost credits. */
export interface ProviderKey {
  source: 'managed' | 'own' | 'client' | 'none';
  value: string;
}

/**
 * The keys to try for a candidate, in order: the endpoint's own; else the deployment's, for callers with a gateway key;
 * else the client's; providers that the endpoint itself added may do without.
 * @param managedKeys provider id → key
 * @throws GatewayError ERR_NGROK_3817 or ERR_NGROK_3802 when there is none
 */
export function keysFor(
  { provider }: Candidate,
  config: AiGatewayConfig,
  caller: { gatewayKey: object | undefined; clientCredential: string | undefined },
  managedKeys: Record<string, string>,
  catalog: Catalog,
): ProviderKey[] {
  const own = providerConfig(config, provider)?.api_keys ?? [];
  if (own.length > 0) return own.map(({ value }) => ({ source: 'own', value }));
  const isBuiltIn = catalog.provider(provider.id) !== undefined;
  if (caller.gatewayKey) {
    const managed = managedKeys[provider.id];
    if (managed) return [{ source: 'managed', value: managed }];
    if (!isBuiltIn) return [{ source: 'none', value: '' }];
    throw new GatewayError(
      'ERR_NGROK_3817',
      provider.managed
        ? `This deployment has no managed key for provider "${provider.id}"; configure one, or add api_keys to the endpoint's policy`
        : `Provider "${provider.id}" has no managed keys; add api_keys for it to the endpoint's policy`,
    );
  }
  if (caller.clientCredential) return [{ source: 'client', value: caller.clientCredential }];
  if (!isBuiltIn) return [{ source: 'none', value: '' }];
  throw new GatewayError(
    'ERR_NGROK_3802',
    `No key for provider "${provider.id}": send an AI Gateway API key or the provider's own, or add api_keys to the endpoint's policy`,
  );
}

/** What a policy says about a provider, under its id or an alias. */
export function providerConfig(config: AiGatewayConfig, { id, aliases }: Provider) {
  const names = [id, ...aliases].map(name => name.toLowerCase());
  return config.providers.find(configured => names.includes(configured.id.toLowerCase()));
}
