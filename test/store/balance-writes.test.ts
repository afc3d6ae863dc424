import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { type Balance, brokenRules, emptyBalance } from '../../functions/core/balance.ts';
import { addLot } from '../../functions/core/balance-events.ts';
import { type BalanceTable, openBalanceTable } from '../../functions/store/balance-table.ts';
import * as writes from '../../functions/store/balance-writes.ts';
import { applyWrite } from '../support/apply-write.ts';
import { type RandomStep, randomStep, startSeconds, writeFor } from '../support/random-writes.ts';
import { startTestStore } from '../support/store.ts';

let testStore: Awaited<ReturnType<typeof startTestStore>>;
let table: BalanceTable;

before(async () => {
  testStore = await startTestStore();
  table = openBalanceTable(testStore.store);
});

function* writesOf(
  steps: RandomStep[],
): Generator<{ write: writes.BalanceWrite; after: Balance; isFresh: boolean }, void, Balance> {
  let nowSeconds = startSeconds;
  const states: Balance[] = [yield* firstLot()];
  for (const [serial, step] of steps.entries()) {
    nowSeconds += step.waitSeconds;
    const state = states.at(-1 - step.stale) ?? emptyBalance();
    const made = writeFor(step, state, nowSeconds, serial);
    if (made) states.push(yield { ...made, isFresh: state === states.at(-1) });
  }
}

function* firstLot(): Generator<{ write: writes.BalanceWrite; after: Balance; isFresh: boolean }, Balance, Balance> {
  yield { write: writes.openBalance(emptyBalance()), after: emptyBalance(), isFresh: true };
  const lot = { id: 'lot_first', category: 'promotional' as const, amountNanoUsd: 500_000n };
  const added = addLot(emptyBalance(), { ...lot, expiresAtSeconds: startSeconds + 40 }, 'digest', startSeconds);
  assert.ok(added.status === 'added');
  return yield { write: writes.addLot(emptyBalance(), added.balance, lot.id), after: added.balance, isFresh: true };
}

test('a write does what its transition says, and a write made from an old state breaks no rule', () => {
  fc.assert(
    fc.property(fc.array(randomStep, { minLength: 5, maxLength: 60 }), steps => {
      let balance: Balance | undefined;
      const source = writesOf(steps);
      for (let next = source.next(); !next.done; next = source.next(balance as Balance)) {
        const { write, after: expected, isFresh } = next.value;
        const written = applyWrite<Balance>(balance, write);
        if (isFresh) assert.equal(written === undefined, balance === expected, `${write.what} is refused`);
        if (isFresh && written) assert.deepEqual(written, expected, write.what);
        balance = written ?? balance;
        assert.deepEqual(balance && brokenRules(balance), []);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('DynamoDB takes a write exactly when memory does, and makes the same of it', async () => {
  let account = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(randomStep, { minLength: 10, maxLength: 40 }), async steps => {
      const accountId = `ac_${account++}`;
      let balance: Balance | undefined;
      const source = writesOf(steps);
      for (let next = source.next(); !next.done; next = source.next(balance as Balance)) {
        const { write } = next.value;
        const inMemory = applyWrite<Balance>(balance, write);
        const answer = await table.write(accountId, 1, write);
        assert.equal(answer !== undefined, inMemory !== undefined, write.what);
        balance = inMemory ?? balance;
        assert.deepEqual(await table.read(accountId, 1), balance, write.what);
        for (const [field, value] of Object.entries(answer ?? {}))
          assert.equal(balance?.[field as keyof Balance], value);
      }
    }),
    { numRuns: 25 },
  );
});

test('nothing but one module knows where balances lie, and nothing but another where limits do', () => {
  const folder = join(import.meta.dirname, '../../functions');
  const writers = globSync('**/*.ts', { cwd: folder }).flatMap(file => {
    const source = readFileSync(join(folder, file), 'utf8').replaceAll(/\/\*\*.*?\*\//gs, '');
    return /`(BALANCE|LIMIT)#|\bbalanceKey\(/.test(source) ? file : [];
  });
  assert.deepEqual(writers.sort(), ['store/balance-item.ts', 'store/balance-table.ts', 'store/limit-table.ts']);
  const updates = readFileSync(join(folder, 'store/balance-table.ts'), 'utf8').match(/UpdateItemCommand\(/g);
  assert.equal(updates?.length, 1, 'each transition is one conditional write');
});
