import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { newId } from '../../functions/core/ids.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import {
  deleteExpiredInspections,
  findInspection,
  type Inspection,
  listInspections,
  saveInspection,
} from '../../functions/store/inspections.ts';
import { startTestStore } from '../support/store.ts';

const startMs = Date.UTC(2027, 0, 10, 12);
const hourMs = 3_600_000;
let store: Store;

before(async () => {
  ({ store } = await startTestStore());
});

let accounts = 0;
function newAccountId(): string {
  accounts++;
  return `ac_${accounts}`;
}

async function save(accountId: string, fields: Partial<Inspection> & { atMs?: number; hours?: number } = {}) {
  const { atMs = startMs, hours = 24, ...given } = fields;
  const inspection: Inspection = {
    requestId: newId('rq', atMs, randomBytes),
    accountId,
    endpointId: 'ep_1',
    createdAt: new Date(atMs).toISOString(),
    expiresAt: new Date(atMs + hours * hourMs).toISOString(),
    totalMs: 5,
    status: 200,
    method: 'POST',
    path: '/v1/chat/completions',
    request: { headers: { a: 'b' }, query: '', body: 'asked', bodyBytes: 5, cut: [], masked: [] },
    response: { headers: {}, body: 'answered', bodyBytes: 8, cut: [], masked: [] },
    ...given,
  };
  await saveInspection(store, inspection);
  return inspection;
}

function list(accountId: string, nowMs: number, options: Partial<Parameters<typeof listInspections>[2]> = {}) {
  const all = {
    fromMs: startMs - 100 * hourMs,
    untilMs: nowMs + 1,
    cursor: undefined,
    limit: 10,
    isWanted: () => true,
  };
  return listInspections(store, accountId, { ...all, nowMs, ...options });
}

test('an inspected request comes back as it was kept, to its own account only, until its time is over', async () => {
  const accountId = newAccountId();
  const kept = await save(accountId);
  assert.deepEqual(await findInspection(store, accountId, kept.requestId, startMs), kept);
  assert.equal(await findInspection(store, newAccountId(), kept.requestId, startMs), undefined);
  assert.ok(await findInspection(store, accountId, kept.requestId, startMs + 24 * hourMs - 1));
  assert.equal(await findInspection(store, accountId, kept.requestId, startMs + 24 * hourMs), undefined);
  assert.deepEqual((await list(accountId, startMs + 24 * hourMs)).inspections, []);
});

test('lists are newest first in pages that meet, without what was said', async () => {
  const accountId = newAccountId();
  const kept: Inspection[] = [];
  for (let index = 0; index < 40; index++) {
    kept.push(await save(accountId, { atMs: startMs + index, status: index % 4 === 0 ? 500 : 200 }));
  }
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(accountId, startMs + hourMs, { cursor, limit: 7 });
    for (const entry of page.inspections) assert.ok(!('request' in entry) && !('response' in entry));
    seen.push(...page.inspections.map(({ requestId }) => requestId));
    cursor = page.cursor;
  } while (cursor);
  assert.deepEqual(seen, kept.map(({ requestId }) => requestId).reverse());
  const failed = await list(accountId, startMs + hourMs, { limit: 100, isWanted: ({ status }) => status === 500 });
  assert.equal(failed.inspections.length, 10);
});

test('what has expired is deleted, each endpoint after its own time, and nothing else is', async () => {
  const accountId = newAccountId();
  const short = await Promise.all(Array.from({ length: 60 }, (_, index) => save(accountId, { atMs: startMs + index })));
  const long = await save(accountId, { hours: 72 });
  const never = () => false;
  const count = async () =>
    (await store.dynamo.send(new ScanCommand({ TableName: store.tables.usage }))).Items?.filter(({ pk }) =>
      pk?.S?.startsWith(`INSPECTED#${accountId}#`),
    ).length;
  await deleteExpiredInspections(store, startMs + 24 * hourMs - 1, never);
  assert.equal(await count(), 61);
  await deleteExpiredInspections(store, startMs + 25 * hourMs, () => true);
  assert.equal(await count(), 61, 'late: nothing is begun');
  assert.ok((await deleteExpiredInspections(store, startMs + 25 * hourMs, never)) >= short.length);
  assert.equal(await count(), 1);
  assert.ok(await findInspection(store, accountId, long.requestId, startMs + 71 * hourMs));
  await deleteExpiredInspections(store, startMs + 72 * hourMs, never);
  assert.equal(await count(), 0);
  assert.equal(await deleteExpiredInspections(store, startMs + 73 * hourMs, never), 0);
});
