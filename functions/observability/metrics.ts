import { z } from 'zod';
import { Aggregate, otherGroup } from '../core/aggregate.ts';
import type { LogHistogram } from '../core/log-histogram.ts';
import type { Tally } from '../core/tally.ts';
import { nanoUsdAnswer, timestampAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { readAggregates, type Scope, type Step, seriesRow, stepStart } from '../store/aggregates.ts';
import { readProgress } from '../store/rollup-progress.ts';
import { idField, isoOf } from './time-range.ts';

const path = '/metrics';

/** What is read for a range, and how long its points are: a chart of 120 to 288 points. */
const ranges = {
  '24h': { seconds: 86_400, step: '5m', pointSeconds: 300 },
  '7d': { seconds: 7 * 86_400, step: '1h', pointSeconds: 3_600 },
  '30d': { seconds: 30 * 86_400, step: '1h', pointSeconds: 6 * 3_600 },
} as const satisfies Record<string, { seconds: number; step: Step; pointSeconds: number }>;

/** Lines of a chart that can be told apart; the others are one. */
const seriesMax = 8;

const metricsQuery = z.strictObject({
  scope: z.enum(['account', 'endpoint']).default('account'),
  endpointId: idField.optional().describe('With scope=endpoint'),
  range: z.enum(['24h', '7d', '30d']).default('24h'),
  splitBy: z.enum(['provider', 'model']).optional(),
});

const latencyAnswer = z
  .strictObject({ avg: z.number(), p50: z.number(), p95: z.number() })
  .nullable()
  .describe('Milliseconds, quantiles within 5 %; null when nothing was measured');

const numbersShape = {
  requests: z.int(),
  errors: z.strictObject({
    total: z.int(),
    timeout: z.int(),
    rate_limit: z.int().describe('429'),
    client: z.int().describe('4xx without 429'),
    server: z.int().describe('5xx, no answer, or one that broke off'),
  }),
  cost_nano_usd: nanoUsdAnswer,
  input_tokens: z.int(),
  output_tokens: z.int(),
  estimated_input_tokens: z.int(),
  estimated_output_tokens: z.int(),
  gateway_ms: latencyAnswer,
  first_token_ms: latencyAnswer,
  total_ms: latencyAnswer,
};

const numbersAnswer = z.strictObject(numbersShape).meta({ id: 'MetricNumbers' });
const pointsAnswer = z.array(z.strictObject({ start: timestampAnswer, ...numbersShape }));

const metricsAnswer = z
  .strictObject({
    uri: z.url(),
    start_time: timestampAnswer,
    end_time: timestampAnswer,
    step_seconds: z.int(),
    counted_until: timestampAnswer.nullable().describe('Requests recorded later are not in it yet'),
    totals: numbersAnswer,
    points: pointsAnswer.describe('Requests by the moment they were recorded; steps without any are left out'),
    series: z
      .array(z.strictObject({ key: z.string(), totals: numbersAnswer, points: pointsAnswer }))
      .describe('With splitBy: attempts, which are more than requests where there was failover; most first'),
  })
  .meta({ id: 'Metrics' });

export const metricsRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'Show how requests went over time',
    query: metricsQuery,
    answer: metricsAnswer,
    async handle({ query, caller, origin }, { store, now }) {
      const { seconds, step, pointSeconds } = ranges[query.range];
      const nowSeconds = Math.floor(now() / 1000);
      const from = nowSeconds - seconds;
      const row = seriesRow(scopeOf(query, caller.accountId), step);
      const [steps, progress] = await Promise.all([
        readAggregates(store, row, stepStart(from, step), isoOf(nowSeconds * 1000)),
        readProgress(store),
      ]);
      const points = new Map<string, Aggregate>();
      const together = new Aggregate();
      for (const { start, aggregate } of steps) {
        const startSeconds = Date.parse(start) / 1000;
        const point = isoOf((startSeconds - (startSeconds % pointSeconds)) * 1000);
        const merged = points.get(point) ?? new Aggregate();
        merged.merge(aggregate);
        points.set(point, merged);
        together.merge(aggregate);
      }
      return {
        status: 200,
        body: {
          uri: `${origin}${path}`,
          start_time: stepStart(from, step),
          end_time: isoOf(nowSeconds * 1000),
          step_seconds: pointSeconds,
          counted_until: progress ? isoOf(progress.slot.from * 1000) : null,
          totals: toNumbers(together.total),
          points: [...points].map(([start, { total }]) => ({ start, ...toNumbers(total) })),
          series: query.splitBy ? toSeries(points, together, query.splitBy) : [],
        },
      };
    },
  }),
];

/** The row of an endpoint has the account in it, so that nobody sees another's. */
function scopeOf({ scope, endpointId }: z.output<typeof metricsQuery>, accountId: string): Scope {
  if (scope === 'account') {
    if (endpointId === undefined) return { kind: 'account', accountId };
    throw new ManagementError('ERR_NGROK_215', '"endpointId" is for scope=endpoint; leave one of them out');
  }
  if (endpointId !== undefined) return { kind: 'endpoint', accountId, endpointId };
  throw new ManagementError('ERR_NGROK_27006', 'Required parameter "endpointId" is missing; scope=endpoint needs it');
}

function toSeries(points: ReadonlyMap<string, Aggregate>, together: Aggregate, splitBy: 'provider' | 'model') {
  const totals = split(together, splitBy, name => name);
  const ranked = [...totals].sort(([, one], [, other]) => other.count('requests') - one.count('requests'));
  const shown = new Set(ranked.slice(0, seriesMax).map(([name]) => name));
  const shownName = (name: string) => (shown.has(name) ? name : otherGroup);
  const shownPoints = [...points].map(([start, point]) => [start, split(point, splitBy, shownName)] as const);
  return [...split(together, splitBy, shownName)]
    .sort(([, one], [, other]) => other.count('requests') - one.count('requests'))
    .map(([key, tally]) => ({
      key,
      totals: toNumbers(tally),
      points: shownPoints.flatMap(([start, tallies]) => {
        const point = tallies.get(key);
        return point ? [{ start, ...toNumbers(point) }] : [];
      }),
    }));
}

/** Attempts by provider, or by `provider:model`. */
function split(aggregate: Aggregate, splitBy: 'provider' | 'model', rename: (name: string) => string) {
  const tallies = new Aggregate();
  for (const [name, tally] of aggregate.groups('attempts')) {
    const key = splitBy === 'model' || name === otherGroup ? name : providerOf(name);
    tallies.group('attempts', rename(key)).merge(tally);
  }
  return tallies.groups('attempts');
}

/** Of `provider:model`. */
function providerOf(name: string): string {
  return name.slice(0, name.indexOf(':'));
}

function toNumbers(tally: Tally): z.output<typeof numbersAnswer> {
  return {
    requests: tally.count('requests'),
    errors: {
      total: tally.count('errors'),
      timeout: tally.count('timeout'),
      rate_limit: tally.count('rateLimit'),
      client: tally.count('client'),
      server: tally.count('server'),
    },
    cost_nano_usd: tally.costNanoUsd.toString(),
    input_tokens: tally.count('inputTokens'),
    output_tokens: tally.count('outputTokens'),
    estimated_input_tokens: tally.count('estimatedInputTokens'),
    estimated_output_tokens: tally.count('estimatedOutputTokens'),
    gateway_ms: toLatency(tally.latency('gateway')),
    first_token_ms: toLatency(tally.latency('firstToken')),
    total_ms: toLatency(tally.latency('total')),
  };
}

function toLatency(histogram: LogHistogram | undefined) {
  const [avg, p50, p95] = [histogram?.average(), histogram?.quantile(0.5), histogram?.quantile(0.95)];
  if (avg === undefined || p50 === undefined || p95 === undefined) return null;
  return { avg: toTenth(avg), p50: toTenth(p50), p95: toTenth(p95) };
}

function toTenth(value: number): number {
  return Math.round(value * 10) / 10;
}
