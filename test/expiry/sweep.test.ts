import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { brokenRules, holdLifetimeMs } from '../../functions/core/balance.ts';
import { newId } from '../../functions/core/ids.ts';
import { sweep } from '../../functions/expiry/sweep.ts';
import { openSweepCursor } from '../../functions/expiry/sweep-cursor.ts';
import { Balances } from '../../functions/store/balances.ts';
import { KeyLimits } from '../../functions/store/key-limits.ts';
import { decide, findRecord, noteLateCost, type UsageRecord } from '../../functions/store/usage.ts';
import { startTestStore } from '../support/store.ts';

const startMs = Date.UTC(2026, 10, 24);
let testStore: Awaited<ReturnType<typeof startTestStore>>;
let balances: Balances;

before(async () => {
  testStore = await startTestStore();
  balances = new Balances(testStore.store, randomBytes);
});

after(() => testStore.close());

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

const sweepAt = (nowMs: number) =>
  sweep({
    balances,
    keyLimits: new KeyLimits(testStore.store),
    decide: record => decide(testStore.store, record, nowMs),
    cursor: openSweepCursor(testStore.store),
    now: () => nowMs,
    stopAtMs: Number.POSITIVE_INFINITY,
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

test('a hold so old that its record may be gone is left for a person', async () => {
  const { accountId } = await heldRequest();
  const result = await sweepAt(startMs + 60 * 86_400_000);
  assert.ok(result.failures >= 1);
  assert.equal((await balances.read(accountId))?.heldNanoUsd, 400_000n);
});
