import { formatUsd } from '../core/money.ts';
import type { UsageRecord } from '../store/usage.ts';

/** Whether an attempt is the one that the client's answer came from. */
export function isServed({ provider, attempts }: UsageRecord, index: number): boolean {
  return provider !== undefined && index === attempts.length - 1;
}

export interface CandidateStory {
  model: string;
  result: 'served' | 'failed' | 'not_reached' | 'rejected';
  reason: string;
}

/** What became of each candidate, in the order they would be tried, and of what was ruled out before. */
export function candidatesOf(record: UsageRecord): CandidateStory[] {
  const { candidates = [], rejected = [] } = record.resolution ?? {};
  const ruledOut = new Map(rejected.map(({ model, reason }) => [model, reason]));
  const named = new Set(candidates);
  return [
    ...candidates.map(model => candidateStory(model, record, ruledOut.get(model))),
    ...rejected
      .filter(({ model }) => !named.has(model))
      .map(({ model, reason }) => ({ model, result: 'rejected' as const, reason })),
  ];
}

function candidateStory(model: string, record: UsageRecord, ruledOut: string | undefined): CandidateStory {
  const attempts = record.attempts.filter(attempt => `${attempt.provider}:${attempt.model}` === model);
  const last = attempts.at(-1);
  if (last && record.provider !== undefined && last === record.attempts.at(-1)) {
    return { model, result: 'served', reason: `answered at attempt ${record.attempts.length}` };
  }
  if (last) {
    const errors = attempts.map(({ error, status }) => error ?? `HTTP ${status}`);
    return { model, result: 'failed', reason: errors.join('; ') };
  }
  if (ruledOut !== undefined) return { model, result: 'rejected', reason: ruledOut };
  const why = record.provider === undefined ? 'the request ended before its turn' : 'a candidate before it answered';
  return { model, result: 'not_reached', reason: why };
}

/** What was set aside, what it became, and what went back: together, the request's part of the ledger. */
export function ledgerOf({ heldNanoUsd, costNanoUsd, outcome }: UsageRecord) {
  if (heldNanoUsd === undefined) return [];
  const [held, cost] = [BigInt(heldNanoUsd), BigInt(costNanoUsd)];
  return [
    row('hold', -held),
    row('release', held),
    row(outcome === 'abandoned' ? 'abandoned' : 'charge', cost === 0n ? 0n : -cost),
  ];
}

function row(kind: 'hold' | 'release' | 'charge' | 'abandoned', amountNanoUsd: bigint) {
  return { kind, amount_usd: formatUsd(amountNanoUsd), amount_nano_usd: amountNanoUsd.toString() };
}

/** Millionths of a nano-USD as USD, to the last digit. */
export function formatMillionths(millionths: bigint): string {
  const fraction = (millionths % 10n ** 15n).toString().padStart(15, '0').replace(/0+$/, '').padEnd(2, '0');
  return `${millionths / 10n ** 15n}.${fraction}`;
}
