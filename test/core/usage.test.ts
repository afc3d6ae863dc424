import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noUsage, type Usage, usageFrom } from '../../functions/core/usage.ts';

type Reported = Parameters<typeof usageFrom>[0];

const whole = { inputTokens: 100, outputTokens: 50 };

const cases: [what: string, reported: Reported, usage: Partial<Usage> | undefined][] = [
  ['both wholes', whole, whole],
  ['an answer of no tokens', { inputTokens: 100, outputTokens: 0 }, { inputTokens: 100 }],
  ['a prompt of no tokens', { inputTokens: 0, outputTokens: 50 }, undefined],
  ['nothing but zeros', { inputTokens: 0, outputTokens: 0 }, undefined],
  ['nothing', {}, undefined],
  ['only the input', { inputTokens: 100 }, undefined],
  ['only the output', { outputTokens: 50 }, undefined],
  ['null', { inputTokens: null, outputTokens: null }, undefined],
  ['a negative whole', { inputTokens: -1, outputTokens: 50 }, undefined],
  ['half a token', { inputTokens: 100, outputTokens: 0.5 }, undefined],
  ['numbers as text', { inputTokens: '100', outputTokens: '50' }, undefined],
  ['more than any model takes', { inputTokens: 1_000_000_001, outputTokens: 50 }, undefined],
  ['infinitely many', { inputTokens: 100, outputTokens: Number.POSITIVE_INFINITY }, undefined],
  ['no number', { inputTokens: Number.NaN, outputTokens: 50 }, undefined],
  ['an absurd part is no part', { ...whole, cachedInputTokens: -7, reasoningTokens: 'x' }, whole],
  ['a part larger than its whole', { ...whole, cachedInputTokens: 900 }, { ...whole, cachedInputTokens: 100 }],
  [
    'parts that are together larger than their whole: the cheaper ones come first',
    { ...whole, cachedInputTokens: 60, cacheWriteLongTokens: 20, cacheWriteTokens: 30, inputAudioTokens: 10 },
    { ...whole, cachedInputTokens: 60, cacheWriteLongTokens: 20, cacheWriteTokens: 20 },
  ],
  [
    'reasoning and sound may overlap: only sound has a price of its own',
    { ...whole, reasoningTokens: 50, outputAudioTokens: 60 },
    { ...whole, reasoningTokens: 50, outputAudioTokens: 50 },
  ],
];

for (const [what, reported, usage] of cases) {
  test(`reported: ${what}`, () => assert.deepEqual(usageFrom(reported), usage && { ...noUsage, ...usage }));
}

test('parts never exceed their whole, whatever was reported', () => {
  const count = fc.oneof(fc.nat(1_000), fc.integer(), fc.double(), fc.jsonValue());
  const reported = fc.record(Object.fromEntries(Object.keys(noUsage).map(name => [name, count])));
  fc.assert(
    fc.property(reported, reported => {
      const usage = usageFrom(reported);
      if (!usage) return;
      for (const tokens of Object.values(usage)) assert.ok(Number.isSafeInteger(tokens) && tokens >= 0);
      const parts = usage.cachedInputTokens + usage.cacheWriteTokens + usage.cacheWriteLongTokens;
      assert.ok(parts + usage.inputAudioTokens <= usage.inputTokens);
      assert.ok(usage.reasoningTokens <= usage.outputTokens && usage.outputAudioTokens <= usage.outputTokens);
    }),
    { numRuns: 1_000 },
  );
});
