import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { newId } from '../../functions/core/ids.ts';
import { holdOfLimit, type LimitUse, periodAt, periodEndMs, settleOfLimit } from '../../functions/core/key-limit.ts';
import { KeyLimits } from '../../functions/store/key-limits.ts';
import {
  holdOnLimit,
  type LimitTable,
  openLimit,
  openLimitTable,
  settleOnLimit,
} from '../../functions/store/limit-table.ts';
import { applyWrite } from '../support/apply-write.ts';
import { startTestStore } from '../support/store.ts';

let testStore: Awaited<ReturnType<typeof startTestStore>>;
let table: LimitTable;
let limits: KeyLimits;

before(async () => {
  testStore = await startTestStore();
  table = openLimitTable(testStore.store);
  limits = new KeyLimits(testStore.store);
});

const startMs = Date.UTC(2026, 10, 24, 23, 59, 59);
const micro = 1_000n;
let serial = 0;

const newPlace = () => ({ accountId: 'ac', keyId: `aigk_${serial++}`, period: 'total' });
const newRequest = (timeMs = startMs) => newId('rq', timeMs, randomBytes);
const newKey = (amountNanoUsd: bigint, period: 'total' | 'daily' | 'monthly' = 'total') => ({
  accountId: 'ac',
  id: `aigk_${serial++}`,
  spendLimit: { amountNanoUsd: amountNanoUsd.toString(), period },
});

const step = fc.record({
  kind: fc.constantFrom('hold', 'hold', 'settle', 'open'),
  units: fc.nat(40),
  choice: fc.nat(3),
});

test('every write does in the store, and in memory, what its transition says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async steps => {
      const place = newPlace();
      let use: LimitUse = { usedNanoUsd: 0n, holds: new Map() };
      assert.ok(await table.write(place, openLimit(use)));
      for (const { kind, units, choice } of steps) {
        const amountNanoUsd = BigInt(units + 1) * micro;
        const key = `request${choice}`;
        const result =
          kind === 'hold'
            ? holdOfLimit(use, key, amountNanoUsd, 60n * micro)
            : settleOfLimit(use, key, use.holds.get(key) ?? 0n);
        const expected = kind !== 'open' && 'use' in result ? result.use : undefined;
        const write = {
          hold: () => holdOnLimit(key, amountNanoUsd, 60n * micro),
          settle: () => settleOnLimit(key, use.holds.get(key) ?? micro, use.holds.get(key) ?? micro),
          open: () => openLimit(use),
        }[kind as 'hold' | 'settle' | 'open']();
        assert.deepEqual(applyWrite(use, write), expected);
        assert.equal(await table.write(place, write), expected !== undefined);
        use = expected ?? use;
        assert.deepEqual(await table.read(place), use);
      }
    }),
    { numRuns: 20 },
  );
});

test('60 holds at once never take more than the limit', async () => {
  const key = newKey(200n * micro);
  const results = await Promise.all(Array.from({ length: 60 }, () => limits.hold(key, newRequest(), 10n * micro)));
  assert.equal(results.filter(({ status }) => status === 'held').length, 20);
  const refusal = results.find(({ status }) => status !== 'held');
  assert.ok(refusal?.status === 'limit_reached');
  assert.equal(refusal.limitNanoUsd, 200n * micro);
  assert.equal(refusal.spentNanoUsd + refusal.heldNanoUsd > 190n * micro, true);
  assert.equal(refusal.renewsAtMs, undefined);
});

test('a hold takes less when that is what is left, and settling twice counts once', async () => {
  const key = newKey(25n * micro + 7n);
  const wanted = { amountNanoUsd: 20n * micro, leastNanoUsd: 5n * micro };
  const first = await limits.hold(key, newRequest(), wanted);
  const second = await limits.hold(key, newRequest(), wanted);
  const third = await limits.hold(key, newRequest(), wanted);
  assert.ok(first.status === 'held' && second.status === 'held');
  assert.equal(second.hold.amountNanoUsd, 5n * micro);
  assert.equal(third.status, 'limit_reached');
  for (let times = 0; times < 2; times++) await limits.settle(first.hold, 3n);
  await limits.release(second.hold);
  assert.deepEqual(await limits.read(key, startMs), { spentNanoUsd: 3n, heldNanoUsd: 0n });
});

test('a request counts to the day in which it began, however late it is settled', async () => {
  const key = newKey(10n * micro, 'daily');
  const today = await limits.hold(key, newRequest(), 10n * micro);
  const tomorrow = await limits.hold(key, newRequest(startMs + 1_000), 10n * micro);
  assert.ok(today.status === 'held' && tomorrow.status === 'held');
  await limits.settle(today.hold, 10n * micro);
  assert.equal((await limits.read(key, startMs)).spentNanoUsd, 10n * micro);
  assert.equal((await limits.read(key, startMs + 1_000)).spentNanoUsd, 0n);
  const refused = await limits.hold(key, newRequest(), micro);
  assert.ok(refused.status === 'limit_reached');
  assert.equal(refused.renewsAtMs, Date.UTC(2026, 10, 25));
});

test('periods are UTC days and months', () => {
  assert.equal(periodAt('daily', startMs), '2026-11-24');
  assert.equal(periodAt('monthly', startMs), '2026-11');
  assert.equal(periodEndMs('2026-12-31'), Date.UTC(2027, 0, 1));
  assert.equal(periodEndMs('2026-12'), Date.UTC(2027, 0, 1));
  assert.equal(periodEndMs(periodAt('total', startMs)), Number.POSITIVE_INFINITY);
});
