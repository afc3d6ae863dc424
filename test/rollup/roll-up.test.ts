import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aggregate } from '../../functions/core/aggregate.ts';
import { rollUp } from '../../functions/rollup/roll-up.ts';
import { dailyRow, readAggregates, type Scope, type Step, seriesRow } from '../../functions/store/aggregates.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { findSnapshot } from '../../functions/store/metric-snapshots.ts';
import { readProgress } from '../../functions/store/rollup-progress.ts';
import { decide, type UsageRecord } from '../../functions/store/usage.ts';
import { countingStore } from '../support/counting-store.ts';
import { startTestStore } from '../support/store.ts';
import { usageRecord } from '../support/usage-records.ts';

const startMs = Date.UTC(2026, 10, 24, 12, 0, 0);
const account: Scope = { kind: 'account', accountId: 'ac_1' };
const endpoint: Scope = { kind: 'endpoint', accountId: 'ac_1', endpointId: 'ep_1' };

async function write(store: Store, atMs: number, fields: Partial<UsageRecord> = {}): Promise<UsageRecord> {
  return decide(store, usageRecord(atMs - 305, fields), atMs);
}

function partsAt(store: Store, nowMs: number) {
  return { store, now: () => nowMs, intervalSeconds: 60, graceSeconds: 30, stopAtMs: nowMs + 1_000_000 };
}

const run = (store: Store, nowMs: number) => rollUp(partsAt(store, nowMs));

async function total(store: Store, row: string): Promise<Aggregate> {
  const together = new Aggregate();
  for (const { aggregate } of await readAggregates(store, row, '0', '9')) together.merge(aggregate);
  return together;
}

const requestsIn = async (store: Store, row: string) => (await total(store, row)).total.count('requests');
const rows: [scope: Scope, step: Step][] = [
  [{ kind: 'global' }, '5m'],
  [account, '5m'],
  [account, '1h'],
  [endpoint, '5m'],
  [endpoint, '1h'],
];

/** Requests counted by each aggregate there is. */
async function counts(store: Store): Promise<number[]> {
  const series = rows.map(([scope, step]) => requestsIn(store, seriesRow(scope, step)));
  return Promise.all([requestsIn(store, dailyRow('ac_1')), ...series]);
}

test('a slot is counted when it has been closed for the grace, and not before', async () => {
  const { store } = await startTestStore();
  await write(store, startMs + 1_000);
  await write(store, startMs + 59_999);
  await write(store, startMs + 60_000);
  assert.deepEqual(await run(store, startMs + 89_999), { slots: 0, records: 0, writes: 0, finished: true });
  const first = await run(store, startMs + 90_000);
  assert.deepEqual({ ...first, writes: 0 }, { slots: 1, records: 2, writes: 0, finished: true });
  assert.deepEqual(await counts(store), [2, 2, 2, 2, 2, 2]);
  await run(store, startMs + 150_000);
  assert.deepEqual(await counts(store), [3, 3, 3, 3, 3, 3]);
});

test('ten runs at once count everything once', async () => {
  const { store } = await startTestStore();
  for (let index = 0; index < 40; index++) await write(store, startMs + index * 10_000);
  await Promise.all(Array.from({ length: 10 }, () => run(store, startMs + 600_000)));
  assert.deepEqual(await counts(store), [40, 40, 40, 40, 40, 40]);
  assert.equal((await readProgress(store))?.records, 40);
});

test('a run that dies at any of its writes is made good by the next one', async () => {
  const { store } = await startTestStore();
  for (let index = 0; index < 6; index++) await write(store, startMs + index * 30_000);
  for (let dieAt = 1; ; dieAt++) {
    let writes = 0;
    const dying = countingStore(store, operation => {
      if (operation === 'PutItem' && ++writes === dieAt) throw new Error('died');
    });
    const before = await readProgress(store);
    const result = await run(dying.store, startMs + 400_000).catch(() => undefined);
    if (result?.finished) break;
    assert.ok(dieAt < 100, `still dying after ${JSON.stringify(before)}`);
  }
  assert.deepEqual(await counts(store), [6, 6, 6, 6, 6, 6]);
});

test('a write whose answer was lost counts once', async () => {
  const { store } = await startTestStore();
  await write(store, startMs);
  const lossy: Store = {
    ...store,
    dynamo: {
      async send(command) {
        const answer = await store.dynamo.send(command);
        // As the client does when an answer does not come: the same again, which now meets its own condition.
        if (command.constructor.name === 'PutItemCommand') return store.dynamo.send(command);
        return answer;
      },
    },
  };
  await run(lossy, startMs + 200_000);
  await run(store, startMs + 200_000);
  assert.deepEqual(await counts(store), [1, 1, 1, 1, 1, 1]);
});

test('after an outage it catches up, passes over time without records, and stops when its time is over', async () => {
  const { store } = await startTestStore();
  await write(store, startMs);
  await run(store, startMs + 200_000);
  const laterMs = startMs + 20 * 86_400_000;
  for (let minute = 0; minute < 5; minute++) await write(store, laterMs + minute * 60_000);
  const counted = countingStore(store);
  const hurried = { ...partsAt(counted.store, laterMs + 600_000), stopAtMs: 0 };
  assert.equal((await rollUp(hurried)).finished, false);
  const result = await run(counted.store, laterMs + 600_000);
  assert.deepEqual({ ...result, writes: 0 }, { slots: 5, records: 5, writes: 0, finished: true });
  assert.ok(counted.reads() < 500, `${counted.reads()} reads`);
  assert.equal(await requestsIn(store, dailyRow('ac_1')), 6);
});

test('a slot keeps its bounds until it is counted, even when the interval has changed by then', async () => {
  const { store } = await startTestStore();
  await write(store, startMs + 5_000);
  await write(store, startMs + 45_000);
  await run(store, startMs + 1_000); // begins with a slot of a minute
  let puts = 0;
  const dying = countingStore(store, operation => {
    if (operation === 'PutItem' && ++puts === 3) throw new Error('died');
  });
  await assert.rejects(run(dying.store, startMs + 200_000));
  await rollUp({ ...partsAt(store, startMs + 200_000), intervalSeconds: 10 });
  assert.deepEqual(await counts(store), [2, 2, 2, 2, 2, 2]);
});

test('a request belongs to the day it began in, and to the moment it was recorded', async () => {
  const { store } = await startTestStore();
  const midnightMs = Date.UTC(2026, 10, 25);
  await write(store, midnightMs + 100);
  await write(store, midnightMs - 100);
  await run(store, midnightMs + 300_000);
  const days = await readAggregates(store, dailyRow('ac_1'), '0', '9');
  assert.deepEqual(
    days.map(({ start, aggregate }) => [start, aggregate.total.count('requests')]),
    [['2026-11-24', 2]],
  );
  const series = await readAggregates(store, seriesRow(account, '5m'), '0', '9');
  assert.deepEqual(
    series.map(({ start }) => start),
    ['2026-11-24T23:55:00.000Z', '2026-11-25T00:00:00.000Z'],
  );
});

test('failures are told apart by attempt and by request; money, tokens and groups add up', async () => {
  const { store } = await startTestStore();
  const failed = (model: string, status: number, failure: 'http' | 'timeout' | 'connection') => ({
    provider: 'openai',
    model,
    keySource: 'managed' as const,
    status,
    failure,
    totalMs: 50,
  });
  const answered = { provider: 'openai', model: 'good', keySource: 'managed' as const, status: 200, totalMs: 200 };
  const attempts = [
    failed('slow', 0, 'timeout'),
    failed('busy', 429, 'http'),
    failed('gone', 0, 'connection'),
    answered,
  ];
  await write(store, startMs, { model: 'good', attempts });
  await write(store, startMs, {
    provider: undefined,
    model: undefined,
    outcome: 'failed',
    status: 400,
    attempts: [failed('picky', 400, 'http')],
    usage: undefined,
    estimate: undefined,
    costNanoUsd: '0',
  });
  await write(store, startMs, { outcome: 'stream_failed', estimated: true, gatewayKeyId: undefined });
  await run(store, startMs + 200_000);

  const day = await total(store, dailyRow('ac_1'));
  assert.equal(day.total.count('requests'), 3);
  assert.equal(day.total.count('errors'), 2);
  assert.equal(day.total.costNanoUsd, 2_000n);
  assert.equal(day.total.count('inputTokens'), 40);
  assert.equal(day.total.count('providerInputTokens'), 20);
  assert.equal(day.total.count('estimatedOutputTokens'), 22);
  const groups = (dimension: 'model' | 'key') =>
    Object.fromEntries([...day.groups(dimension)].map(([name, tally]) => [name, tally.count('requests')]));
  assert.deepEqual(groups('model'), { good: 1, picky: 1, 'gpt-4o-mini': 1 });
  assert.deepEqual(groups('key'), { aigk_1: 2, '(none)': 1 });

  const attemptsByModel = (await total(store, seriesRow(account, '5m'))).groups('attempts');
  const kinds = ['errors', 'timeout', 'rateLimit', 'client', 'server'] as const;
  const failures = [...attemptsByModel].map(([name, tally]) => [name, ...kinds.map(kind => tally.count(kind))]);
  assert.deepEqual(failures.toSorted(), [
    ['openai:busy', 1, 0, 1, 0, 0],
    ['openai:gone', 1, 0, 0, 0, 1],
    ['openai:good', 0, 0, 0, 0, 0],
    ['openai:gpt-4o-mini', 1, 0, 0, 0, 1],
    ['openai:picky', 1, 0, 0, 1, 0],
    ['openai:slow', 1, 1, 0, 0, 0],
  ]);
  assert.equal(attemptsByModel.get('openai:slow')?.latency('total')?.count, 1, 'a timeout says how slow it is');
  assert.equal(attemptsByModel.get('openai:busy')?.latency('total'), undefined, 'a refusal does not say how fast');
});

test('snapshots have what strategies read, for the last half hour', async () => {
  const { store } = await startTestStore();
  const quota = { remaining_requests: 5, remaining_tokens: null, limit_requests: 10, limit_tokens: null };
  const attempt = { provider: 'openai', model: 'gpt-4o-mini', keySource: 'managed' as const, status: 200 };
  await write(store, startMs - 3_600_000);
  await write(store, startMs, { attempts: [{ ...attempt, quota, firstTokenMs: 100, totalMs: 300 }] });
  await write(store, startMs, { attempts: [{ ...attempt, firstTokenMs: 200, totalMs: 500 }], gatewayKeyId: 'aigk_2' });
  await write(store, startMs, {
    accountId: 'ac_2',
    endpointId: 'ep_2',
    attempts: [{ ...attempt, isCustom: true, totalMs: 9_000 }],
  });
  const nowMs = startMs + 200_000;
  await run(store, nowMs);
  const global = (await findSnapshot(store, { kind: 'global' }, nowMs))?.models['openai:gpt-4o-mini'];
  assert.equal(global?.request_count, 2, 'not what is older, and not what only has the same name');
  assert.equal(global?.latency.upstream_ms_avg, 400);
  assert.equal(global?.latency.gateway_ms_avg, 2);
  assert.equal(global?.latency.time_to_first_token_ms_avg, 150);
  assert.equal(global?.latency.time_per_output_token_ms_avg, 25);
  assert.deepEqual(
    [global?.start_time, global?.end_time].map(seconds => (seconds ?? 0) * 1000 - startMs),
    [-1_800_000, 60_000],
  );
  const own = await findSnapshot(store, { kind: 'endpoint', accountId: 'ac_2', endpointId: 'ep_2' }, nowMs);
  assert.equal(own?.models['openai:gpt-4o-mini']?.latency.upstream_ms_avg, 9_000);
  const snapshot = await findSnapshot(store, endpoint, nowMs);
  const keys = snapshot?.keys?.['openai:gpt-4o-mini'] ?? {};
  assert.deepEqual(Object.keys(keys).toSorted(), ['aigk_1', 'aigk_2']);
  assert.deepEqual(keys.aigk_1?.quota, quota);
  assert.equal(keys.aigk_2?.quota.remaining_requests, null);
  assert.deepEqual(keys.aigk_1?.token, {
    provider_input: 20,
    provider_output: 10,
    estimated_input: 19,
    estimated_output: 11,
  });
  assert.equal(await findSnapshot(store, endpoint, startMs + 1_860_000), undefined, 'half an hour later it is over');
});

test('a slot costs as many writes however many requests are in it', async () => {
  const { store } = await startTestStore();
  for (let index = 0; index < 50; index++) await write(store, startMs + index * 1_000);
  const counted = countingStore(store);
  const { writes } = await run(counted.store, startMs + 100_000);
  assert.equal(writes, counted.writes() - 1, 'the first progress item is not counted');
  assert.equal(writes, 10);
});
