import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aggregate, noGroup, otherGroup } from '../../functions/core/aggregate.ts';

function copy(aggregate: Aggregate): Aggregate {
  return Aggregate.parse(JSON.stringify(aggregate));
}

test('what is stored comes back: counts, money beyond a double, latencies, quotas', () => {
  const aggregate = new Aggregate();
  for (const tally of [aggregate.total, aggregate.group('model', 'gpt-4o')]) {
    tally.add('requests', 3);
    tally.addFailure('rateLimit');
    tally.costNanoUsd += 2n ** 60n + 1n;
    tally.addLatency('total', 120);
    tally.noteQuota({ remaining_requests: 1, remaining_tokens: null, limit_requests: 9, limit_tokens: null }, 5);
  }
  const back = copy(aggregate);
  assert.deepEqual(back, aggregate);
  assert.equal(back.total.count('errors'), 1);
  assert.equal(back.total.count('rateLimit'), 1);
  assert.equal(back.group('model', 'gpt-4o').costNanoUsd, 2n ** 60n + 1n);
});

test('merging adds what is there and makes what is not; the later quota counts', () => {
  const quota = { remaining_requests: 1, remaining_tokens: null, limit_requests: 9, limit_tokens: null };
  const one = new Aggregate();
  one.group('key', 'aigk_1').add('requests', 1);
  one.group('key', 'aigk_1').noteQuota(quota, 10);
  const other = new Aggregate();
  other.group('key', 'aigk_1').add('requests', 2);
  other.group('key', 'aigk_1').noteQuota({ ...quota, remaining_requests: 7 }, 5);
  other.group('key', 'aigk_2').add('requests', 4);
  one.merge(copy(other));
  assert.equal(one.group('key', 'aigk_1').count('requests'), 3);
  assert.equal(one.group('key', 'aigk_1').quota?.remaining_requests, 1);
  assert.equal(one.group('key', 'aigk_2').count('requests'), 4);
});

test('groups beyond the limit share one, and nothing is lost', () => {
  const aggregate = new Aggregate();
  for (let index = 0; index < 300; index++) aggregate.group('model', `model-${index}`).add('requests', 1);
  const groups = aggregate.groups('model');
  assert.equal(groups.size, 201);
  assert.equal(groups.get(otherGroup)?.count('requests'), 100);
  aggregate.group('model', 'model-0').add('requests', 1);
  assert.equal(groups.get('model-0')?.count('requests'), 2);
});

test('any name can be a group: an empty one counts as none, a long one is cut, and __proto__ is a name', () => {
  const aggregate = new Aggregate();
  aggregate.group('model', '').add('requests', 1);
  aggregate.group('model', 'm'.repeat(500)).add('requests', 1);
  aggregate.group('model', '__proto__').add('requests', 1);
  const names = [...copy(aggregate).groups('model').keys()];
  assert.deepEqual(names.toSorted(), ['__proto__', 'm'.repeat(128), noGroup].toSorted());
});

test('an aggregate with every group it may have fits into an item', () => {
  const aggregate = new Aggregate();
  const fill = (dimension: 'attempts' | 'keyAttempts') => {
    for (let index = 0; index < 200; index++) {
      const tally = aggregate.group(dimension, `${index}${'m'.repeat(200)}`);
      for (const name of ['gateway', 'firstToken', 'total', 'perToken'] as const) {
        for (let value = 1; value < 900_000; value *= 1.3) tally.addLatency(name, Math.round(value));
      }
      tally.add('inputTokens', 2 ** 40);
    }
  };
  fill('attempts');
  fill('keyAttempts');
  assert.ok(JSON.stringify(aggregate).length < 300_000, String(JSON.stringify(aggregate).length));
});
