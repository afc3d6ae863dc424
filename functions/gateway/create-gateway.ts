import type { Catalog } from '../core/catalog/catalog.ts';
import type { Clock } from '../core/clock.ts';
import { digestToken } from '../core/credential.ts';
import type { Fee } from '../core/fee.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Egress } from '../providers/egress.ts';
import { type CompiledPolicy, compilePolicy, usesStrategies } from '../routing/compile-policy.ts';
import { KeyHealth } from '../routing/key-health.ts';
import { findKeyByDigest } from '../store/access-keys.ts';
import type { AccountSecrets } from '../store/account-secrets.ts';
import { findAccount } from '../store/accounts.ts';
import { Balances } from '../store/balances.ts';
import { Cache } from '../store/cache.ts';
import type { Store } from '../store/dynamo.ts';
import { EndpointMetrics } from '../store/endpoint-metrics.ts';
import { type Endpoint, findEndpoint, findEndpointByHost, findEndpointBySlug } from '../store/endpoints.ts';
import { KeyLimits } from '../store/key-limits.ts';
import { readPepper } from '../store/pepper.ts';
import type { SecretReader } from '../store/secrets.ts';
import type { Gateway, LoadedEndpoint } from './gateway.ts';
import { createPolicyServices } from './policy-services.ts';
import type { RequestLine } from './request-line.ts';

/** What a gateway is made of; passed in, so that tests bring their own clock, store and catalog. */
export interface GatewayParts {
  now: Clock;
  randomBytes: RandomBytes;
  /** Where the function runs: `us-east-1`. */
  region: string;
  /** From 0 to 1, for strategies and rules that draw lots. */
  random(): number;
  catalog: Catalog;
  fee: Fee;
  egress: Egress;
  store: Store;
  secrets: SecretReader;
  accountSecrets: AccountSecrets;
  /** Secret ids, see `SecretReader`. */
  pepperSecret: string;
  managedKeysSecret: string;
  /** How old a key, an endpoint or a secret may be when it is used. */
  cacheLifetimeMs: number;
  baseUrls: ReadonlyMap<string, string>;
  countTokens(modelId: string, text: string): number;
  /** See `Gateway`. */
  logRequest?: ((line: RequestLine) => void) | undefined;
  metricsNamespace?: string;
  report(message: string, error: unknown): void;
}

export function createGateway(parts: GatewayParts): Gateway {
  const { store, secrets, now, cacheLifetimeMs } = parts;
  const cached = <Value>(load: (key: string) => Promise<Value>) => new Cache(load, cacheLifetimeMs, now);
  const gatewayKeys = cached(digest => findKeyByDigest(store, 'gateway_key', digest));
  const accounts = cached(id => findAccount(store, id));
  const keyHealth = new KeyHealth(now);
  const metrics = new EndpointMetrics(parts);
  const compiledPolicies = new Map<string, Promise<CompiledPolicy>>();

  /** Policies are compiled once for each version; what strategies read of the past is read with the endpoint. */
  const load = async (endpoint: Endpoint | undefined): Promise<LoadedEndpoint | undefined> => {
    if (!endpoint) return undefined;
    const version = `${endpoint.id}#${endpoint.policyVersion}`;
    let compiled = compiledPolicies.get(version);
    if (!compiled) {
      compiled = compilePolicy(endpoint.compiledPolicy, { ...parts, keyHealth, metrics: metrics.of(endpoint) });
      if (compiledPolicies.size >= policiesMax) compiledPolicies.clear();
      compiledPolicies.set(version, compiled);
      compiled.catch(() => compiledPolicies.delete(version));
    }
    const policy = await compiled;
    if (usesStrategies(policy)) await metrics.refresh(endpoint);
    return { ...endpoint, policy };
  };
  const endpoints = cached(async key => {
    const [accountId, endpointId] = key.split(' ') as [string, string];
    return load(await findEndpoint(store, accountId, endpointId));
  });
  const endpointsBySlug = cached(async slug => load(await findEndpointBySlug(store, slug)));
  const endpointsByHost = cached(async host => load(await findEndpointByHost(store, host)));
  const lastUses = new Map<string, string>();

  return {
    metricsNamespace: 'Tollgate',
    ...parts,
    policyServices: createPolicyServices(parts),
    balances: new Balances(store, parts.randomBytes),
    keyLimits: new KeyLimits(store),
    async gatewayKeyOf(token) {
      return gatewayKeys.get(digestToken(token, await readPepper(secrets, parts.pepperSecret)));
    },
    account: id => accounts.get(id),
    endpoint: (accountId, endpointId) => endpoints.get(`${accountId} ${endpointId}`),
    endpointBySlug: slug => endpointsBySlug.get(slug),
    endpointByHost: host => endpointsByHost.get(host),
    managedKeys: async () => (await secrets.read(parts.managedKeysSecret)) ?? {},
    managedKeysAgain: async () => (await secrets.readAgain(parts.managedKeysSecret)) ?? {},
    keyHealth,
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
