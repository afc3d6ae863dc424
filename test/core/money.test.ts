import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divideRoundingUp, formatUsd, parseUsd } from '../../functions/core/money.ts';

test('shows at least two decimals and never rounds', () => {
  assert.equal(formatUsd(5_000_000_000n), '5.00');
  assert.equal(formatUsd(1_500_000_000n), '1.50');
  assert.equal(formatUsd(1n), '0.000000001');
  assert.equal(formatUsd(-20_300_000n), '-0.0203');
  assert.equal(formatUsd(0n), '0.00');
});

test('reads back what it shows', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 10n ** 20n), amount => {
      assert.equal(parseUsd(formatUsd(amount)), amount);
    }),
  );
});

test('refuses everything that is not a plain decimal', () => {
  for (const text of [
    '',
    '-1',
    '+1',
    '1e3',
    'NaN',
    'Infinity',
    '1e309',
    '5,00',
    '$5',
    '5 USD',
    '.5',
    '5.',
    ' 5',
    '0.0000000001',
  ]) {
    assert.equal(parseUsd(text), undefined, text);
  }
});

test('rounds part of a nano-USD up', () => {
  assert.equal(divideRoundingUp(10n, 5n), 2n);
  assert.equal(divideRoundingUp(11n, 5n), 3n);
  assert.equal(divideRoundingUp(0n, 5n), 0n);
});
