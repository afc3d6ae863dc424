import { LogHistogram, type StoredHistogram } from './log-histogram.ts';
import type { Quota } from './metrics.ts';

const countNames = [
  'requests',
  /** All that failed, and how: each failure is of one kind. */
  'errors',
  'timeout',
  'rateLimit',
  'client',
  'server',
  /** Tokens that were charged or would have been, by class, see `Usage`. */
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'cacheWriteLongTokens',
  'inputAudioTokens',
  'outputTokens',
  'reasoningTokens',
  'outputAudioTokens',
  /** The same as the provider reported them, and as we counted. */
  'providerInputTokens',
  'providerOutputTokens',
  'estimatedInputTokens',
  'estimatedOutputTokens',
] as const;

export type CountName = (typeof countNames)[number];
export type FailureKind = 'timeout' | 'rateLimit' | 'client' | 'server';

/** Milliseconds, but for `perToken`, which is in microseconds. */
const latencyNames = ['gateway', 'firstToken', 'total', 'perToken'] as const;
export type LatencyName = (typeof latencyNames)[number];

export type StoredTally = { [Name in CountName]?: number } & { [Name in LatencyName]?: StoredHistogram } & {
  costNanoUsd?: string;
  quota?: Quota & { atMs: number };
};

/** What a set of requests, or of attempts, comes to. Tallies of disjoint sets can be merged. */
export class Tally {
  readonly counts: Partial<Record<CountName, number>> = {};
  costNanoUsd = 0n;
  readonly latencies = new Map<LatencyName, LogHistogram>();
  /** What a provider last said about limits. */
  quota: (Quota & { atMs: number }) | undefined;

  static from(stored: StoredTally): Tally {
    const tally = new Tally();
    for (const name of countNames) tally.add(name, stored[name] ?? 0);
    tally.costNanoUsd = BigInt(stored.costNanoUsd ?? 0);
    for (const name of latencyNames) {
      const histogram = stored[name];
      if (histogram) tally.latencies.set(name, LogHistogram.from(histogram));
    }
    tally.quota = stored.quota;
    return tally;
  }

  count(name: CountName): number {
    return this.counts[name] ?? 0;
  }

  add(name: CountName, amount: number): void {
    if (amount !== 0) this.counts[name] = this.count(name) + amount;
  }

  addFailure(kind: FailureKind): void {
    this.add('errors', 1);
    this.add(kind, 1);
  }

  addLatency(name: LatencyName, value: number | undefined): void {
    if (value !== undefined && value >= 0) this.histogram(name).add(value);
  }

  /** The latest counts. */
  noteQuota(quota: Quota, atMs: number): void {
    if (atMs >= (this.quota?.atMs ?? 0)) this.quota = { ...quota, atMs };
  }

  /** Undefined when nothing was measured. */
  latency(name: LatencyName): LogHistogram | undefined {
    return this.latencies.get(name);
  }

  merge(other: Tally): void {
    for (const name of countNames) this.add(name, other.count(name));
    this.costNanoUsd += other.costNanoUsd;
    for (const [name, histogram] of other.latencies) this.histogram(name).merge(histogram);
    if (other.quota) this.noteQuota(other.quota, other.quota.atMs);
  }

  toJSON(): StoredTally {
    return {
      ...this.counts,
      ...(this.costNanoUsd !== 0n && { costNanoUsd: this.costNanoUsd.toString() }),
      ...Object.fromEntries(this.latencies),
      ...(this.quota && { quota: this.quota }),
    } as unknown as StoredTally;
  }

  private histogram(name: LatencyName): LogHistogram {
    let histogram = this.latencies.get(name);
    if (!histogram) {
      histogram = new LogHistogram();
      this.latencies.set(name, histogram);
    }
    return histogram;
  }
}
