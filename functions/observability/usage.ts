import { z } from 'zod';
import { type Route, route } from '../management/route.ts';
import { listRecords } from '../store/list-records.ts';
import { isoOf, readTimeRange } from './time-range.ts';
import { toUsageEvent, usageEventAnswer } from './usage-event.ts';
import { nextPageUri, toPredicate, usageFilterFields } from './usage-filter.ts';

const path = '/usage';

const usageQuery = z.strictObject({
  ...usageFilterFields,
  limit: z.coerce.number('must be a number from 1 to 100').int().min(1).max(100).default(100),
});

const usageAnswer = z.strictObject({
  usage: z.array(usageEventAnswer).describe('Newest first. May be short, or empty, before the last page'),
  uri: z.url(),
  cursor: z.string().nullable().describe('Where the next page begins; null after the last'),
  next_page_uri: z.url().nullable(),
});

export const usageRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'List requests to models',
    query: usageQuery,
    answer: usageAnswer,
    async handle({ query, caller, origin }, { store, now }) {
      const { fromMs, untilMs } = readTimeRange(query, now());
      const { limit, cursor } = query;
      const page = await listRecords(store, caller.accountId, {
        fromMs,
        untilMs,
        cursor,
        limit,
        isWanted: toPredicate(query),
      });
      // Pages that follow are about the same time, however long they are in coming.
      const sameTime = { ...query, startTime: isoOf(fromMs), endTime: isoOf(untilMs) };
      return {
        status: 200,
        body: {
          usage: page.records.map(toUsageEvent),
          uri: `${origin}${path}`,
          cursor: page.cursor ?? null,
          next_page_uri: nextPageUri(origin, path, sameTime, page.cursor),
        },
      };
    },
  }),
];
