import { type Catalog, extendCatalog } from '../core/catalog/catalog.ts';
import type { Clock } from '../core/clock.ts';
import { digestToken } from '../core/credential.ts';
import type { Fee } from '../core/fee.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { TrafficPolicy } from '../policy/parse-policy.ts';
import { toCatalogProviders } from '../policy/to-catalog-providers.ts';
import type { Egress } from '../providers/egress.ts';
import { findKeyByDigest } from '../store/access-keys.ts';
import { findAccount } from '../store/accounts.ts';
import { Balances } from '../store/balances.ts';
import { Cache } from '../store/cache.ts';
import type { Store } from '../store/dynamo.ts';
import { type Endpoint, findEndpoint, findEndpointBySlug } from '../store/endpoints.ts';
import { KeyLimits } from '../store/key-limits.ts';
import { readPepper } from '../store/pepper.ts';
import type { SecretReader } from '../store/secrets.ts';
import type { Gateway, LoadedEndpoint } from './gateway.ts';

/** What a gateway is made of; passed in, so that tests bring their own clock, store and catalog. */
export interface GatewayParts {
  now: Clock;
  randomBytes: RandomBytes;
  catalog: Catalog;
  fee: Fee;
  egress: Egress;
  store: Store;
  secrets: SecretReader;
  /** Secret ids, see `SecretReader`. */
  pepperSecret: string;
  managedKeysSecret: string;
  /** How old a key, an endpoint or a secret may be when it is used. */
  cacheLifetimeMs: number;
  baseUrls: Record<string, string>;
  countTokens(modelId: string, text: string): number;
  report(message: string, error: unknown): void;
}

export function createGateway(parts: GatewayParts): Gateway {
  const { store, secrets, now, cacheLifetimeMs } = parts;
  const cached = <Value>(load: (key: string) => Promise<Value>) => new Cache(load, cacheLifetimeMs, now);
  const gatewayKeys = cached(digest => findKeyByDigest(store, 'gateway_key', digest));
  const accounts = cached(id => findAccount(store, id));
  const policies = new Map<string, Pick<LoadedEndpoint, 'policy' | 'catalog'>>();

  /** Policies are read once for each version. */
  const load = (endpoint: Endpoint | undefined): LoadedEndpoint | undefined => {
    if (!endpoint) return undefined;
    const version = `${endpoint.id}#${endpoint.policyVersion}`;
    let compiled = policies.get(version);
    if (!compiled) {
      const policy: TrafficPolicy = JSON.parse(endpoint.compiledPolicy);
      compiled = { policy, catalog: extendCatalog(parts.catalog, toCatalogProviders(policy.aiGateway, parts.catalog)) };
      if (policies.size >= policiesMax) policies.clear();
      policies.set(version, compiled);
    }
    return { ...endpoint, ...compiled };
  };
  const endpoints = cached(async key => {
    const [accountId, endpointId] = key.split(' ') as [string, string];
    return load(await findEndpoint(store, accountId, endpointId));
  });
  const endpointsBySlug = cached(async slug => load(await findEndpointBySlug(store, slug)));
  const lastUses = new Map<string, string>();

  return {
    ...parts,
    balances: new Balances(store, parts.randomBytes),
    keyLimits: new KeyLimits(store),
    async gatewayKeyOf(token) {
      return gatewayKeys.get(digestToken(token, await readPepper(secrets, parts.pepperSecret)));
    },
    account: id => accounts.get(id),
    endpoint: (accountId, endpointId) => endpoints.get(`${accountId} ${endpointId}`),
    endpointBySlug: slug => endpointsBySlug.get(slug),
    managedKeys: async () => (await secrets.read(parts.managedKeysSecret)) ?? {},
    isFirstUseInMinute(keyId, minute) {
      if (lastUses.get(keyId) === minute) return false;
      if (lastUses.size >= lastUsesMax) lastUses.clear();
      lastUses.set(keyId, minute);
      return true;
    },
  };
}

const policiesMax = 1_000;
const lastUsesMax = 10_000;
