import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { brokenRules, holdLifetimeMs } from '../../functions/core/balance.ts';
import { moveOut } from '../../functions/core/balance-moves.ts';
import { newId } from '../../functions/core/ids.ts';
import { sweep } from '../../functions/expiry/sweep.ts';
import { openSweepCursor } from '../../functions/expiry/sweep-cursor.ts';
import { setSpread } from '../../functions/store/balance-shards.ts';
import { openBalanceTable } from '../../functions/store/balance-table.ts';
import * as writes from '../../functions/store/balance-writes.ts';
import { Balances } from '../../functions/store/balances.ts';
import { listJournal } from '../../functions/store/journal.ts';
import { KeyLimits } from '../../functions/store/key-limits.ts';
import { withRows } from '../../functions/store/lot-events.ts';
import { decide, findRecord, listCharges, noteLateCost, type UsageRecord } from '../../functions/store/usage.ts';
import { startTestStore } from '../support/store.ts';

const startMs = Date.UTC(2026, 10, 24);
let testStore: Awaited<ReturnType<typeof startTestStore>>;
let balances: Balances;

before(async () => {
  testStore = await startTestStore();
  balances = new Balances(testStore.store, randomBytes);
});

async function heldRequest(): Promise<{ accountId: string; requestId: string }> {
  const accountId = newId('ac', startMs, randomBytes);
  const requestId = newId('rq', startMs, randomBytes);
  const lot = { id: newId('lot', startMs, randomBytes), category: 'grant' as const, amountNanoUsd: 1_000_000n };
  await balances.addLot(accountId, { ...lot, expiresAtSeconds: startMs / 1000 + 86_400 }, startMs);
  await balances.hold(accountId, requestId, 400_000n, startMs);
  return { accountId, requestId };
}

function record(accountId: string, requestId: string, costNanoUsd: string): UsageRecord {
  const request = {
    requestId,
    holdAttempt: 0,
    accountId,
    endpointId: 'ep',
    surface: 'chat-completions',
    streaming: false,
    status: 200,
  };
  const money = { costNanoUsd, upstreamCostNanoUsd: costNanoUsd, feeNanoUsd: '0', heldNanoUsd: '400000' };
  return { ...request, ...money, createdAt: new Date(startMs).toISOString(), outcome: 'succeeded', attempts: [] };
}

const sweepAt = (nowMs: number, stopAtMs = Number.POSITIVE_INFINITY, sweptBalances = balances) =>
  sweep({
    balances: sweptBalances,
    keyLimits: new KeyLimits(testStore.store),
    decide: record => decide(testStore.store, record, nowMs),
    cursor: openSweepCursor(testStore.store),
    now: () => nowMs,
    stopAtMs,
    report: () => {},
  });

test('a hold whose request died returns after its deadline, and not before', async () => {
  const { accountId } = await heldRequest();
  await sweepAt(startMs + holdLifetimeMs);
  assert.equal((await balances.read(accountId))?.heldNanoUsd, 400_000n);
  const result = await sweepAt(startMs + holdLifetimeMs + 1);
  assert.ok(result.abandonedHolds >= 1);
  const balance = await balances.read(accountId);
  assert.equal(balance?.heldNanoUsd, 0n);
  assert.equal(balance?.availableNanoUsd, 1_000_000n);
});

test('a request that was recorded but not settled is charged what its record says', async () => {
  const { accountId, requestId } = await heldRequest();
  await decide(testStore.store, record(accountId, requestId, '123'), startMs);
  const result = await sweepAt(startMs + holdLifetimeMs + 1);
  assert.equal(result.lateSettlements, 1);
  assert.equal((await balances.read(accountId))?.spentNanoUsd, 123n);
});

test('a usage that comes after its hold was given up is recorded and not charged', async () => {
  const { accountId, requestId } = await heldRequest();
  await sweepAt(startMs + holdLifetimeMs + 1);
  const late = record(accountId, requestId, '123');
  const standing = await decide(testStore.store, late, startMs);
  assert.equal(standing.outcome, 'abandoned');
  assert.equal(standing.costNanoUsd, '0');
  await noteLateCost(testStore.store, late);
  assert.equal((await findRecord(testStore.store, accountId, requestId))?.lateCostNanoUsd, '123');
  assert.equal((await balances.read(accountId))?.spentNanoUsd, 0n);
});

test('many sweeps at once do what one does', async () => {
  const requests = await Promise.all(Array.from({ length: 5 }, heldRequest));
  await Promise.all(Array.from({ length: 4 }, () => sweepAt(startMs + 2 * 86_400_000)));
  for (const { accountId } of requests) {
    const balance = await balances.read(accountId);
    assert.ok(balance);
    assert.deepEqual(brokenRules(balance), []);
    assert.equal(balance.heldNanoUsd, 0n);
    assert.equal(balance.expiredNanoUsd, 1_000_000n, 'the lot has ended too');
  }
});

test('a hold on a key limit whose request died returns, and one that was recorded counts', async () => {
  const keyLimits = new KeyLimits(testStore.store);
  const spendLimit = { amountNanoUsd: '1000000', period: 'daily' as const };
  const key = { accountId: newId('ac', startMs, randomBytes), id: 'aigk_limited', spendLimit };
  const [died, recorded] = [newId('rq', startMs, randomBytes), newId('rq', startMs, randomBytes)];
  for (const requestId of [died, recorded]) await keyLimits.hold(key, requestId, 400_000n);
  const paid = { ...record(key.accountId, recorded, '123'), gatewayKeyId: key.id, limitAttempt: 0 };
  await decide(testStore.store, paid, startMs);
  const result = await sweepAt(startMs + holdLifetimeMs + 1);
  assert.equal(result.limitHolds, 2);
  assert.deepEqual(await keyLimits.read(key, startMs), { spentNanoUsd: 123n, heldNanoUsd: 0n });
  assert.equal((await findRecord(testStore.store, key.accountId, died))?.outcome, 'abandoned');
});

test('a request that died is on the ledger as abandoned, also when its hold on a limit was swept first', async () => {
  const { accountId, requestId } = await heldRequest();
  const keyLimits = new KeyLimits(testStore.store);
  const spendLimit = { amountNanoUsd: '1000000', period: 'daily' as const };
  await keyLimits.hold({ accountId, id: 'aigk_first', spendLimit }, requestId, 400_000n);
  const nowMs = startMs + holdLifetimeMs + 1;
  const noAccounts = new Balances(testStore.store, randomBytes);
  noAccounts.listAccounts = async () => [];
  await sweepAt(nowMs, undefined, noAccounts);
  await sweepAt(nowMs);
  assert.equal((await balances.read(accountId))?.availableNanoUsd, 1_000_000n);
  const charges = await listCharges(testStore.store, accountId, { beforeRequestId: undefined, limit: 10 });
  assert.deepEqual(
    charges.map(charge => [charge.requestId, charge.outcome, charge.costNanoUsd]),
    [[requestId, 'abandoned', '0']],
  );
});

test('a period of a key limit is forgotten when it is long over', async () => {
  const keyLimits = new KeyLimits(testStore.store);
  const spendLimit = { amountNanoUsd: '1000000', period: 'daily' as const };
  const key = { accountId: newId('ac', startMs, randomBytes), id: 'aigk_forgotten', spendLimit };
  const result = await keyLimits.hold(key, newId('rq', startMs, randomBytes), 400_000n);
  assert.ok(result.status === 'held');
  await keyLimits.settle(result.hold, 5n);
  await sweepAt(startMs + 86_400_000);
  assert.equal((await keyLimits.read(key, startMs)).spentNanoUsd, 5n);
  await sweepAt(startMs + 4 * 86_400_000);
  assert.equal(await keyLimits.readPlace(result.hold.place), undefined);
  assert.ok(!(await keyLimits.list(undefined, 100)).some(({ keyId }) => keyId === key.id));
});

test('journal rows and moves that a crash left are finished, and the result says so', async () => {
  const accountId = newId('ac', startMs, randomBytes);
  const table = openBalanceTable(testStore.store);
  const lot = { id: newId('lot', startMs, randomBytes), category: 'grant' as const, amountNanoUsd: 900_000n };
  await balances.addLot(accountId, { ...lot, expiresAtSeconds: startMs / 1000 + 86_400 }, startMs);
  const first = await balances.readShard(accountId, 0);
  assert.ok(first);
  await setSpread({ table, randomBytes }, accountId, first, 2);
  const row = { id: 'jr_left', accountId, kind: 'expiry', lotId: lot.id, amountNanoUsd: '0', createdAt: '' } as const;
  const out = moveOut(
    { ...first, width: 2 },
    { moveId: 'mv_left', toShard: 1, amountNanoUsd: 300_000n },
    startMs / 1000,
  );
  assert.ok(out.status === 'moved');
  await table.write(accountId, 0, writes.moveOut(first, withRows(out.balance, [row]), 'mv_left'));
  assert.equal((await balances.read(accountId))?.availableNanoUsd, 900_000n, 'money under way is counted');
  const result = await sweepAt(startMs + 1);
  assert.deepEqual([result.journalRows, result.moves], [1, 1]);
  const shards = await Promise.all([0, 1].map(shard => balances.readShard(accountId, shard)));
  for (const shard of shards) {
    assert.deepEqual([shard?.outbox.size, shard?.movesOut.size, shard?.movesIn.size], [0, 0, 0]);
    assert.deepEqual(shard && brokenRules(shard), []);
  }
  assert.equal((await balances.read(accountId))?.availableNanoUsd, 900_000n);
  assert.ok(
    (await listJournal(testStore.store, accountId, { beforeId: undefined, limit: 10 })).some(({ id }) => id === row.id),
  );
});

test('a sweep that runs out of time is gone on with by the next', async () => {
  const created = startMs + 1_000;
  await Promise.all(
    Array.from({ length: 130 }, (_, index) =>
      openBalanceTable(testStore.store).enlist(`ac_page_${String(index).padStart(3, '0')}`),
    ),
  );
  const first = await sweepAt(created, created);
  assert.deepEqual([first.finished, first.accounts], [false, 100]);
  const second = await sweepAt(created, created);
  assert.equal(second.finished, true);
  assert.ok(second.accounts >= 30 && second.accounts < 100);
  assert.ok((await sweepAt(created)).accounts >= 130, 'and the one after that begins anew');
});

test('a hold so old that its record may be gone is left for a person, and the others are not', async () => {
  const days = 86_400_000;
  const accountId = newId('ac', startMs, randomBytes);
  const lot = { id: newId('lot', startMs, randomBytes), category: 'grant' as const, amountNanoUsd: 1_000_000n };
  await balances.addLot(accountId, { ...lot, expiresAtSeconds: (startMs + 90 * days) / 1000 }, startMs);
  const laterMs = startMs + 60 * days;
  for (const timeMs of [startMs, laterMs - holdLifetimeMs - 1]) {
    await balances.hold(accountId, newId('rq', timeMs, randomBytes), 400_000n, timeMs);
  }
  const result = await sweepAt(laterMs);
  assert.ok(result.failures >= 1);
  assert.equal((await balances.read(accountId))?.heldNanoUsd, 400_000n);
});
