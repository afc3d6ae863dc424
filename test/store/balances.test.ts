import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { brokenRules } from '../../functions/core/balance.ts';
import { newId } from '../../functions/core/ids.ts';
import { Balances } from '../../functions/store/balances.ts';
import { startTestStore } from '../support/store.ts';

let testStore: Awaited<ReturnType<typeof startTestStore>>;
let balances: Balances;

before(async () => {
  testStore = await startTestStore();
  balances = new Balances(testStore.store, randomBytes);
});

const startMs = Date.UTC(2026, 10, 24);
const micro = 1_000n;

function newAccount(): string {
  return newId('ac', startMs, randomBytes);
}

async function grant(
  accountId: string,
  amountNanoUsd: bigint,
  endsAfterSeconds: number,
  nowMs = startMs,
): Promise<string> {
  const id = newId('lot', nowMs, randomBytes);
  const expiresAtSeconds = Math.floor(nowMs / 1000) + endsAfterSeconds;
  await balances.addLot(accountId, { id, category: 'grant', amountNanoUsd, expiresAtSeconds }, nowMs);
  return id;
}

async function read(accountId: string) {
  const balance = await balances.read(accountId);
  assert.ok(balance);
  assert.deepEqual(brokenRules(balance), []);
  return balance;
}

test('200 holds at once never take more than there is', async () => {
  const accountId = newAccount();
  await grant(accountId, 500n * micro, 600);
  const results = await Promise.all(
    Array.from({ length: 200 }, () =>
      balances.hold(accountId, newId('rq', startMs, randomBytes), 10n * micro, startMs),
    ),
  );
  assert.equal(results.filter(({ status }) => status === 'held').length, 50);
  assert.equal((await read(accountId)).availableNanoUsd, 0n);
});

test('the same lot added many times at once is added once', async () => {
  const accountId = newAccount();
  const lot = {
    id: 'lot_payment',
    category: 'purchase' as const,
    amountNanoUsd: 5n * micro,
    expiresAtSeconds: startMs / 1000 + 60,
  };
  const results = await Promise.all(Array.from({ length: 20 }, () => balances.addLot(accountId, lot, startMs)));
  assert.equal(results.filter(({ status }) => status === 'added').length, 1);
  assert.equal((await read(accountId)).purchasedNanoUsd, 5n * micro);
  const other = await balances.addLot(accountId, { ...lot, requestDigest: 'another' }, startMs);
  assert.equal(other.status, 'conflict');
});

test('holds, settlements, grants and expiries at once keep every cent', async () => {
  const accountId = newAccount();
  await grant(accountId, 300n * micro, 10);
  await grant(accountId, 300n * micro, 600);
  let spent = 0n;
  const request = async (index: number) => {
    const nowMs = startMs + index * 500;
    const result = await balances.hold(accountId, newId('rq', nowMs, randomBytes), 20n * micro, nowMs);
    if (result.status !== 'held') return;
    await balances.settle(result.hold, BigInt(index) * 10n, nowMs + 3_000);
    spent += BigInt(index) * 10n;
  };
  await Promise.all([
    ...Array.from({ length: 40 }, (_, index) => request(index)),
    grant(accountId, 50n * micro, 15),
    balances.expireLots(accountId, startMs + 10_000),
    balances.expireLots(accountId, startMs + 16_000),
  ]);
  await balances.expireLots(accountId, startMs + 20_000);
  const balance = await read(accountId);
  assert.equal(balance.heldNanoUsd, 0n);
  assert.equal(balance.spentNanoUsd, spent);
  assert.equal(balance.purchasedNanoUsd, 650n * micro);
});

test('when a lot ends under many holds that settle at once, each of them settles', async () => {
  const accountId = newAccount();
  await grant(accountId, 300n * micro, 10);
  await grant(accountId, 300n * micro, 600);
  const results = await Promise.all(
    Array.from({ length: 30 }, () => balances.hold(accountId, newId('rq', startMs, randomBytes), 10n * micro, startMs)),
  );
  await balances.expireLots(accountId, startMs + 10_000);
  assert.equal((await read(accountId)).dyingNanoUsd, 300n * micro);
  await Promise.all(results.map(result => result.status === 'held' && balances.settle(result.hold, micro, startMs)));
  const { heldNanoUsd, availableNanoUsd, spentNanoUsd, expiredNanoUsd } = await read(accountId);
  assert.deepEqual(
    [heldNanoUsd, availableNanoUsd, spentNanoUsd, expiredNanoUsd],
    [0n, 300n * micro, 30n * micro, 270n * micro],
  );
});

test('a hold is rounded up to a whole micro-USD', async () => {
  const accountId = newAccount();
  await grant(accountId, 10n * micro, 60);
  const result = await balances.hold(accountId, newId('rq', startMs, randomBytes), 1n, startMs);
  assert.ok(result.status === 'held');
  assert.equal(result.hold.amountNanoUsd, micro);
  const free = await balances.hold(accountId, newId('rq', startMs, randomBytes), 0n, startMs);
  assert.ok(free.status === 'held', 'what costs nothing sets the least aside');
  assert.equal(free.hold.amountNanoUsd, micro);
});
