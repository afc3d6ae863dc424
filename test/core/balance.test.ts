import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addLot,
  type Balance,
  brokenRules,
  emptyBalance,
  expire,
  hold,
  never,
  settle,
} from '../../functions/core/balance.ts';
import { newId } from '../../functions/core/ids.ts';

const startSeconds = Date.UTC(2026, 10, 24) / 1000;
let serial = 0;

function keyAt(seconds: number): string {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(serial++, 0, 6);
  return newId('rq', seconds * 1000, () => bytes).slice('rq_'.length);
}

function withLots(...lots: [amountNanoUsd: bigint, endsAfterSeconds: number][]): Balance {
  return lots.reduce((balance, [amountNanoUsd, endsAfter], index) => {
    const lot = {
      id: `lot_${index}`,
      category: 'grant' as const,
      amountNanoUsd,
      expiresAtSeconds: startSeconds + endsAfter,
    };
    return addLot(balance, lot, startSeconds).balance;
  }, emptyBalance());
}

function held(balance: Balance, key: string, amountNanoUsd: bigint, atSeconds = startSeconds): Balance {
  const result = hold(balance, key, amountNanoUsd, atSeconds);
  assert.ok(result.status === 'held', `hold was refused: ${result.status}`);
  return result.balance;
}

function settled(balance: Balance, key: string, costNanoUsd: bigint): Balance {
  const result = settle(balance, key, costNanoUsd);
  assert.ok(result.status === 'settled');
  return result.balance;
}

test('a hold takes at most what is available', () => {
  const balance = withLots([100n, 60]);
  assert.equal(hold(balance, keyAt(startSeconds), 101n, startSeconds).status, 'insufficient');
  const first = held(balance, keyAt(startSeconds), 100n);
  assert.equal(first.availableNanoUsd, 0n);
  assert.equal(hold(first, keyAt(startSeconds), 1n, startSeconds).status, 'insufficient');
});

test('the same hold twice is one hold', () => {
  const key = keyAt(startSeconds);
  assert.equal(hold(held(withLots([100n, 60]), key, 10n), key, 10n, startSeconds).status, 'exists');
});

test('a hold after a lot’s end waits until the lot is ended', () => {
  assert.equal(hold(withLots([100n, 60]), keyAt(startSeconds + 60), 1n, startSeconds + 60).status, 'lots_ended');
});

test('settling returns the rest, and a second time does nothing', () => {
  const key = keyAt(startSeconds);
  const after = settled(held(withLots([100n, 60]), key, 40n), key, 15n);
  assert.equal(after.availableNanoUsd, 85n);
  assert.equal(after.spentNanoUsd, 15n);
  assert.equal(settle(after, key, 15n).status, 'already_settled');
});

test('a cost above the hold is a bug, not a charge', () => {
  const key = keyAt(startSeconds);
  assert.throws(() => settle(held(withLots([100n, 60]), key, 10n), key, 11n), /bounds what its request may cost/);
});

test('money is spent from the lot that ends first', () => {
  const key = keyAt(startSeconds);
  const after = expire(settled(held(withLots([50n, 600], [50n, 60]), key, 70n), key, 60n), startSeconds + 60);
  assert.deepEqual(after.expiries, []);
  assert.deepEqual(
    after.balance.lots.map(({ id, remainingNanoUsd }) => [id, remainingNanoUsd]),
    [['lot_0', 40n]],
  );
});

test('a lot ends to the second, but for what open holds cover', () => {
  const key = keyAt(startSeconds);
  const before = held(withLots([100n, 60]), key, 30n);
  const { balance, expiries } = expire(before, startSeconds + 60);
  assert.deepEqual(expiries, [{ lotId: 'lot_0', amountNanoUsd: 70n }]);
  assert.equal(balance.dyingNanoUsd, 30n);
  const last = settle(balance, key, 10n);
  assert.ok(last.status === 'settled');
  assert.deepEqual(last.expiries, [{ lotId: 'lot_0', amountNanoUsd: 20n }], 'what returns from the hold expires');
  assert.equal(last.balance.availableNanoUsd, 0n);
  assert.equal(last.balance.expiredNanoUsd, 90n);
});

test('a lot that ended before it was added is never spendable', () => {
  const lot = { id: 'lot_9', category: 'grant' as const, amountNanoUsd: 10n, expiresAtSeconds: startSeconds - 1 };
  const { balance, expiries } = addLot(withLots([5n, 60]), lot, startSeconds);
  assert.equal(balance.availableNanoUsd, 5n);
  assert.deepEqual(expiries, [{ lotId: 'lot_9', amountNanoUsd: 10n }]);
  assert.deepEqual(brokenRules(balance), []);
});

test('money spent before a lot was added does not come out of that lot', () => {
  const key = keyAt(startSeconds);
  const spent = settled(held(withLots([100n, 600]), key, 50n), key, 50n);
  const lot = {
    id: 'lot_9',
    category: 'promotional' as const,
    amountNanoUsd: 10n,
    expiresAtSeconds: startSeconds + 60,
  };
  const { balance } = addLot(spent, lot, startSeconds);
  assert.deepEqual(
    balance.lots.map(({ id, remainingNanoUsd }) => [id, remainingNanoUsd]),
    [
      ['lot_9', 10n],
      ['lot_0', 50n],
    ],
  );
});

test('an empty balance never ends', () => {
  assert.equal(emptyBalance().nextExpiryAtSeconds, never);
  assert.deepEqual(brokenRules(emptyBalance()), []);
});

/** One random step; times go forward by `wait` seconds. */
const step = fc.record({
  wait: fc.integer({ min: 0, max: 40 }),
  kind: fc.constantFrom('hold', 'hold', 'hold', 'settle', 'settle', 'addLot', 'expire'),
  amount: fc.integer({ min: 1, max: 60 }),
  choice: fc.nat(50),
  skew: fc.integer({ min: -3, max: 3 }),
});

test('whatever happens in whatever order, every rule of the balance holds and no live lot expires', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      let balance = emptyBalance();
      let nowSeconds = startSeconds;
      let charged = 0n;
      for (const { wait, kind, amount, choice, skew } of steps) {
        nowSeconds += wait;
        const clock = nowSeconds + skew;
        if (kind === 'hold') {
          const result = hold(balance, keyAt(clock), BigInt(amount), clock);
          if (result.status === 'held') balance = result.balance;
        } else if (kind === 'settle') {
          const open = [...balance.holds];
          const [key, heldNanoUsd] = open[choice % (open.length || 1)] ?? [];
          if (key === undefined || heldNanoUsd === undefined) continue;
          const costNanoUsd = BigInt(amount) < heldNanoUsd ? BigInt(amount) : heldNanoUsd;
          balance = settled(balance, key, costNanoUsd);
          charged += costNanoUsd;
        } else if (kind === 'addLot') {
          const lot = { id: `lot_${serial++}`, category: 'grant' as const, amountNanoUsd: BigInt(amount * 3) };
          balance = addLot(balance, { ...lot, expiresAtSeconds: clock + choice - 5 }, clock).balance;
        } else {
          const { balance: after, expiries } = expire(balance, clock);
          for (const { lotId } of expiries) {
            const lot = balance.lots.find(({ id }) => id === lotId);
            assert.ok(lot && lot.expiresAtSeconds <= clock, 'only ended lots expire');
          }
          balance = after;
        }
        assert.deepEqual(brokenRules(balance), []);
        assert.equal(balance.spentNanoUsd, charged);
      }
    }),
    { numRuns: 2_000 },
  );
});
