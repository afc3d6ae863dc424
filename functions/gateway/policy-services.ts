import type { PolicyServices } from '../policy/run/policy-run.ts';
import { RateWindows } from '../store/rate-windows.ts';
import type { GatewayParts } from './create-gateway.ts';

/** What the rules of policies can use, made for all of a process's requests. */
export function createPolicyServices({
  now,
  random,
  region,
  store,
  report,
}: GatewayParts): Omit<PolicyServices, 'callModels'> {
  const rateWindows = new RateWindows(store, now);
  return {
    now,
    random,
    region,
    report,
    takeRate: (bucket, limit) => rateWindows.take(bucket, limit),
    call: () => Promise.reject(new Error('later')),
    circuits: { openFor: async () => undefined, note: async () => {} },
  };
}
