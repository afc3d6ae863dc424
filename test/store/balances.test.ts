import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { addLot, type Balance, brokenRules, emptyBalance, expire, hold, settle } from '../../functions/core/balance.ts';
import { newId } from '../../functions/core/ids.ts';
import { Balances, type Hold } from '../../functions/store/balances.ts';
import { startTestStore } from '../support/store.ts';

let testStore: Awaited<ReturnType<typeof startTestStore>>;
let balances: Balances;

before(async () => {
  testStore = await startTestStore();
  balances = new Balances(testStore.store, randomBytes);
});

after(() => testStore.close());

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

/** The part of a balance that the pure transitions know. */
function plain(balance: Balance): Balance {
  const { lots, holds, ...amounts } = balance;
  return {
    ...Object.fromEntries(Object.keys(emptyBalance()).map(key => [key, amounts[key as keyof typeof amounts]])),
    lots,
    holds,
  } as Balance;
}

const step = fc.record({
  waitSeconds: fc.integer({ min: 0, max: 30 }),
  kind: fc.constantFrom('hold', 'hold', 'hold', 'settle', 'settle', 'addLot', 'expire'),
  amount: fc.integer({ min: 1, max: 60 }),
  choice: fc.nat(50),
});

test('every write does in the store what its transition says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async steps => {
      const accountId = newAccount();
      let model = emptyBalance();
      let nowMs = startMs;
      await grant(accountId, 50n * micro, 40);
      model = plain(await read(accountId));
      for (const { waitSeconds, kind, amount, choice } of steps) {
        nowMs += waitSeconds * 1000;
        const nowSeconds = nowMs / 1000;
        const amountNanoUsd = BigInt(amount) * micro;
        if (kind === 'hold') {
          const requestId = newId('rq', nowMs, randomBytes);
          const key = requestId.slice(3);
          const expected = hold(model, key, amountNanoUsd, nowSeconds);
          const result = await balances.hold(accountId, requestId, amountNanoUsd, nowMs);
          if (expected.status === 'lots_ended') {
            model = expire(model, nowSeconds).balance;
            const again = hold(model, key, amountNanoUsd, nowSeconds);
            assert.equal(result.status, again.status);
            if (again.status === 'held') model = again.balance;
          } else {
            assert.equal(result.status, expected.status);
            if (expected.status === 'held') model = expected.balance;
          }
        } else if (kind === 'settle') {
          const open = [...model.holds];
          const [key, heldNanoUsd] = open[choice % (open.length || 1)] ?? [];
          if (key === undefined || heldNanoUsd === undefined) continue;
          const costNanoUsd = amountNanoUsd + 7n < heldNanoUsd ? amountNanoUsd + 7n : heldNanoUsd;
          const expected = settle(model, key, costNanoUsd);
          assert.ok(expected.status === 'settled');
          model = expected.balance;
          const held: Hold = { accountId, id: { requestId: `rq_${key}`, attempt: 0 }, amountNanoUsd: heldNanoUsd };
          await balances.settle(held, costNanoUsd, nowMs);
          await balances.settle(held, costNanoUsd, nowMs);
        } else if (kind === 'addLot') {
          const lot = { id: newId('lot', nowMs, randomBytes), category: 'grant' as const, amountNanoUsd };
          const added = { ...lot, expiresAtSeconds: nowSeconds + choice - 2 };
          model = addLot(model, added, nowSeconds).balance;
          assert.deepEqual(await balances.addLot(accountId, added, nowMs), { status: 'added' });
          assert.deepEqual(await balances.addLot(accountId, added, nowMs), { status: 'exists' });
        } else {
          await balances.expireLots(accountId, nowMs);
          if (model.nextExpiryAtSeconds <= nowSeconds) model = expire(model, nowSeconds).balance;
        }
        const stored = await read(accountId);
        assert.deepEqual(plain(stored), model);
        assert.equal(stored.outbox.size, 0);
        assert.equal(stored.purchaseMarks.size, 0);
      }
    }),
    { numRuns: 25 },
  );
});

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

test('a hold is rounded up to a whole micro-USD', async () => {
  const accountId = newAccount();
  await grant(accountId, 10n * micro, 60);
  const result = await balances.hold(accountId, newId('rq', startMs, randomBytes), 1n, startMs);
  assert.ok(result.status === 'held');
  assert.equal(result.hold.amountNanoUsd, micro);
});
