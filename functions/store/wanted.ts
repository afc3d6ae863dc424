import { strict as assert } from 'node:assert';
import { holdUnitNanoUsd, roundUpToHoldUnit } from './balance-item.ts';

/** What a request wants set aside: the amount, or, if there is less, at least the least. */
export interface Wanted {
  amountNanoUsd: bigint;
  leastNanoUsd: bigint;
}

/** Holds whose outcome stayed unknown before the request is refused with 503. */
export const holdAttemptsMax = 3;

/** Holds are whole micro-USD, at least one, and never less than what was asked. A plain amount is wanted in full. */
export function roundWanted(wanted: bigint | Wanted): Wanted {
  const { amountNanoUsd, leastNanoUsd } =
    typeof wanted === 'bigint' ? { amountNanoUsd: wanted, leastNanoUsd: wanted } : wanted;
  assert(leastNanoUsd <= amountNanoUsd, 'the least is at most the amount');
  const round = (nanoUsd: bigint) => (nanoUsd > 0n ? roundUpToHoldUnit(nanoUsd) : holdUnitNanoUsd);
  return { amountNanoUsd: round(amountNanoUsd), leastNanoUsd: round(leastNanoUsd) };
}
