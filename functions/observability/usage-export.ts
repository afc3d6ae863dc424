import { z } from 'zod';
import { type Route, route } from '../management/route.ts';
import { listRecords } from '../store/list-records.ts';
import { isoOf, readTimeRange } from './time-range.ts';
import { toUsageEvent, type UsageEvent, usageEventAnswer } from './usage-event.ts';
import { nextPageUri, toPredicate, usageFilterFields } from './usage-filter.ts';

const path = '/usage/export';

/** An answer of a function may have 6 MB. */
const pageBytesMax = 5 * 1024 * 1024;
/** Read and written at once. */
const recordsAtOnce = 500;
/** A function may run 30 s; what is read by then is a page, and its link leads on. */
const readTimeMs = 15_000;

const exportQuery = z.strictObject({
  ...usageFilterFields,
  format: z
    .enum(['csv', 'jsonl'])
    .default('csv')
    .describe('Comma-separated values with a header, or a JSON object a line'),
});

const contentTypes = { csv: 'text/csv; charset=utf-8', jsonl: 'text/jsonl; charset=utf-8' } as const;

export const usageExportRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'Export requests to models, in pages of up to 5 MB; the Link header leads to the next',
    query: exportQuery,
    answer: z.string(),
    answerTypes: ['text/csv', 'text/jsonl'],
    async handle({ query, caller, origin }, { store, now }) {
      const { fromMs, untilMs } = readTimeRange(query, now());
      const isWanted = toPredicate(query);
      const stopAtMs = now() + readTimeMs;
      const lines = new ExportPage(query.format);
      let cursor = query.cursor;
      do {
        const limit = recordsAtOnce;
        const page = await listRecords(store, caller.accountId, { fromMs, untilMs, cursor, limit, isWanted });
        const full = page.records.find(record => !lines.add(toUsageEvent(record)));
        cursor = full ? lines.lastId : page.cursor;
        if (full) break;
      } while (cursor !== undefined && now() < stopAtMs);
      const sameTime = { ...query, startTime: isoOf(fromMs), endTime: isoOf(untilMs) };
      const next = nextPageUri(origin, path, sameTime, cursor);
      return {
        status: 200,
        text: lines.text,
        headers: { 'content-type': contentTypes[query.format], ...(next && { link: `<${next}>; rel="next"` }) },
      };
    },
  }),
];

const columns = Object.keys(usageEventAnswer.shape) as (keyof UsageEvent)[];

/** Collects lines until there is no room for another. */
class ExportPage {
  lastId: string | undefined;
  private readonly format: 'csv' | 'jsonl';
  private readonly lines: string[] = [];
  private bytes = 0;

  constructor(format: 'csv' | 'jsonl') {
    this.format = format;
    if (format === 'csv') this.push(`${columns.join(',')}\r\n`);
  }

  get text(): string {
    return this.lines.join('');
  }

  /** @returns false when the page is full */
  add(event: UsageEvent): boolean {
    const line = this.format === 'csv' ? toCsv(event) : `${JSON.stringify(event)}\n`;
    if (this.bytes + Buffer.byteLength(line) > pageBytesMax) return false;
    this.push(line);
    this.lastId = event.id;
    return true;
  }

  private push(line: string): void {
    this.lines.push(line);
    this.bytes += Buffer.byteLength(line);
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc4180 */
function toCsv(event: UsageEvent): string {
  return `${columns.map(column => toCell(event[column])).join(',')}\r\n`;
}

/** Clients choose names of models. A spreadsheet would run one that begins like a formula, so it gets a quote in front. */
function toCell(value: UsageEvent[keyof UsageEvent]): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
