import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { listRecords, type RecordQuery } from '../../functions/store/list-records.ts';
import { decide, type UsageRecord } from '../../functions/store/usage.ts';
import { countingStore } from '../support/counting-store.ts';
import { startTestStore } from '../support/store.ts';
import { usageRecord } from '../support/usage-records.ts';

const startMs = Date.UTC(2026, 10, 24, 12);
const count = 600;
let base: Awaited<ReturnType<typeof startTestStore>>;
/** Newest first. */
let written: UsageRecord[];
before(async () => {
  base = await startTestStore();
  const records = Array.from({ length: count }, (_, index) =>
    usageRecord(startMs + index * 1_000, { status: index % 100 === 0 ? 500 : 200 }),
  );
  await Promise.all(records.map(record => decide(base.store, record, Date.parse(record.createdAt))));
  await decide(base.store, usageRecord(startMs, { accountId: 'ac_10' }), startMs);
  written = records.reverse();
});

const all: RecordQuery = {
  fromMs: 0,
  untilMs: startMs + 10_000_000,
  cursor: undefined,
  limit: 100,
  isWanted: () => true,
};

/** Follows the cursor to the end. */
async function readAll(query: Partial<RecordQuery> = {}) {
  const pages: UsageRecord[][] = [];
  let cursor: string | undefined;
  do {
    const page = await listRecords(base.store, 'ac_1', { ...all, ...query, cursor });
    pages.push(page.records);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return pages;
}

const ids = (records: UsageRecord[]) => records.map(({ requestId }) => requestId);

for (const limit of [599, 100, 30]) {
  test(`pages of ${limit} give every record once, newest first, and nobody else's`, async () => {
    const pages = await readAll({ limit });
    assert.deepEqual(ids(pages.flat()), ids(written));
    assert.ok(pages.every(page => page.length <= limit));
  });
}

test('times are of the beginning of requests, the first included and the last not', async () => {
  const fromMs = startMs + 100_000;
  const pages = await readAll({ fromMs, untilMs: fromMs + 5_000 });
  assert.deepEqual(ids(pages.flat()), ids(written.slice(-105, -100)));
});

test('few records among many are found, in pages that may be short, with bounded reads for each', async () => {
  const counted = countingStore(base.store);
  const page = await listRecords(counted.store, 'ac_1', { ...all, isWanted: ({ status }) => status === 500 });
  assert.equal(page.records.length, 6);
  assert.ok(counted.reads() <= 40, `${counted.reads()} reads`);
  const pages = await readAll({ limit: 4, isWanted: ({ status }) => status === 500 });
  assert.deepEqual(ids(pages.flat()), ids(written.filter(({ status }) => status === 500)));
});

test('an account without records, and a time without any, have one empty page', async () => {
  assert.deepEqual(await listRecords(base.store, 'ac_2', all), { records: [], cursor: undefined });
  const query = { ...all, fromMs: startMs + 9_000_000 };
  assert.deepEqual(await listRecords(base.store, 'ac_1', query), { records: [], cursor: undefined });
});
