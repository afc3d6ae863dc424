import { z } from 'zod';
import type { UsageRecord } from '../store/usage.ts';
import { idField, nameField, timeRangeFields } from './time-range.ts';

/** What lists and exports of requests can be narrowed to. */
export const usageFilterFields = {
  ...timeRangeFields,
  endpointId: idField.optional(),
  accessKeyId: idField.optional().describe('Of a gateway key'),
  provider: nameField.optional().describe('That answered'),
  model: nameField.optional().describe('That answered'),
  statusCode: z.coerce.number('must be a number').int().min(0).max(599).optional().describe('That the client saw'),
  outcome: z.enum(['succeeded', 'failed', 'stream_failed', 'abandoned']).optional(),
  cursor: idField.optional().describe('Where the page before said that it goes on'),
};

export type UsageFilter = z.output<z.ZodObject<typeof usageFilterFields>>;

export function toPredicate(filter: UsageFilter): (record: UsageRecord) => boolean {
  const wanted: [keyof UsageRecord, unknown][] = [
    ['endpointId', filter.endpointId],
    ['gatewayKeyId', filter.accessKeyId],
    ['provider', filter.provider],
    ['model', filter.model],
    ['status', filter.statusCode],
    ['outcome', filter.outcome],
  ];
  const given = wanted.filter(([, value]) => value !== undefined);
  return record => given.every(([field, value]) => record[field] === value);
}

/** The address of the next page, with the same filters. */
export function nextPageUri(origin: string, path: string, query: object, cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const given = Object.entries(query).filter(([name, value]) => value !== undefined && name !== 'cursor');
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  search.set('cursor', cursor);
  return `${origin}${path}?${search}`;
}
