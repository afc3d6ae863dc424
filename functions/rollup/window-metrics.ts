import type { Aggregate } from '../core/aggregate.ts';
import { otherGroup } from '../core/aggregate.ts';
import type { AccountMetrics, KeyMetrics, Latency } from '../core/metrics.ts';
import type { LatencyName, Tally } from '../core/tally.ts';
import type { MetricSnapshot } from '../store/metric-snapshots.ts';

/** Seconds since 1970. */
export interface Window {
  start: number;
  end: number;
}

/** What strategies read, from the attempts of a window's steps together. */
export function toSnapshot(attempts: Aggregate, window: Window): MetricSnapshot {
  const models: MetricSnapshot['models'] = {};
  for (const [model, tally] of attempts.groups('attempts')) {
    if (model !== otherGroup) models[model] = toMetrics(tally, window);
  }
  const keys: Record<string, Record<string, KeyMetrics>> = {};
  for (const [name, tally] of attempts.groups('keyAttempts')) {
    if (name === otherGroup) continue;
    const space = name.indexOf(' ');
    const [keyId, model] = [name.slice(0, space), name.slice(space + 1)];
    keys[model] = { ...keys[model], [keyId]: { ...toMetrics(tally, window), quota: toQuota(tally) } };
  }
  return { models, ...(Object.keys(keys).length > 0 && { keys }) };
}

function toMetrics(tally: Tally, { start, end }: Window): AccountMetrics {
  const requests = tally.count('requests');
  const share = (name: Parameters<Tally['count']>[0]) => (requests === 0 ? 0 : tally.count(name) / requests);
  return {
    request_count: requests,
    start_time: start,
    end_time: end,
    latency: toLatency(tally),
    error_rate: {
      total: share('errors'),
      timeout: share('timeout'),
      rate_limit: share('rateLimit'),
      client: share('client'),
      server: share('server'),
    },
    token: {
      provider_input: tally.count('providerInputTokens'),
      provider_output: tally.count('providerOutputTokens'),
      estimated_input: tally.count('estimatedInputTokens'),
      estimated_output: tally.count('estimatedOutputTokens'),
    },
  };
}

function toLatency(tally: Tally): Latency {
  const average = (name: LatencyName) => rounded(tally.latency(name)?.average());
  const p95 = (name: LatencyName) => rounded(tally.latency(name)?.quantile(0.95));
  const inMs = (microseconds: number | null) => microseconds && Math.round(microseconds / 1000);
  return {
    gateway_ms_avg: average('gateway') ?? 0,
    gateway_ms_p95: p95('gateway') ?? 0,
    upstream_ms_avg: average('total') ?? 0,
    upstream_ms_p95: p95('total') ?? 0,
    time_to_first_token_ms_avg: average('firstToken'),
    time_to_first_token_ms_p95: p95('firstToken'),
    time_per_output_token_ms_avg: inMs(average('perToken')),
    time_per_output_token_ms_p95: inMs(p95('perToken')),
  };
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}

function toQuota({ quota }: Tally): KeyMetrics['quota'] {
  return {
    remaining_requests: quota?.remaining_requests ?? null,
    remaining_tokens: quota?.remaining_tokens ?? null,
    limit_requests: quota?.limit_requests ?? null,
    limit_tokens: quota?.limit_tokens ?? null,
  };
}
