import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { type RateLimit, type RateWindow, takeRate } from '../../functions/core/rate-window.ts';
import { StoreError } from '../../functions/store/dynamo.ts';
import {
  openRateWindowTable,
  type RateWindowTable,
  type StoredWindow,
  writeOf,
} from '../../functions/store/rate-window-table.ts';
import { RateWindows } from '../../functions/store/rate-windows.ts';
import { applyWrite } from '../support/apply-write.ts';
import { itemBytes, writeUnits } from '../support/item-bytes.ts';
import { startTestStore } from '../support/store.ts';
import { intercept } from '../support/store-faults.ts';

let testStore: Awaited<ReturnType<typeof startTestStore>>;
before(async () => {
  testStore = await startTestStore();
});

const startMs = Date.UTC(2026, 10, 24, 12);
const minute = { capacity: 100, windowMs: 60_000 };
let serial = 0;
const newBucket = () => `bucket${serial++}`;

/** Counts calls of the store, by kind. */
function countCalls(): { counts: Record<string, number>; stop: () => void } {
  const counts: Record<string, number> = {};
  const stop = intercept(testStore.store.dynamo, ({ name }, send) => {
    counts[name] = (counts[name] ?? 0) + 1;
    return send();
  });
  return { counts, stop };
}

async function admitted(results: Promise<{ isLimited: boolean }>[]): Promise<number> {
  return (await Promise.all(results)).filter(({ isLimited }) => !isLimited).length;
}

test('500 requests at once in three processes: exactly the capacity goes through', async () => {
  const bucket = newBucket();
  const script = new URL('take-rates.ts', import.meta.url).pathname;
  const run = promisify(execFile);
  const processes = [167, 167, 166].map(requests =>
    run(process.execPath, [
      script,
      testStore.url,
      JSON.stringify(testStore.store.tables),
      bucket,
      String(requests),
      '100',
    ]),
  );
  const counts = (await Promise.all(processes)).map(({ stdout }) => Number(stdout));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    100,
    `${counts}`,
  );
});

test('500 requests at once, at one moment, from three clients of the store', async () => {
  const bucket = newBucket();
  const clients = [0, 1, 2].map(() => new RateWindows(testStore.store, () => startMs));
  const takes = Array.from({ length: 500 }, (_, index) => (clients[index % 3] as RateWindows).take(bucket, minute));
  assert.equal(await admitted(takes), 100);
});

test('of a crowd that the bucket is too small for, few ask the store', async () => {
  const bucket = newBucket();
  const windows = new RateWindows(testStore.store, () => startMs);
  const { counts, stop } = countCalls();
  const limit = { capacity: 10, windowMs: 60_000 };
  assert.equal(await admitted(Array.from({ length: 300 }, () => windows.take(bucket, limit))), 10);
  stop();
  const { UpdateItemCommand: writes = 0, GetItemCommand: reads = 0 } = counts;
  assert(writes + reads <= 60, `${writes} writes and ${reads} reads`);
});

test('the same while slots change under way', async () => {
  const bucket = newBucket();
  let calls = 0;
  const processes = [0, 1, 2].map(skew => new RateWindows(testStore.store, () => startMs + skew * 900 + calls++ * 3));
  const takes = Array.from({ length: 300 }, (_, index) => (processes[index % 3] as RateWindows).take(bucket, minute));
  assert.equal(await admitted(takes), 100);
});

test('a refused request says when there is room, and there is', async () => {
  const bucket = newBucket();
  let nowMs = startMs;
  const windows = new RateWindows(testStore.store, () => nowMs);
  const limit = { capacity: 2, windowMs: 60_000 };
  assert.deepEqual(await windows.take(bucket, limit), { isLimited: false });
  nowMs += 20_000;
  assert.deepEqual(await windows.take(bucket, limit), { isLimited: false });
  nowMs += 10_000;
  const refused = await windows.take(bucket, limit);
  assert(refused.isLimited);
  assert(refused.retryAfterMs > 30_000 && refused.retryAfterMs <= 35_000, `${refused.retryAfterMs}`);
  nowMs += refused.retryAfterMs - 1;
  assert.equal((await windows.take(bucket, limit)).isLimited, true);
  nowMs += 1;
  assert.equal((await windows.take(bucket, limit)).isLimited, false);
  assert.equal((await windows.take(bucket, limit)).isLimited, true);
});

test('an admitted request costs one write; a full bucket that is known costs nothing', async () => {
  const bucket = newBucket();
  let nowMs = startMs;
  const windows = new RateWindows(testStore.store, () => nowMs);
  const limit = { capacity: 5, windowMs: 60_000 };
  await windows.take(bucket, limit);
  const { counts, stop } = countCalls();
  for (let taken = 1; taken < 5; taken++) {
    nowMs += 2_000; // a new slot each time
    assert.equal((await windows.take(bucket, limit)).isLimited, false);
  }
  assert.deepEqual(counts, { UpdateItemCommand: 4 });
  for (let refused = 0; refused < 10; refused++) assert.equal((await windows.take(bucket, limit)).isLimited, true);
  assert.deepEqual(counts, { UpdateItemCommand: 4 });
  stop();
});

test('where others have filled the bucket, the first refusal costs a write and a read', async () => {
  const bucket = newBucket();
  const [windows, others] = [0, 1].map(() => new RateWindows(testStore.store, () => startMs)) as [
    RateWindows,
    RateWindows,
  ];
  const limit = { capacity: 3, windowMs: 60_000 };
  await windows.take(bucket, limit);
  await others.take(bucket, limit);
  await others.take(bucket, limit);
  const { counts, stop } = countCalls();
  assert.equal((await windows.take(bucket, limit)).isLimited, true);
  assert.equal((await windows.take(bucket, limit)).isLimited, true);
  assert.deepEqual(counts, { UpdateItemCommand: 1, GetItemCommand: 1 });
  stop();
});

test('buckets, and windows of another length, do not share their counts', async () => {
  const windows = new RateWindows(testStore.store, () => startMs);
  const bucket = newBucket();
  const limit = { capacity: 1, windowMs: 60_000 };
  assert.equal((await windows.take(bucket, limit)).isLimited, false);
  assert.equal((await windows.take(newBucket(), limit)).isLimited, false);
  assert.equal((await windows.take(bucket, { ...limit, windowMs: 70_000 })).isLimited, false);
  assert.equal((await windows.take(bucket, limit)).isLimited, true);
});

test('a capacity that was lowered is full, and one that was raised has room', async () => {
  const windows = new RateWindows(testStore.store, () => startMs);
  const bucket = newBucket();
  const capacity = (capacity: number) => ({ capacity, windowMs: 60_000 });
  for (let taken = 0; taken < 3; taken++) await windows.take(bucket, capacity(3));
  assert.equal((await windows.take(bucket, capacity(1))).isLimited, true);
  assert.equal((await windows.take(bucket, capacity(4))).isLimited, false);
});

test('after a clock that was a year ahead, counting begins again', async () => {
  const bucket = newBucket();
  const limit = { capacity: 1, windowMs: 60_000 };
  await new RateWindows(testStore.store, () => startMs + 366 * 86_400_000).take(bucket, limit);
  const windows = new RateWindows(testStore.store, () => startMs);
  assert.equal((await windows.take(bucket, limit)).isLimited, false);
  assert.equal((await windows.take(bucket, limit)).isLimited, true);
});

test('a store that does not answer is an error, and no verdict', async () => {
  const windows = new RateWindows(testStore.store, () => startMs);
  const stop = intercept(testStore.store.dynamo, () => Promise.reject(new Error('no luck')));
  await assert.rejects(windows.take(newBucket(), minute), StoreError);
  stop();
});

test('the fullest window there can be takes one write unit, and goes away by itself', async () => {
  const bucket = 'x'.repeat(43); // a SHA-256 in base64url
  for (const windowMs of [60_000, 86_400_000]) {
    let nowMs = startMs;
    const windows = new RateWindows(testStore.store, () => nowMs);
    const limit = { capacity: 2_000_000_000, windowMs };
    for (let slot = 0; slot < 60; slot++, nowMs += windowMs / 50) await windows.take(bucket, limit);
    const key = { pk: { S: `WINDOW#${bucket}` }, sk: { S: String(windowMs) } };
    const { Item = {} } = await testStore.store.dynamo.send(
      new GetItemCommand({ TableName: testStore.store.tables.usage, Key: key }),
    );
    const counts = Object.keys(Item.c?.M ?? {});
    assert(counts.length >= 51, `${counts.length} slots`);
    // As many digits as the counts of a full bucket of the largest capacity can have together.
    for (const slot of counts) (Item.c?.M ?? {})[slot] = { N: '37735849' };
    Item.u = { N: '1999999997' };
    assert.equal(writeUnits(itemBytes(Item)), 1, `${itemBytes(Item)} bytes`);
    const ttlMs = Number(Item.ttl?.N) * 1_000;
    assert(ttlMs > nowMs + windowMs && ttlMs < nowMs + windowMs * 1.1 + 2 * 3_600_000);
  }
});

/** Windows in memory; calls happen when the schedule says so. */
class ScheduledTable implements RateWindowTable {
  readonly windows = new Map<string, StoredWindow>();
  private readonly wait: () => Promise<void>;
  private readonly onAdmitted: () => () => void;

  constructor(wait: () => Promise<void>, onAdmitted: () => () => void) {
    this.wait = wait;
    this.onAdmitted = onAdmitted;
  }

  async read({ bucket }: { bucket: string }): Promise<RateWindow | undefined> {
    await this.wait();
    const window = this.windows.get(bucket);
    await this.wait();
    return window;
  }

  async write({ bucket }: { bucket: string }, write: ReturnType<typeof writeOf>) {
    const admit = this.onAdmitted();
    await this.wait();
    const window = applyWrite(this.windows.get(bucket), write);
    if (window) {
      admit();
      this.windows.set(bucket, window);
    }
    await this.wait();
    return window;
  }
}

test('random times, processes and clocks: never more than the capacity in a window, never a refusal without cause', async () => {
  const request = fc.record({
    afterMs: fc.oneof(fc.nat(400), fc.nat(5_000), fc.constant(0), fc.nat(70_000)),
    process: fc.nat(2),
    steps: fc.nat(8),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 6 }),
      fc.tuple(fc.nat(3_000), fc.nat(3_000), fc.nat(3_000)),
      fc.array(request, { minLength: 10, maxLength: 60 }),
      async (scheduler, capacity, skewsMs, requests) => {
        const limit: RateLimit = { capacity, windowMs: 60_000 };
        let nowMs = startMs;
        const admissions: number[] = [];
        const refusals: { atMs: number; sinceMs: number }[] = [];
        const table = new ScheduledTable(
          () => scheduler.schedule(Promise.resolve()),
          () => {
            const decidedAtMs = nowMs;
            return () => admissions.push(decidedAtMs);
          },
        );
        const processes = skewsMs.map(skewMs => new RateWindows(testStore.store, () => nowMs + skewMs, table));
        const takes: Promise<void>[] = [];
        for (const { afterMs, process, steps } of requests) {
          nowMs += afterMs;
          const sinceMs = nowMs;
          const windows = processes[process] as RateWindows;
          takes.push(
            windows.take('bucket', limit).then(({ isLimited }) => {
              if (isLimited) refusals.push({ atMs: nowMs, sinceMs });
            }),
          );
          for (let step = 0; step < steps && scheduler.count() > 0; step++) await scheduler.waitOne();
        }
        await scheduler.waitFor(Promise.all(takes));

        admissions.sort((a, b) => a - b);
        for (const [index, firstMs] of admissions.entries()) {
          const nextMs = admissions[index + capacity] ?? Number.POSITIVE_INFINITY;
          assert(nextMs - firstMs >= limit.windowMs, `${capacity + 1} requests within ${nextMs - firstMs} ms`);
        }
        // Three slots longer than the window, and what the clocks differ.
        const longestMs = limit.windowMs + 4 * 1_200 + 3_000;
        for (const { atMs, sinceMs } of refusals) {
          const counted = admissions.filter(timeMs => timeMs > sinceMs - longestMs && timeMs <= atMs);
          assert(counted.length >= capacity, `refused with ${counted.length} of ${capacity}`);
        }
        assert.equal(admissions.length + refusals.length, requests.length);
      },
    ),
    { numRuns: 400 },
  );
});

test('every step does in the store, and in memory, what it says', async () => {
  const table = openRateWindowTable(testStore.store);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.oneof(fc.nat(1_300), fc.nat(30_000), fc.nat(80_000)), { minLength: 5, maxLength: 25 }),
      async (capacity, waits) => {
        const limit = { capacity, windowMs: 60_000 };
        const place = { bucket: newBucket(), windowMs: 60_000 };
        let nowMs = startMs;
        let window: StoredWindow | undefined;
        for (const waitMs of waits) {
          nowMs += waitMs;
          const step = takeRate(window, nowMs, limit);
          if (step.kind === 'refuse') continue;
          const write = writeOf(step, window, limit);
          const stored: StoredWindow | undefined = applyWrite(window, write);
          assert(stored);
          const { ttl, ...inStore } = stored;
          assert.deepEqual(inStore, step.after);
          const written = await table.write(place, write);
          assert.equal(written?.used, stored.used);
          assert.deepEqual(await table.read(place), inStore);
          assert.equal(
            await table.write(place, writeOf({ kind: 'begin', after: step.after }, undefined, limit)),
            undefined,
          );
          window = stored;
        }
      },
    ),
    { numRuns: 15 },
  );
});
