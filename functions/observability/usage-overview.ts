import { z } from 'zod';
import { Aggregate, type Dimension } from '../core/aggregate.ts';
import { formatUsd } from '../core/money.ts';
import type { Tally } from '../core/tally.ts';
import { nanoUsdAnswer, timestampAnswer, usdAnswer } from '../management/fields.ts';
import { type Route, route } from '../management/route.ts';
import { dailyRow, readAggregates } from '../store/aggregates.ts';
import { readProgress } from '../store/rollup-progress.ts';
import { isoOf, readTimeRange, timeRangeFields } from './time-range.ts';

const path = '/usage/overview';

/** What groups are called outside → what they are in an aggregate. */
const dimensions = { provider: 'provider', model: 'model', accessKey: 'key', endpoint: 'endpoint' } as const;

const overviewQuery = z.strictObject({
  ...timeRangeFields,
  groupBy: z.enum(['provider', 'model', 'accessKey', 'endpoint']).optional(),
});

const totalsShape = {
  requests: z.int(),
  errors: z.int(),
  cost_usd: usdAnswer,
  cost_nano_usd: nanoUsdAnswer,
  input_tokens: z.int(),
  cached_input_tokens: z.int(),
  output_tokens: z.int(),
  reasoning_tokens: z.int(),
  provider_input_tokens: z.int().describe('As providers reported them'),
  provider_output_tokens: z.int(),
  estimated_input_tokens: z.int().describe('Our own count of the same requests'),
  estimated_output_tokens: z.int(),
};

const groupKeyAnswer = z
  .string()
  .nullable()
  .describe('Null without groupBy; (other) is what exceeds 100 or 200 groups');

const overviewAnswer = z
  .strictObject({
    uri: z.url(),
    start_time: timestampAnswer.describe('Days are whole, in UTC'),
    end_time: timestampAnswer,
    counted_until: timestampAnswer.nullable().describe('Requests recorded later are not in it yet'),
    buckets: z.array(z.strictObject({ bucket_start: timestampAnswer, group_key: groupKeyAnswer, ...totalsShape })),
    groups: z.array(z.strictObject({ group_key: groupKeyAnswer, ...totalsShape })).describe('Most requests first'),
    totals: z.strictObject(totalsShape),
  })
  .meta({ id: 'UsageOverview' });

export const usageOverviewRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'Sum up requests by day',
    query: overviewQuery,
    answer: overviewAnswer,
    async handle({ query, caller, origin }, { store, now }) {
      const { fromMs, untilMs } = readTimeRange(query, now());
      const [first, last] = [isoOf(fromMs), isoOf(untilMs - 1)].map(moment => moment.slice(0, 10)) as [string, string];
      const [days, progress] = await Promise.all([
        readAggregates(store, dailyRow(caller.accountId), first, last),
        readProgress(store),
      ]);
      const dimension = query.groupBy && dimensions[query.groupBy];
      const together = new Aggregate();
      for (const { aggregate } of days) together.merge(aggregate);
      return {
        status: 200,
        body: {
          uri: `${origin}${path}`,
          start_time: `${first}T00:00:00.000Z`,
          end_time: isoOf(Date.parse(last) + 86_400_000),
          counted_until: progress ? isoOf(progress.slot.from * 1000) : null,
          buckets: days.flatMap(({ start, aggregate }) =>
            groupsOf(aggregate, dimension).map(group => ({ bucket_start: `${start}T00:00:00.000Z`, ...group })),
          ),
          groups: groupsOf(together, dimension),
          totals: toTotals(together.total),
        },
      };
    },
  }),
];

function groupsOf(aggregate: Aggregate, dimension: Dimension | undefined) {
  const groups: [string | null, Tally][] = dimension ? [...aggregate.groups(dimension)] : [[null, aggregate.total]];
  return groups
    .sort(([, one], [, other]) => other.count('requests') - one.count('requests'))
    .map(([name, tally]) => ({ group_key: name, ...toTotals(tally) }));
}

function toTotals(tally: Tally) {
  return {
    requests: tally.count('requests'),
    errors: tally.count('errors'),
    cost_usd: formatUsd(tally.costNanoUsd),
    cost_nano_usd: tally.costNanoUsd.toString(),
    input_tokens: tally.count('inputTokens'),
    cached_input_tokens: tally.count('cachedInputTokens'),
    output_tokens: tally.count('outputTokens'),
    reasoning_tokens: tally.count('reasoningTokens'),
    provider_input_tokens: tally.count('providerInputTokens'),
    provider_output_tokens: tally.count('providerOutputTokens'),
    estimated_input_tokens: tally.count('estimatedInputTokens'),
    estimated_output_tokens: tally.count('estimatedOutputTokens'),
  };
}
