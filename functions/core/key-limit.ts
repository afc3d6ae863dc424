import { strict as assert } from 'node:assert';

/** How much one gateway key may spend: in all, or in each UTC day or month. */
export interface SpendLimit {
  /** As text, for it lies in the key's record. */
  amountNanoUsd: string;
  period: LimitPeriod;
}

export type LimitPeriod = 'total' | 'daily' | 'monthly';

/** What a key has used of its limit in one period. A request counts to the period in which it began. */
export interface LimitUse {
  /** Spent and set aside together, for a write can compare it with one number. */
  usedNanoUsd: bigint;
  /** Open holds: hold key → amount. */
  holds: ReadonlyMap<string, bigint>;
}

export function emptyLimitUse(): LimitUse {
  return { usedNanoUsd: 0n, holds: new Map() };
}

/** `total`, a day such as `2026-11-24` or a month such as `2026-11`, of a moment in UTC. */
export function periodAt(period: LimitPeriod, timeMs: number): string {
  if (period === 'total') return 'total';
  return new Date(timeMs).toISOString().slice(0, period === 'daily' ? 10 : 7);
}

/** When a period as `periodAt` writes it is over; `total` never is. */
export function periodEndMs(name: string): number {
  if (name === 'total') return Number.POSITIVE_INFINITY;
  const [year = 0, month = 0, day] = name.split('-').map(Number);
  return day === undefined ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, day + 1);
}

/** Sets a part of the limit aside for one request. */
export function holdOfLimit(
  use: LimitUse,
  key: string,
  amountNanoUsd: bigint,
  limitNanoUsd: bigint,
): { status: 'held'; use: LimitUse } | { status: 'exists' | 'insufficient' } {
  if (use.holds.has(key)) return { status: 'exists' };
  if (use.usedNanoUsd + amountNanoUsd > limitNanoUsd) return { status: 'insufficient' };
  return {
    status: 'held',
    use: { usedNanoUsd: use.usedNanoUsd + amountNanoUsd, holds: new Map(use.holds).set(key, amountNanoUsd) },
  };
}

/** Ends a hold: of what it set aside, only its cost stays used. */
export function settleOfLimit(
  use: LimitUse,
  key: string,
  costNanoUsd: bigint,
): { status: 'settled'; use: LimitUse } | { status: 'already_settled' } {
  const amountNanoUsd = use.holds.get(key);
  if (amountNanoUsd === undefined) return { status: 'already_settled' };
  assert(costNanoUsd >= 0n && costNanoUsd <= amountNanoUsd, 'a hold bounds what its request may cost');
  const holds = new Map(use.holds);
  holds.delete(key);
  return { status: 'settled', use: { usedNanoUsd: use.usedNanoUsd - amountNanoUsd + costNanoUsd, holds } };
}
