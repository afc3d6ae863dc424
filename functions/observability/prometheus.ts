import { z } from 'zod';
import { Aggregate } from '../core/aggregate.ts';
import type { LogHistogram } from '../core/log-histogram.ts';
import type { Tally } from '../core/tally.ts';
import { type Route, route } from '../management/route.ts';
import { dailyRow, readAggregates, seriesRow } from '../store/aggregates.ts';
import { Exposition } from './exposition.ts';
import { isoOf } from './time-range.ts';

/** Seconds, from what a quick answer takes to the longest that a function may run. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 900];

const kinds = { timeout: 'timeout', rateLimit: 'rate_limit', client: 'client', server: 'server' } as const;

export const prometheusRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/metrics/prometheus',
    role: 'viewer',
    summary: 'Show metrics of the account to Prometheus; counters begin anew at midnight UTC',
    answer: z.string(),
    answerTypes: ['text/plain'],
    async handle({ caller: { accountId } }, { store, now }) {
      const today = isoOf(now()).slice(0, 10);
      const hours = seriesRow({ kind: 'account', accountId }, '1h');
      const [[day], steps] = await Promise.all([
        readAggregates(store, dailyRow(accountId), today, today),
        readAggregates(store, hours, `${today}T`, isoOf(now())),
      ]);
      const together = new Aggregate();
      for (const { aggregate } of steps) together.merge(aggregate);
      return {
        status: 200,
        text: expose(together, day?.aggregate ?? new Aggregate()),
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      };
    },
  }),
];

/**
 * @param recorded what was recorded today, with latencies and attempts
 * @param begun requests that began today, by endpoint and key
 */
export function expose(recorded: Aggregate, begun: Aggregate): string {
  const page = new Exposition();
  const { total } = recorded;
  page.counter('tollgate_requests_total', 'Requests to models.', [[{}, total.count('requests')]]);
  page.counter('tollgate_request_errors_total', 'Requests that failed, by kind.', failuresOf({}, total));
  page.counter('tollgate_cost_usd_total', 'What requests cost the balance.', [[{}, toUsd(total)]]);
  page.histogram('tollgate_request_duration_seconds', 'From arrival to the end of the answer.', bounds, [
    [{}, inSeconds(total.latency('total'))],
  ]);
  page.histogram('tollgate_gateway_duration_seconds', 'From arrival until the provider was called.', bounds, [
    [{}, inSeconds(total.latency('gateway'))],
  ]);
  page.histogram('tollgate_time_to_first_token_seconds', 'From arrival to the first content of a stream.', bounds, [
    [{}, inSeconds(total.latency('firstToken'))],
  ]);

  for (const [dimension, label] of [
    ['endpoint', 'endpoint'],
    ['key', 'key'],
  ] as const) {
    const groups = [...begun.groups(dimension)];
    const values = (of: (tally: Tally) => number) =>
      groups.map(([name, tally]) => [{ [label]: name }, of(tally)] as [Record<string, string>, number]);
    const name = `tollgate_${label}`;
    page.counter(
      `${name}_requests_total`,
      `Requests by ${label}.`,
      values(tally => tally.count('requests')),
    );
    page.counter(
      `${name}_request_errors_total`,
      `Failed requests by ${label}.`,
      values(tally => tally.count('errors')),
    );
    page.counter(`${name}_cost_usd_total`, `Cost by ${label}.`, values(toUsd));
  }

  const attempts = [...recorded.groups('attempts')].map(([name, tally]) => ({ labels: modelLabels(name), tally }));
  page.counter(
    'tollgate_attempts_total',
    'Calls of providers; a request that failed over has several.',
    attempts.map(({ labels, tally }) => [labels, tally.count('requests')]),
  );
  page.counter(
    'tollgate_attempt_errors_total',
    'Calls of providers that failed, by kind.',
    attempts.flatMap(({ labels, tally }) => failuresOf(labels, tally)),
  );
  page.counter(
    'tollgate_tokens_total',
    'Tokens, as providers report them and as Tollgate counts them.',
    attempts.flatMap(({ labels, tally }) => tokensOf(labels, tally)),
  );
  page.histogram(
    'tollgate_upstream_duration_seconds',
    'Until the provider’s whole answer was there.',
    bounds,
    attempts.map(({ labels, tally }) => [labels, inSeconds(tally.latency('total'))]),
  );
  return page.text;
}

type Sample = [labels: Record<string, string>, value: number];

function failuresOf(labels: Record<string, string>, tally: Tally): Sample[] {
  return (Object.keys(kinds) as (keyof typeof kinds)[]).map(kind => [
    { ...labels, kind: kinds[kind] },
    tally.count(kind),
  ]);
}

function tokensOf(labels: Record<string, string>, tally: Tally): Sample[] {
  return [
    [{ ...labels, direction: 'input', source: 'provider' }, tally.count('providerInputTokens')],
    [{ ...labels, direction: 'output', source: 'provider' }, tally.count('providerOutputTokens')],
    [{ ...labels, direction: 'input', source: 'estimate' }, tally.count('estimatedInputTokens')],
    [{ ...labels, direction: 'output', source: 'estimate' }, tally.count('estimatedOutputTokens')],
  ];
}

/** What a name without a provider in front stands for is all that found no group of its own. */
function modelLabels(name: string): Record<string, string> {
  const colon = name.indexOf(':');
  return colon < 0 ? { provider: name, model: name } : { provider: name.slice(0, colon), model: name.slice(colon + 1) };
}

/** Doubles are what Prometheus has; nano-USD that they cannot hold are beyond nine million USD. */
function toUsd({ costNanoUsd }: Tally): number {
  return Number(costNanoUsd) / 1e9;
}

function inSeconds(histogram: LogHistogram | undefined) {
  return {
    count: histogram?.count ?? 0,
    sum: (histogram?.sum ?? 0) / 1000,
    upTo: (seconds: number) => histogram?.countUpTo(seconds * 1000) ?? 0,
  };
}
