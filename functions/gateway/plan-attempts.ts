import { GatewayError } from '../core/errors.ts';
import type { Surface } from '../providers/surface.ts';
import { surfacePaths } from '../providers/surfaces.ts';
import { keysFor, type ProviderKey, providerConfig } from '../routing/provider-keys.ts';
import type { Candidate } from '../routing/resolve-candidates.ts';
import { type CallSize, measureCall, upperBound } from '../routing/upper-bound.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/** A candidate that can be tried, and how. */
export interface Plan {
  candidate: Candidate;
  keys: ProviderKey[];
  baseUrl: string;
  /** The most it can cost the balance; undefined when the provider bills somebody else. */
  boundNanoUsd: bigint | undefined;
}

/**
 * Finds keys and prices for the candidates. One that has no key, or cannot be bounded, is left out.
 * @throws GatewayError why the first candidate was left out, when none is left
 */
export async function planAttempts(candidates: Candidate[], exchange: Exchange, gateway: Gateway): Promise<Plan[]> {
  const { caller } = exchange;
  const managedKeys = caller.gatewayKey ? await gateway.managedKeys() : {};
  const plans: Plan[] = [];
  let refusal: GatewayError | undefined;
  let size: CallSize | undefined;
  for (const candidate of candidates) {
    try {
      const keys = keysFor(candidate, caller.endpoint.policy.aiGateway, caller, managedKeys, gateway.catalog);
      const isManaged = keys.some(({ source }) => source === 'managed');
      if (isManaged) {
        refuseManagedKeysAt(caller.path, exchange.call.surface);
        size ??= measureCall(exchange.call);
      }
      const boundNanoUsd = isManaged && size ? upperBound(size, candidate, gateway.fee) : undefined;
      plans.push({ candidate, keys, baseUrl: baseUrlOf(candidate, exchange, gateway), boundNanoUsd });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      refusal ??= error;
    }
  }
  if (plans.length === 0 && refusal) throw refusal;
  return plans;
}

/** @throws GatewayError ERR_NGROK_3814: what an unknown path costs is not known either */
function refuseManagedKeysAt(path: string, { allowsManagedKeys }: Surface): void {
  if (allowsManagedKeys) return;
  throw new GatewayError(
    'ERR_NGROK_3814',
    `Path "${path}" needs your own provider key; managed keys serve ${surfacePaths.join(', ')} and /v1/models`,
  );
}

function baseUrlOf({ provider }: Candidate, { caller }: Exchange, { baseUrls }: Gateway): string {
  const configured = providerConfig(caller.endpoint.policy.aiGateway, provider)?.base_url;
  const baseUrl = baseUrls[provider.id] ?? configured ?? provider.baseUrl;
  if (baseUrl) return baseUrl;
  throw new GatewayError(
    'ERR_NGROK_3800',
    `Provider "${provider.id}" publishes no base URL; set base_url for it in the endpoint's policy`,
  );
}
