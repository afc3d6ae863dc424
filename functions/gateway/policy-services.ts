import type { PolicyServices } from '../policy/run/policy-run.ts';
import { Circuits } from '../store/circuits.ts';
import { RateWindows } from '../store/rate-windows.ts';
import type { GatewayParts } from './create-gateway.ts';
import { callAddress } from './outgoing-call.ts';

/** What the rules of policies can use, made for all of a process's requests. */
export function createPolicyServices({
  now,
  random,
  region,
  egress,
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
    call: call => callAddress(call, egress),
    circuits: new Circuits(store, now),
  };
}
