import type { Balances, Hold } from './balances.ts';
import type { KeyLimits, LimitHold } from './key-limits.ts';
import { chargeFor, limitChargeFor, type UsageRecord } from './usage.ts';

/** What a request has set aside. */
export interface RequestHolds {
  hold: Hold | undefined;
  limitHold: LimitHold | undefined;
}

export interface SettlementParts {
  balances: Balances;
  keyLimits: KeyLimits;
  /** Writes the record that decides a request, unless there is one, and returns the one that stands. */
  decide(record: UsageRecord, nowMs: number): Promise<UsageRecord>;
  /** Notes what a request cost that had been given up. */
  noteLateCost(record: UsageRecord): Promise<void>;
}

/**
 * Ends a request: decides what it costs, by writing its record, and only then settles what it has set aside, with what
 * the record says that stands. A crash in between is no harm: the sweep finds the holds, and the record.
 */
export async function settleRequest(
  record: UsageRecord,
  { hold, limitHold }: RequestHolds,
  { balances, keyLimits, decide, noteLateCost }: SettlementParts,
  nowMs: number,
): Promise<void> {
  const standing = await decide(record, nowMs);
  if (standing.outcome === 'abandoned' && record.outcome !== 'abandoned') await noteLateCost(record);
  if (hold) await balances.settle(hold, chargeFor(standing, hold.id), nowMs);
  if (limitHold) await keyLimits.settle(limitHold, limitChargeFor(standing, limitHold.place.keyId, limitHold.id));
}
