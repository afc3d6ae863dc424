import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentile, steadyPercentile } from './statistics.ts';

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(percentile(values, 0.5), 51);
  assert.equal(percentile(values, 0.99), 100);
  assert.equal(percentile([7], 0.5), 7);
});

test('a disturbance in one part of a run does not move the steady percentile', () => {
  const calm = Array.from({ length: 500 }, (_, index) => index % 100);
  const disturbed = calm.map((value, index) => (index >= 200 && index < 260 ? value + 1_000 : value));
  assert.equal(steadyPercentile(calm, 0.99), 99);
  assert.equal(steadyPercentile(disturbed, 0.99), 99);
  assert.equal(steadyPercentile(disturbed, 0.5), 50);
});

test('a short run is one part', () => {
  assert.equal(steadyPercentile([3, 1, 2], 0.5), 2);
});
