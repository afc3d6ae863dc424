import type { AiGatewayApiKey, UsageOverview } from '../../api.ts';
import { formatUsd } from '../../format.ts';
import { Usd } from '../../ui/values.tsx';

/** What a key has spent: in the 30 days of the overview, in this month and today, by UTC as limits count. */
export interface Spending {
  monthUsd: number;
  thisMonthUsd: number;
  todayUsd: number;
}

/** @returns undefined where that is not known: not loaded yet, or among the others that are summed up as one */
export function spendingOf(keyId: string, usage: UsageOverview | undefined, nowMs = Date.now()): Spending | undefined {
  if (!usage) return undefined;
  const total = usage.groups.find(group => group.group_key === keyId);
  if (!total && usage.groups.some(group => group.group_key === '(other)')) return undefined;
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const since = (prefix: string) =>
    usage.buckets
      .filter(bucket => bucket.group_key === keyId && bucket.bucket_start.startsWith(prefix))
      .reduce((sum, bucket) => sum + Number(bucket.cost_usd), 0);
  return {
    monthUsd: Number(total?.cost_usd ?? 0),
    thisMonthUsd: since(today.slice(0, 7)),
    todayUsd: since(today),
  };
}

const periods: Record<string, string> = { total: 'in all', daily: 'a day', monthly: 'a month' };

/** The limit of a key and, where its period is one that the overview counts, how much of it is used. */
export function Limit({ of: key, spending }: { of: AiGatewayApiKey; spending: Spending | undefined }) {
  const limit = key.spend_limit;
  if (!limit) return <span class="muted">none</span>;
  const used = { daily: spending?.todayUsd, monthly: spending?.thisMonthUsd }[limit.period];
  return (
    <div class="limit">
      <span>
        <Usd amount={limit.amount_usd} /> {periods[limit.period] ?? limit.period}
      </span>
      {used !== undefined && <Meter part={used / Number(limit.amount_usd)} label={`${formatUsd(used)} of it used`} />}
    </div>
  );
}

/** How much of something is used. @param part between 0 and 1 */
export function Meter({ part, label }: { part: number; label: string }) {
  const shown = Math.min(1, Math.max(0, part));
  const tone = shown >= 1 ? 'meter meter-bad' : shown >= 0.8 ? 'meter meter-warn' : 'meter';
  return (
    <div class={tone} role="img" aria-label={label} title={label}>
      <div style={{ width: `${shown * 100}%` }} />
    </div>
  );
}
