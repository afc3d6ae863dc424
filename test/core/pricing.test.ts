import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Price } from '../../functions/core/catalog/price.ts';
import { noFee } from '../../functions/core/fee.ts';
import { cost, costBound } from '../../functions/core/pricing.ts';
import { noUsage, type Usage, usageFrom } from '../../functions/core/usage.ts';

/** $3 in, $15 out, $0.30 cached, $3.75 and $6 cache writes; above 200,000 tokens of input everything doubles but the caches. */
const price: Price = {
  input: 3_000_000_000n,
  output: 15_000_000_000n,
  cachedInput: 300_000_000n,
  cacheWrite: 3_750_000_000n,
  cacheWriteLong: 6_000_000_000n,
  tiers: [{ aboveInputTokens: 200_000, input: 6_000_000_000n, output: 30_000_000_000n }],
};

test('every class of tokens has its own price', () => {
  const usage: Usage = {
    ...noUsage,
    inputTokens: 1_000,
    cachedInputTokens: 400,
    cacheWriteTokens: 100,
    cacheWriteLongTokens: 200,
    outputTokens: 10,
  };
  // 300 × 3,000 + 400 × 300 + 100 × 3,750 + 200 × 6,000 + 10 × 15,000
  const expected = 900_000n + 120_000n + 375_000n + 1_200_000n + 150_000n;
  assert.equal(cost(price, usage, noFee).totalNanoUsd, expected);
});

test('classes without a price cost what the tokens they belong to cost', () => {
  const plain: Price = { input: 1_000_000n, output: 2_000_000n, tiers: [] };
  const usage = {
    ...noUsage,
    inputTokens: 10,
    cachedInputTokens: 5,
    inputAudioTokens: 5,
    outputTokens: 4,
    outputAudioTokens: 4,
  };
  assert.equal(cost(plain, usage, noFee).totalNanoUsd, 10n + 8n);
});

test('part of a nano-USD is rounded up once', () => {
  const cheap: Price = { input: 1n, output: 1n, tiers: [] };
  assert.equal(cost(cheap, { ...noUsage, inputTokens: 1, outputTokens: 1 }, noFee).totalNanoUsd, 1n);
});

test('a long context costs its tier for the whole request', () => {
  const usage = { ...noUsage, inputTokens: 200_001, outputTokens: 1 };
  assert.equal(cost(price, usage, noFee).totalNanoUsd, 200_001n * 6_000n + 30_000n);
  assert.equal(cost(price, { ...usage, inputTokens: 200_000 }, noFee).totalNanoUsd, 200_000n * 3_000n + 15_000n);
});

test('the fee is charged on top and shown apart', () => {
  const fee = { partsPerMillion: 50_000n, perMillionTokensNanoUsd: 1_000_000n };
  const usage = { ...noUsage, inputTokens: 100, outputTokens: 100 };
  const { upstreamNanoUsd, feeNanoUsd, totalNanoUsd } = cost(price, usage, fee);
  assert.equal(upstreamNanoUsd, 100n * 3_000n + 100n * 15_000n);
  assert.equal(feeNanoUsd, upstreamNanoUsd / 20n + 200n);
  assert.equal(totalNanoUsd, upstreamNanoUsd + feeNanoUsd);
});

test('no usage within a bound costs more than the bound', () => {
  const tokens = fc.integer({ min: 0, max: 300_000 });
  const usage = fc.record({
    inputTokens: fc.integer({ min: 1, max: 300_000 }),
    cachedInputTokens: tokens,
    cacheWriteTokens: tokens,
    cacheWriteLongTokens: tokens,
    outputTokens: tokens,
    reasoningTokens: tokens,
  });
  const fee = { partsPerMillion: 12_345n, perMillionTokensNanoUsd: 777n };
  fc.assert(
    fc.property(usage, tokens, tokens, (reported, moreInput, moreOutput) => {
      const used = usageFrom(reported) as Usage;
      const bound = { inputTokens: used.inputTokens + moreInput, outputTokens: used.outputTokens + moreOutput };
      assert.ok(cost(price, used, fee).totalNanoUsd <= costBound(price, bound, fee));
    }),
  );
});
