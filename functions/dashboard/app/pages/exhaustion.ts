import type { Balance, UsageOverview } from '../api.ts';

const dayMs = 86_400_000;
const windowDays = 7;

/** How fast credits go, and when they are gone. */
export interface Forecast {
  /** Average of the last week, or of the time since the first spending in it. */
  nanoUsdADay: number;
  /** Undefined when nothing is being spent. */
  atMs: number | undefined;
  /** The last of it is lost by expiry, not spent. */
  isExpiry: boolean;
}

/** Spends each lot before those that expire later, as the ledger does, and loses what is left when it expires. */
export function forecast({ lots }: Balance, { buckets }: UsageOverview, nowMs: number): Forecast {
  const since = nowMs - windowDays * dayMs;
  const recent = buckets.filter(
    ({ bucket_start, cost_nano_usd }) => Date.parse(bucket_start) >= since && cost_nano_usd !== '0',
  );
  const spent = recent.reduce((sum, { cost_nano_usd }) => sum + Number(cost_nano_usd), 0);
  const firstMs = Math.min(nowMs, ...recent.map(({ bucket_start }) => Date.parse(bucket_start)));
  const nanoUsdADay = spent / Math.max(1, (nowMs - firstMs) / dayMs);
  if (nanoUsdADay === 0) return { nanoUsdADay, atMs: undefined, isExpiry: false };
  let atMs = nowMs;
  let isExpiry = false;
  const byExpiry = lots
    .map(lot => ({ left: Number(lot.remaining_nano_usd), expiresMs: Date.parse(lot.expires_at) }))
    .sort((one, other) => one.expiresMs - other.expiresMs);
  for (const { left, expiresMs } of byExpiry) {
    if (left === 0 || expiresMs <= atMs) continue;
    const spentMs = atMs + (left / nanoUsdADay) * dayMs;
    isExpiry = spentMs > expiresMs;
    atMs = Math.min(spentMs, expiresMs);
  }
  return { nanoUsdADay, atMs, isExpiry };
}

export interface Spend {
  today: bigint;
  month: bigint;
}

/** Days and months are those of UTC, as in the balance. */
export function spendOf({ buckets }: UsageOverview, nowMs: number): Spend {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const sumSince = (prefix: string) =>
    buckets
      .filter(({ bucket_start }) => bucket_start.startsWith(prefix))
      .reduce((sum, { cost_nano_usd }) => sum + BigInt(cost_nano_usd), 0n);
  return { today: sumSince(today), month: sumSince(today.slice(0, 7)) };
}

/** Where an overview has to begin for `forecast` and `spendOf`. */
export function spendStart(nowMs: number): string {
  const monthStart = Date.parse(`${new Date(nowMs).toISOString().slice(0, 7)}-01T00:00:00Z`);
  return new Date(Math.min(monthStart, nowMs - windowDays * dayMs)).toISOString();
}
