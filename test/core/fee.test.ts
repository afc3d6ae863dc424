import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feeFor, parseFee } from '../../functions/core/fee.ts';

const fees: [text: string, parts: bigint | undefined, perMillion: bigint | undefined][] = [
  ['5%', 50_000n, 0n],
  ['0.05/M', 0n, 50_000_000n],
  ['5%+0.05/M', 50_000n, 50_000_000n],
  ['2.5% + 1/M', 25_000n, 1_000_000_000n],
  ['', undefined, undefined],
  ['5', undefined, undefined],
  ['5%0.05/M', undefined, undefined],
  ['-5%', undefined, undefined],
  ['1..2/M', undefined, undefined],
];

test('fees are a percentage, an amount per million tokens, or both', () => {
  for (const [text, partsPerMillion, perMillionTokensNanoUsd] of fees) {
    const expected = partsPerMillion === undefined ? undefined : { partsPerMillion, perMillionTokensNanoUsd };
    assert.deepEqual(parseFee(text), expected, text);
  }
});

test('a fee is rounded up once', () => {
  // 5 % of 1,001 nano-USD is 50.05; 3 tokens at 50,000,000 per million are 150: together 200.05.
  assert.equal(feeFor({ partsPerMillion: 50_000n, perMillionTokensNanoUsd: 50_000_000n }, 1_001n, 3n), 201n);
});
