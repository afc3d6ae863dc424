import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Price } from '../../functions/core/catalog/price.ts';
import { noFee } from '../../functions/core/fee.ts';
import { cost, costBound, outputTokensWithin } from '../../functions/core/pricing.ts';
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

const nanoUsd = fc.bigInt({ min: 0n, max: 200_000_000_000n });
const otherClasses = fc.record(
  {
    cachedInput: nanoUsd,
    cacheWrite: nanoUsd,
    cacheWriteLong: nanoUsd,
    inputAudio: nanoUsd,
    cachedInputAudio: nanoUsd,
    outputAudio: nanoUsd,
  },
  { requiredKeys: [] },
);
const classes = fc
  .tuple(nanoUsd, nanoUsd, otherClasses)
  .map(([input, output, others]) => ({ ...others, input, output }));
const tokens = fc.integer({ min: 0, max: 300_000 });
const anyPrice: fc.Arbitrary<Price> = fc
  .tuple(classes, fc.array(fc.tuple(tokens, classes), { maxLength: 3 }))
  .map(([base, tiers]) => ({
    ...base,
    tiers: tiers.sort(([a], [b]) => a - b).map(([aboveInputTokens, prices]) => ({ aboveInputTokens, ...prices })),
  }));
const anyFee = fc.record({
  partsPerMillion: fc.bigInt({ min: 0n, max: 500_000n }),
  perMillionTokensNanoUsd: fc.bigInt({ min: 0n, max: 100_000_000n }),
});
const reportedUsage = fc.record({
  inputTokens: fc.integer({ min: 1, max: 300_000 }),
  cachedInputTokens: tokens,
  cacheWriteTokens: tokens,
  cacheWriteLongTokens: tokens,
  inputAudioTokens: tokens,
  outputTokens: tokens,
  reasoningTokens: tokens,
  outputAudioTokens: tokens,
});

test('no usage within a bound costs more than the bound', () => {
  fc.assert(
    fc.property(anyPrice, anyFee, reportedUsage, tokens, tokens, (anyOf, fee, reported, moreInput, moreOutput) => {
      const used = usageFrom(reported) as Usage;
      const bound = { inputTokens: used.inputTokens + moreInput, outputTokens: used.outputTokens + moreOutput };
      assert.ok(cost(anyOf, used, fee).totalNanoUsd <= costBound(anyOf, bound, fee));
    }),
    { numRuns: 2_000 },
  );
});

test('classes that cannot occur make no bound dearer, and no usage without them costs more', () => {
  const without = ['inputAudio', 'cachedInputAudio', 'outputAudio', 'cacheWriteLong'] as const;
  const none = { inputAudioTokens: 0, outputAudioTokens: 0, cacheWriteLongTokens: 0 };
  fc.assert(
    fc.property(anyPrice, anyFee, reportedUsage, (anyOf, fee, reported) => {
      const used = usageFrom({ ...reported, ...none }) as Usage;
      const bound = costBound(anyOf, { ...used, without }, fee);
      assert.ok(cost(anyOf, used, fee).totalNanoUsd <= bound);
      assert.ok(bound <= costBound(anyOf, used, fee));
    }),
    { numRuns: 1_000 },
  );
});

test('a bound is reckoned with the dearest class and tier that apply', () => {
  // Above 200,000 tokens of input, an input token costs 6,000, as much as one in the hour's cache, and one of output 30,000.
  const long = costBound(price, { inputTokens: 200_001, outputTokens: 10 }, noFee);
  assert.equal(long, 200_001n * 6_000n + 10n * 30_000n);
  const short = { inputTokens: 1_000, outputTokens: 10 };
  assert.equal(costBound(price, short, noFee), 1_000n * 6_000n + 10n * 15_000n);
  assert.equal(costBound(price, { ...short, without: ['cacheWriteLong'] }, noFee), 1_000n * 3_750n + 10n * 15_000n);
});

test('the output that an amount covers is all that it covers', () => {
  const amounts = fc.bigInt({ min: 0n, max: 10n ** 14n });
  fc.assert(
    fc.property(anyPrice, anyFee, tokens, tokens, amounts, (anyOf, fee, inputTokens, most, amountNanoUsd) => {
      const bound = { inputTokens, outputTokens: most };
      const covered = outputTokensWithin(anyOf, bound, fee, amountNanoUsd);
      const costOf = (outputTokens: number) => costBound(anyOf, { inputTokens, outputTokens }, fee);
      if (covered === undefined) return assert.ok(costOf(0) > amountNanoUsd);
      assert.ok(covered <= most && costOf(covered) <= amountNanoUsd);
      if (covered < most) assert.ok(costOf(covered + 1) > amountNanoUsd);
    }),
    { numRuns: 1_000 },
  );
});
