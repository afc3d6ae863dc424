import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Balance, brokenRules, emptyBalance, hold, settle } from '../../functions/core/balance.ts';
import * as events from '../../functions/core/balance-events.ts';
import { moveIn, moveOut, totalOf } from '../../functions/core/balance-moves.ts';
import { newId } from '../../functions/core/ids.ts';
import { never } from '../../functions/core/lots.ts';
import { missingFor } from '../simulate/spending-order.ts';

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

type NewLot = Parameters<typeof events.addLot>[1];

function addLot(balance: Balance, lot: NewLot, nowSeconds: number) {
  const result = events.addLot(balance, lot, 'digest', nowSeconds);
  assert.ok(result.status === 'added');
  return result;
}

const { expire } = events;

function remainders({ lots }: Balance) {
  return lots.map(({ id, remainingNanoUsd }) => [id, remainingNanoUsd]);
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
  assert.deepEqual(remainders(after.balance), [['lot_0', 40n]]);
});

test('a lot ends to the second, but for what open holds cover', () => {
  const key = keyAt(startSeconds);
  const before = held(withLots([100n, 60]), key, 30n);
  const { balance, expiries } = expire(before, startSeconds + 60);
  assert.deepEqual(expiries, [{ lotId: 'lot_0', category: 'grant', amountNanoUsd: 70n }]);
  assert.equal(balance.dyingNanoUsd, 30n);
  const last = settle(balance, key, 10n);
  assert.ok(last.status === 'settled');
  assert.deepEqual(
    last.expiries,
    [{ lotId: 'lot_0', category: 'grant', amountNanoUsd: 20n }],
    'what returns from the hold expires',
  );
  assert.equal(last.balance.availableNanoUsd, 0n);
  assert.equal(last.balance.expiredNanoUsd, 90n);
});

test('a lot that ended before it was added is never spendable', () => {
  const lot = { id: 'lot_9', category: 'grant' as const, amountNanoUsd: 10n, expiresAtSeconds: startSeconds - 1 };
  const { balance, expiries } = addLot(withLots([5n, 60]), lot, startSeconds);
  assert.equal(balance.availableNanoUsd, 5n);
  assert.deepEqual(expiries, [{ lotId: 'lot_9', category: 'grant', amountNanoUsd: 10n }]);
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
  assert.deepEqual(remainders(balance), [
    ['lot_9', 10n],
    ['lot_0', 50n],
  ]);
});

test('an empty balance never ends', () => {
  assert.equal(emptyBalance().nextExpiryAtSeconds, never);
  assert.deepEqual(brokenRules(emptyBalance()), []);
});

test('a lot is added once, and tells who added it', () => {
  const lot = { id: 'lot_0', category: 'grant' as const, amountNanoUsd: 10n, expiresAtSeconds: startSeconds + 60 };
  assert.deepEqual(events.addLot(withLots([5n, 60]), lot, 'other', startSeconds), {
    status: 'exists',
    digest: 'digest',
  });
});

test('a refund takes what is neither spent nor held, from the lot that is named', () => {
  const [first, second] = [keyAt(startSeconds), keyAt(startSeconds)];
  const spent = settled(held(withLots([50n, 60], [50n, 600]), first, 20n), first, 20n);
  const balance = held(spent, second, 40n);
  const ask = (refundId: string, lotId: string) =>
    events.refund(balance, { refundId, lotId, digest: 'digest' }, startSeconds);
  assert.equal(ask('rf_1', 'lot_0').status, 'nothing_left', '20 are spent and the hold covers the rest');
  const result = ask('rf_2', 'lot_1');
  assert.ok(result.status === 'refunded');
  assert.equal(result.loss.amountNanoUsd, 40n, 'the hold may need 10 of this lot');
  assert.deepEqual(remainders(result.balance), [
    ['lot_0', 30n],
    ['lot_1', 10n],
  ]);
  assert.deepEqual(brokenRules(result.balance), []);
  const again = events.refund(result.balance, { refundId: 'rf_2', lotId: 'lot_1', digest: 'other' }, startSeconds);
  assert.deepEqual(again, { status: 'exists', digest: 'digest' });
});

test('a move takes the money that ends first of what no hold covers, and arrives once', () => {
  const source = held(withLots([50n, 60], [50n, 600]), keyAt(startSeconds), 30n);
  const out = moveOut(source, { moveId: 'mv_1', toShard: 1, amountNanoUsd: 40n }, startSeconds);
  assert.ok(out.status === 'moved');
  assert.deepEqual(remainders(out.balance), [
    ['lot_0', 30n],
    ['lot_1', 30n],
  ]);
  const move = { moveId: 'mv_1', fromShard: 0, slices: out.balance.movesOut.get('mv_1')?.slices ?? [] };
  const arrived = moveIn(emptyBalance(), move, startSeconds);
  assert.ok(arrived.status === 'moved');
  assert.deepEqual(remainders(arrived.balance), [
    ['lot_0', 20n],
    ['lot_1', 20n],
  ]);
  assert.equal(moveIn(arrived.balance, move, startSeconds).status, 'exists');
  for (const shards of [[out.balance], [out.balance, emptyBalance()], [out.balance, arrived.balance]]) {
    const total = totalOf(shards);
    assert.deepEqual(brokenRules(total), []);
    assert.equal(total.availableNanoUsd, 70n);
    assert.deepEqual(remainders(total), remainders(source));
  }
});

test('what ends on its way between shards expires when it arrives', () => {
  const out = moveOut(withLots([50n, 60]), { moveId: 'mv_1', toShard: 1, amountNanoUsd: 50n }, startSeconds);
  assert.ok(out.status === 'moved');
  const slices = out.balance.movesOut.get('mv_1')?.slices ?? [];
  const arrived = moveIn(emptyBalance(), { moveId: 'mv_1', fromShard: 0, slices }, startSeconds + 60);
  assert.ok(arrived.status === 'moved');
  assert.equal(arrived.balance.expiredNanoUsd, 50n);
  assert.deepEqual(arrived.expiries, [{ lotId: 'lot_0', category: 'grant', amountNanoUsd: 50n }]);
});

test('nothing moves that a hold covers', () => {
  const source = held(withLots([50n, 60]), keyAt(startSeconds), 50n);
  assert.equal(moveOut(source, { moveId: 'mv_1', toShard: 1, amountNanoUsd: 1n }, startSeconds).status, 'nothing_free');
});

test('what a hold needs does not leave, even when a lot was added that had ended when the hold began', () => {
  const key = keyAt(startSeconds + 10);
  const before = held(withLots([50n, 600]), key, 30n, startSeconds + 10);
  const late = { id: 'lot_9', category: 'grant' as const, amountNanoUsd: 50n, expiresAtSeconds: startSeconds + 9 };
  const { balance } = addLot(before, late, startSeconds + 8); // by a clock that is slow
  const ask = (from: Balance) => events.refund(from, { refundId: 'rf', lotId: 'lot_0', digest: '' }, startSeconds + 8);
  assert.equal(ask(balance).status, 'lots_ended');
  assert.equal(
    moveOut(balance, { moveId: 'mv', toShard: 1, amountNanoUsd: 50n }, startSeconds + 8).status,
    'lots_ended',
  );
  const result = ask(expire(balance, startSeconds + 8).balance);
  assert.ok(result.status === 'refunded');
  assert.equal(result.loss.amountNanoUsd, 20n);
  assert.deepEqual(brokenRules(settled(result.balance, key, 30n)), []);
});

test('dying money pays before a lot that was added late as far as a settlement would else lower what is available', () => {
  const [first, second] = [keyAt(startSeconds), keyAt(startSeconds)];
  const dying = expire(held(held(withLots([50n, 25]), first, 20n), second, 30n), startSeconds + 25).balance;
  const late = { id: 'lot_9', category: 'grant' as const, amountNanoUsd: 40n, expiresAtSeconds: startSeconds + 18 };
  const before = addLot(dying, late, startSeconds + 17).balance; // by a clock that is slow
  const after = settled(before, first, 20n);
  assert.equal(after.availableNanoUsd, before.availableNanoUsd);
  assert.deepEqual(remainders(after), [
    ['lot_0', 30n],
    ['lot_9', 40n],
  ]);
});

test('a lot that was added late pays for a hold before dying money that other holds need', () => {
  const fast = startSeconds + 3; // by a clock that is fast
  const slow = startSeconds + 1; // and by one that is slow
  const soon = { id: 'lot_8', category: 'grant' as const, amountNanoUsd: 24n, expiresAtSeconds: startSeconds + 4 };
  const late = { id: 'lot_9', category: 'grant' as const, amountNanoUsd: 80n, expiresAtSeconds: startSeconds + 2 };
  const one = held(withLots([51n, 600]), keyAt(fast), 40n, fast);
  const dying = expire(addLot(one, soon, slow).balance, startSeconds + 4).balance;
  const full = held(dying, keyAt(fast), 35n, fast);
  const key = keyAt(slow);
  const before = held(addLot(full, late, slow).balance, key, 18n, slow);
  const after = settled(before, key, 8n);
  assert.deepEqual(remainders(after), [
    ['lot_8', 24n],
    ['lot_9', 72n],
    ['lot_0', 51n],
  ]);
  const { balance } = expire(after, startSeconds + 4);
  assert.deepEqual(brokenRules(balance), [], 'what the other holds need is still there');
});

/** One random step on one of two shards; times go forward by `wait` seconds. */
const step = fc.record({
  wait: fc.integer({ min: 0, max: 40 }),
  kind: fc.constantFrom('hold', 'hold', 'hold', 'settle', 'settle', 'addLot', 'expire', 'refund', 'move'),
  amount: fc.integer({ min: 1, max: 60 }),
  choice: fc.nat(50),
  skew: fc.integer({ min: -3, max: 3 }),
  shard: fc.nat(1),
});

test('whatever happens in whatever order, every rule of the balance holds, every hold can be paid and no live lot expires', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const shards = [emptyBalance(2), emptyBalance(2)] as [Balance, Balance];
      let nowSeconds = startSeconds;
      let charged = 0n;
      let added = 0n;
      for (const { wait, kind, amount, choice, skew, shard } of steps) {
        nowSeconds += wait;
        const clock = nowSeconds + skew;
        const balance = shards[shard] as Balance;
        if (kind === 'hold') {
          const result = hold(balance, keyAt(clock), BigInt(amount), clock);
          if (result.status === 'held') shards[shard] = result.balance;
        } else if (kind === 'settle') {
          const open = [...balance.holds];
          const [key, heldNanoUsd] = open[choice % (open.length || 1)] ?? [];
          if (key === undefined || heldNanoUsd === undefined) continue;
          const costNanoUsd = BigInt(amount) < heldNanoUsd ? BigInt(amount) : heldNanoUsd;
          shards[shard] = settled(balance, key, costNanoUsd);
          charged += costNanoUsd;
        } else if (kind === 'addLot') {
          const lot = { id: `lot_${serial++}`, category: 'grant' as const, amountNanoUsd: BigInt(amount * 3) };
          shards[shard] = addLot(balance, { ...lot, expiresAtSeconds: clock + choice - 5 }, clock).balance;
          added += lot.amountNanoUsd;
        } else if (kind === 'refund') {
          const lotId = balance.lots[choice % (balance.lots.length || 1)]?.id ?? '';
          const result = events.refund(balance, { refundId: `rf_${serial++}`, lotId, digest: '' }, clock);
          if (result.status === 'refunded') shards[shard] = result.balance;
        } else if (kind === 'move') {
          const moveId = `mv_${serial++}`;
          const toShard = 1 - shard;
          const out = moveOut(balance, { moveId, toShard, amountNanoUsd: BigInt(amount) }, clock);
          if (out.status !== 'moved') continue;
          const { slices } = out.balance.movesOut.get(moveId) ?? { slices: [] };
          const arrived = moveIn(shards[toShard] as Balance, { moveId, fromShard: shard, slices }, clock);
          assert.ok(arrived.status === 'moved');
          [shards[shard], shards[toShard]] = [out.balance, arrived.balance];
        } else {
          const { balance: after, expiries } = expire(balance, clock);
          for (const { lotId } of expiries) {
            const lot = balance.lots.find(({ id }) => id === lotId);
            assert.ok(lot && lot.expiresAtSeconds <= nowSeconds + 3, 'only ended lots expire');
          }
          shards[shard] = after;
        }
        for (const each of [...shards, totalOf(shards)]) {
          assert.deepEqual(brokenRules(each), []);
          assert.equal(missingFor(each), undefined);
        }
        assert.equal(totalOf(shards).spentNanoUsd, charged);
        assert.equal(totalOf(shards).purchasedNanoUsd, added);
      }
    }),
    { numRuns: 2_000 },
  );
});
