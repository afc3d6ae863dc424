import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noFee } from '../../functions/core/fee.ts';
import { cost, costLines } from '../../functions/core/pricing.ts';
import { usageFrom } from '../../functions/core/usage.ts';
import { candidatesOf, formatMillionths, ledgerOf } from '../../functions/observability/request-story.ts';
import { usageRecord } from '../support/usage-records.ts';

const attempt = { keySource: 'managed', status: 200, totalMs: 10 } as const;

test('each candidate says what became of it: refused, failed, served, not reached', () => {
  const record = usageRecord(0, {
    provider: 'openai',
    model: 'b',
    attempts: [
      { ...attempt, provider: 'openai', model: 'a', status: 500, failure: 'http', error: 'HTTP 500' },
      { ...attempt, provider: 'openai', model: 'b' },
    ],
    resolution: {
      asked: ['x', 'a', 'b', 'c', 'd'],
      candidates: ['openai:a', 'openai:d', 'openai:b', 'openai:c'],
      rejected: [
        { model: 'x', reason: 'model unknown' },
        { model: 'openai:d', reason: 'no key' },
      ],
      selections: [],
    },
  });
  assert.deepEqual(candidatesOf(record), [
    { model: 'openai:a', result: 'failed', reason: 'HTTP 500' },
    { model: 'openai:d', result: 'rejected', reason: 'no key' },
    { model: 'openai:b', result: 'served', reason: 'answered at attempt 2' },
    { model: 'openai:c', result: 'not_reached', reason: 'a candidate before it answered' },
    { model: 'x', result: 'rejected', reason: 'model unknown' },
  ]);
});

test('the ledger of a request adds up to minus its cost, and one without a hold has none', () => {
  const rows = ledgerOf(usageRecord(0, { heldNanoUsd: '5000', costNanoUsd: '1200' }));
  assert.deepEqual(
    rows.map(({ kind, amount_nano_usd }) => [kind, amount_nano_usd]),
    [
      ['hold', '-5000'],
      ['release', '5000'],
      ['charge', '-1200'],
    ],
  );
  assert.equal(ledgerOf(usageRecord(0, { costNanoUsd: '0', outcome: 'abandoned' })).at(-1)?.kind, 'abandoned');
  assert.deepEqual(ledgerOf({ ...usageRecord(0), heldNanoUsd: undefined as never }), []);
});

test('the lines of a cost, rounded up once, are the cost', () => {
  const tokens = fc.nat(1_000_000);
  const price = {
    input: 150_000_001n,
    output: 600_000_003n,
    cachedInput: 75_000_007n,
    cacheWrite: 187_500_009n,
    tiers: [],
  };
  fc.assert(
    fc.property(tokens, tokens, tokens, tokens, (inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens) => {
      const usage = usageFrom({ inputTokens: inputTokens + 1, cachedInputTokens, cacheWriteTokens, outputTokens });
      assert.ok(usage);
      const lines = costLines(price, usage);
      const millionths = lines.reduce((sum, line) => sum + BigInt(line.tokens) * BigInt(line.nanoUsdPerMillion), 0n);
      const { upstreamNanoUsd } = cost(price, usage, noFee);
      assert.equal((millionths + 999_999n) / 1_000_000n, upstreamNanoUsd);
    }),
  );
});

test('amounts below a nano-USD are shown to the last digit', () => {
  assert.equal(formatMillionths(0n), '0.00');
  assert.equal(formatMillionths(1n), '0.000000000000001');
  assert.equal(formatMillionths(1_500_000_000_000_000n), '1.50');
});
