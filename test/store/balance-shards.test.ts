import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { brokenRules } from '../../functions/core/balance.ts';
import { newId } from '../../functions/core/ids.ts';
import { shardOf, shardsFor } from '../../functions/core/shards.ts';
import { move, setSpread } from '../../functions/store/balance-shards.ts';
import { type BalanceTable, openBalanceTable } from '../../functions/store/balance-table.ts';
import { Balances, type Hold } from '../../functions/store/balances.ts';
import { Random } from '../simulate/random.ts';
import { startTestStore } from '../support/store.ts';

let testStore: Awaited<ReturnType<typeof startTestStore>>;
let table: BalanceTable;
let balances: Balances;

before(async () => {
  testStore = await startTestStore();
  table = openBalanceTable(testStore.store);
  balances = new Balances(testStore.store, randomBytes);
});

const startMs = Date.UTC(2026, 10, 24);
const micro = 1_000n;
const newRequest = () => newId('rq', startMs, randomBytes);

async function accountWith(amountNanoUsd: bigint): Promise<string> {
  const accountId = newId('ac', startMs, randomBytes);
  await grant(accountId, amountNanoUsd);
  return accountId;
}

async function grant(accountId: string, amountNanoUsd: bigint): Promise<string> {
  const id = newId('lot', startMs, randomBytes);
  const expiresAtSeconds = startMs / 1000 + 600;
  await balances.addLot(accountId, { id, category: 'grant', amountNanoUsd, expiresAtSeconds }, startMs);
  return id;
}

/** Spreads an account and moves a part of its money to each of its other shards. */
async function spreadOut(accountId: string, shards: number, eachNanoUsd: bigint): Promise<void> {
  const first = await table.read(accountId, 0);
  assert.ok(first);
  const parts = { table, randomBytes };
  await setSpread(parts, accountId, first, shards);
  for (let to = 1; to < shards; to++) {
    await move(parts, accountId, { from: 0, to, amountNanoUsd: eachNanoUsd }, startMs);
  }
}

async function readShards(accountId: string) {
  const width = (await table.read(accountId, 0))?.width ?? 0;
  const shards = await Promise.all(Array.from({ length: width }, (_, shard) => table.read(accountId, shard)));
  for (const shard of shards) assert.deepEqual(shard && brokenRules(shard), shard && []);
  const total = await balances.read(accountId);
  assert.deepEqual(total && brokenRules(total), []);
  return { shards, total };
}

async function hold(accountId: string, amountNanoUsd: bigint): Promise<Hold> {
  const result = await balances.hold(accountId, newRequest(), amountNanoUsd, startMs);
  assert.ok(result.status === 'held');
  return result.hold;
}

test('a request takes less when that is all there is, and no less than it needs', async () => {
  const accountId = await accountWith(25n * micro + 7n);
  const ask = (least: bigint) =>
    balances.hold(accountId, newRequest(), { amountNanoUsd: 20n * micro, leastNanoUsd: least * micro }, startMs);
  const first = await ask(5n);
  const second = await ask(5n);
  assert.ok(first.status === 'held' && second.status === 'held');
  assert.equal(first.hold.amountNanoUsd, 20n * micro);
  assert.equal(second.hold.amountNanoUsd, 5n * micro, 'rounded down, so that the rest stays');
  assert.deepEqual(await ask(1n), { status: 'insufficient', availableNanoUsd: 7n, everPurchased: true });
});

test('an account without credits is told so, and a grant restores access at once', async () => {
  const accountId = newId('ac', startMs, randomBytes);
  const ask = () => balances.hold(accountId, newRequest(), micro, startMs);
  const never = { status: 'insufficient', availableNanoUsd: 0n, everPurchased: false };
  assert.deepEqual(await ask(), never);
  assert.deepEqual(await ask(), never, 'from memory too');
  await grant(accountId, 2n * micro);
  assert.equal((await ask()).status, 'held');
});

test('money that comes back is found although the account was empty a moment ago', async () => {
  const accountId = await accountWith(10n * micro);
  const held = await hold(accountId, 10n * micro);
  const ask = () => balances.hold(accountId, newRequest(), micro, startMs);
  assert.equal((await ask()).status, 'insufficient');
  await balances.settle(held, 0n, startMs);
  assert.equal((await ask()).status, 'held');
});

test('a request that no shard can cover alone is covered by all of them together', async () => {
  const accountId = await accountWith(90n * micro);
  await spreadOut(accountId, 3, 30n * micro);
  await hold(accountId, 85n * micro);
  const { shards } = await readShards(accountId);
  assert.deepEqual(
    shards.map(shard => [shard?.availableNanoUsd, shard?.heldNanoUsd, shard?.spread]),
    [
      [5n * micro, 85n * micro, 1],
      [0n, 0n, 1],
      [0n, 0n, 1],
    ],
    'near zero all money is on shard 0, and requests go there',
  );
  const refused = await balances.hold(accountId, newRequest(), 6n * micro, startMs);
  assert.deepEqual(refused, { status: 'insufficient', availableNanoUsd: 5n * micro, everPurchased: true });
});

test('24 requests at once on three shards take all there is, and no more', async () => {
  const accountId = await accountWith(150n * micro);
  await spreadOut(accountId, 3, 45n * micro);
  const results = await Promise.all(
    Array.from({ length: 24 }, () => balances.hold(accountId, newRequest(), 10n * micro, startMs)),
  );
  const held = results.flatMap(result => (result.status === 'held' ? [result.hold] : []));
  assert.equal(held.length, 15);
  const { total } = await readShards(accountId);
  assert.equal(total?.availableNanoUsd, 0n);
  for (const [index, each] of held.entries()) await balances.settle(each, BigInt(index), startMs);
  const after = await readShards(accountId);
  assert.equal(after.total?.heldNanoUsd, 0n);
  assert.equal(after.total?.spentNanoUsd, (15n * 14n) / 2n);
});

test('an account with many open requests gets more shards, with its money spread, and fewer when they have ended', async () => {
  const accountId = await accountWith(10_000n * micro);
  const held: Hold[] = [];
  for (let count = 0; count < 48; count++) held.push(await hold(accountId, 10n * micro));
  assert.ok(held.every(({ id }) => id.shard === 0));
  const { shards } = await readShards(accountId);
  assert.equal(shards.length, 2);
  assert.equal(shards[0]?.spread, 2);
  for (let count = 0; count < 12; count++) held.push(await hold(accountId, 10n * micro));
  assert.ok(held.some(({ id }) => id.shard === 1));
  const spread = await readShards(accountId);
  assert.ok((spread.shards[1]?.availableNanoUsd ?? 0n) > 4_000n * micro, 'half of the money went along');
  for (const each of held) await balances.settle(each, micro, startMs);
  await balances.tend(accountId, startMs);
  const { shards: after, total } = await readShards(accountId);
  assert.deepEqual(
    after.map(shard => [shard?.spread, shard?.availableNanoUsd]),
    [
      [1, 10_000n * micro - BigInt(held.length) * micro],
      [1, 0n],
    ],
  );
  assert.equal(total?.spentNanoUsd, BigInt(held.length) * micro);
});

test('a refund finds the rest of a lot on every shard, but not what requests hold', async () => {
  const accountId = await accountWith(90n * micro);
  await spreadOut(accountId, 3, 30n * micro);
  await hold(accountId, 20n * micro);
  const lotId = (await balances.read(accountId))?.lots[0]?.id ?? '';
  const result = await balances.refund(accountId, { id: 'rf_1', lotId, reason: 'asked for' }, startMs);
  assert.ok(result.status === 'refunded');
  assert.equal(result.row.amountNanoUsd, (-70n * micro).toString());
  const again = await balances.refund(accountId, { id: 'rf_1', lotId, reason: 'asked for' }, startMs);
  assert.ok(again.status === 'refunded');
  assert.equal(again.row.id, result.row.id);
  assert.deepEqual(await balances.refund(accountId, { id: 'rf_2', lotId }, startMs), { status: 'nothing_left' });
  const { total } = await readShards(accountId);
  assert.deepEqual(
    [total?.refundedNanoUsd, total?.availableNanoUsd, total?.heldNanoUsd],
    [70n * micro, 0n, 20n * micro],
  );
});

test('an item keeps the dozen lots that end first, and the others are found when they are needed', async () => {
  const accountId = newId('ac', startMs, randomBytes);
  for (let lot = 0; lot < 15; lot++) {
    const id = newId('lot', startMs, randomBytes);
    const expiresAtSeconds = startMs / 1000 + 600 + lot;
    const made = { id, category: 'purchase' as const, amountNanoUsd: 10n * micro, expiresAtSeconds };
    assert.deepEqual(await balances.addLot(accountId, made, startMs), { status: 'added' });
  }
  const { shards, total } = await readShards(accountId);
  assert.deepEqual(
    shards.map(shard => shard?.lots.length),
    [12, 3],
  );
  assert.ok(shards[1]?.lots.every(lot => lot.expiresAtSeconds >= startMs / 1000 + 612));
  assert.equal(total?.lots.length, 15);
  await balances.tend(accountId, startMs);
  assert.equal((await table.read(accountId, 0))?.lots.length, 12, 'a sweep leaves them where they are');
  await hold(accountId, 140n * micro);
  await hold(accountId, 10n * micro);
  assert.equal((await balances.hold(accountId, newRequest(), micro, startMs)).status, 'insufficient');
});

test('requests spread evenly over shards, and a new attempt goes to another', () => {
  const random = new Random(1);
  const newRandomRequest = () => newId('rq', startMs, length => random.bytes(length));
  for (const shards of [7, 64, 256]) {
    const counts = new Array(shards).fill(0);
    for (let index = 0; index < 1_000 * shards; index++) counts[shardOf(newRandomRequest(), 0, shards)]++;
    for (const count of counts) assert.ok(count > 800 && count < 1_200, counts.join());
  }
  const requestId = newRequest();
  assert.notEqual(shardOf(requestId, 0, 7), shardOf(requestId, 1, 7));
  assert.equal(shardOf(requestId, 5, 1), 0);
  assert.deepEqual([0, 30, 31, 60, 61, 1_000, 100_000].map(shardsFor), [1, 1, 2, 2, 4, 64, 256]);
});
