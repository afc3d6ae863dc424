import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions, topics } from './options.ts';

test('measures everything by default, and without other gateways', () => {
  const { topics: chosen, peers } = readOptions([]);
  assert.deepEqual([...chosen], [...topics]);
  assert.equal(peers, false);
});

test('--only chooses topics, written either way', () => {
  assert.deepEqual([...readOptions(['--only', 'latency,cold-start']).topics], ['latency', 'cold-start']);
  assert.deepEqual([...readOptions(['--only=cpu']).topics], ['cpu']);
});

test('--quick measures less of everything', () => {
  const [quick, whole] = [readOptions(['--quick']).effort, readOptions([]).effort];
  for (const name of Object.keys(whole) as (keyof typeof whole)[]) assert.ok(quick[name] < whole[name], name);
});

test('refuses what it does not know, and names it', () => {
  assert.throws(() => readOptions(['--fast']), /"--fast" is not an option; use --quick, --peers or --only/);
  assert.throws(() => readOptions(['--only', 'latency,warmth']), /"warmth" is no topic/);
  assert.throws(() => readOptions(['--only']), /is no topic/);
});
