import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentile } from './processes.ts';

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(percentile(values, 0.5), 51);
  assert.equal(percentile(values, 0.99), 100);
  assert.equal(percentile([7], 0.5), 7);
});
