import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { CircuitLimits } from '../../functions/core/circuit.ts';
import { Circuits } from '../../functions/store/circuits.ts';
import { StoreError } from '../../functions/store/dynamo.ts';
import { startTestStore } from '../support/store.ts';
import { intercept } from '../support/store-faults.ts';

let testStore: Awaited<ReturnType<typeof startTestStore>>;
before(async () => {
  testStore = await startTestStore();
});

const startMs = Date.UTC(2026, 10, 24, 12);
const limits: CircuitLimits = { errorThreshold: 0.5, volumeThreshold: 10, windowMs: 10_000, trippedMs: 10_000 };
let serial = 0;

/** A circuit and processes that share it. */
function newCircuit(processes = 1) {
  const name = `circuit${serial++}`;
  const clock = { nowMs: startMs };
  const circuits = Array.from({ length: processes }, () => new Circuits(testStore.store, () => clock.nowMs));
  const of = (process: number) => circuits[process] as Circuits;
  return {
    clock,
    note: (isFailure: boolean, process = 0) => of(process).note(name, limits, isFailure),
    openFor: (process = 0) => of(process).openFor(name, limits),
  };
}

test('opens when half of ten requests have failed, for as long as was said, and counts afresh then', async () => {
  const { clock, note, openFor } = newCircuit();
  for (let answer = 0; answer < 9; answer++) await note(answer % 2 === 0);
  assert.equal(await openFor(), undefined);
  await note(true);
  assert.equal(await openFor(), 10_000);
  clock.nowMs += 9_999;
  assert.equal(await openFor(), 1);
  clock.nowMs += 1;
  assert.equal(await openFor(), undefined);
  await note(true);
  assert.equal(await openFor(), undefined);
});

test('stays closed while fewer than half fail, and when failures are older than the window', async () => {
  const { clock, note, openFor } = newCircuit();
  for (let answer = 0; answer < 30; answer++) await note(answer % 3 === 0);
  assert.equal(await openFor(), undefined);

  const other = newCircuit();
  for (let answer = 0; answer < 9; answer++) await other.note(true);
  other.clock.nowMs += 10_000;
  await other.note(true);
  assert.equal(await other.openFor(), undefined);
  assert.equal(clock.nowMs, startMs);
});

test('processes count together, and each knows within a second', async () => {
  const { clock, note, openFor } = newCircuit(3);
  assert.equal(await openFor(2), undefined);
  await Promise.all(Array.from({ length: 12 }, (_, answer) => note(true, answer % 2)));
  clock.nowMs += 1_000;
  for (const process of [0, 1, 2]) assert.equal(await openFor(process), 9_000);
});

test('60 answers at once are all counted', async () => {
  const { note, openFor } = newCircuit(3);
  // 29 of 60 fail, and then one more: were any lost, it would open earlier, later or not at all.
  const strict = { ...limits, volumeThreshold: 61, errorThreshold: 30 / 61 };
  const circuits = [0, 1, 2].map(() => new Circuits(testStore.store, () => startMs));
  const answers = Array.from({ length: 60 }, (_, answer) =>
    (circuits[answer % 3] as Circuits).note('many', strict, answer < 29),
  );
  await Promise.all(answers);
  assert.equal(await circuits[0]?.openFor('many', strict), undefined);
  await circuits[0]?.note('many', strict, true);
  assert.equal(await circuits[0]?.openFor('many', strict), 10_000);
  await note(false);
  assert.equal(await openFor(), undefined);
});

test('what a request costs: a write, and a read at most once a second; nothing while open', async () => {
  const { clock, note, openFor } = newCircuit();
  await openFor();
  await note(true);
  const counts: Record<string, number> = {};
  const stop = intercept(testStore.store.dynamo, ({ name }, send) => {
    counts[name] = (counts[name] ?? 0) + 1;
    return send();
  });
  for (let request = 0; request < 5; request++) {
    await openFor();
    await note(false);
  }
  assert.deepEqual(counts, { UpdateItemCommand: 5 });
  clock.nowMs += 1_000;
  await openFor();
  await openFor();
  assert.deepEqual(counts, { UpdateItemCommand: 5, GetItemCommand: 1 });
  for (let request = 0; request < 9; request++) await note(true);
  const before = { ...counts };
  for (let request = 0; request < 5; request++, clock.nowMs += 1_500) assert.notEqual(await openFor(), undefined);
  assert.deepEqual(counts, before);
  stop();
});

test('a store that does not answer is an error', async () => {
  const { note, openFor } = newCircuit();
  const stop = intercept(testStore.store.dynamo, () => Promise.reject(new Error('no luck')));
  await assert.rejects(openFor(), StoreError);
  await assert.rejects(note(true), StoreError);
  stop();
});
