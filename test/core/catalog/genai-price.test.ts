import assert from 'node:assert/strict';
import { test } from 'node:test';
import { laterPriceChanges, priceFromGenai } from '../../../functions/core/catalog/genai-price.ts';

const day = '2026-06-01';

test('decimal dollars become exact nano-USD', () => {
  const dollars = { input_mtok: 0.15, cache_read_mtok: 0.003625, output_mtok: 1.1 };
  assert.deepEqual(priceFromGenai(dollars, day), { input: 150_000_000, cachedInput: 3_625_000, output: 1_100_000_000 });
});

test('every class of token has its own price', () => {
  const dollars = {
    input_mtok: 1,
    output_mtok: 2,
    cache_read_mtok: 3,
    cache_write_mtok: 4,
    cache_write_1h_mtok: 5,
    input_audio_mtok: 6,
    cache_audio_read_mtok: 7,
    output_audio_mtok: 8,
  };
  assert.deepEqual(priceFromGenai(dollars, day), {
    input: 1e9,
    output: 2e9,
    cachedInput: 3e9,
    cacheWrite: 4e9,
    cacheWriteLong: 5e9,
    inputAudio: 6e9,
    cachedInputAudio: 7e9,
    outputAudio: 8e9,
  });
});

test('a tier states every class, those that do not change included', () => {
  const dollars = {
    input_mtok: { base: 2, tiers: [{ start: 200_000, price: 4 }] },
    output_mtok: {
      base: 12,
      tiers: [
        { start: 400_000, price: 30 },
        { start: 200_000, price: 18 },
      ],
    },
    cache_read_mtok: 0.2,
  };
  assert.deepEqual(priceFromGenai(dollars, day), {
    input: 2e9,
    output: 12e9,
    cachedInput: 0.2e9,
    tiers: [
      { aboveInputTokens: 200_000, input: 4e9, output: 18e9, cachedInput: 0.2e9 },
      { aboveInputTokens: 400_000, input: 4e9, output: 30e9, cachedInput: 0.2e9 },
    ],
  });
});

test('a price that begins on a day holds from that day on', () => {
  const dollars = [
    { prices: { input_mtok: 1, output_mtok: 1 } },
    {
      constraint: { type: 'start_date' as const, start_date: '2026-06-01' },
      prices: { input_mtok: 2, output_mtok: 2 },
    },
    {
      constraint: { type: 'start_date' as const, start_date: '2026-06-02' },
      prices: { input_mtok: 3, output_mtok: 3 },
    },
  ];
  assert.equal(priceFromGenai(dollars, '2026-05-31')?.input, 1e9);
  assert.equal(priceFromGenai(dollars, day)?.input, 2e9);
  assert.deepEqual(laterPriceChanges(dollars, day), ['2026-06-02']);
});

test('a price that depends on the hour is the dearest of all hours, class by class', () => {
  const dollars = [
    { prices: { input_mtok: 1, output_mtok: 9, cache_read_mtok: 0.5 } },
    { constraint: { type: 'time_of_date' as const }, prices: { input_mtok: 2, output_mtok: 3 } },
  ];
  assert.deepEqual(priceFromGenai(dollars, day), { input: 2e9, output: 9e9, cachedInput: 0.5e9 });
});

test('a model that only takes input has output 0', () => {
  assert.deepEqual(priceFromGenai({ input_mtok: 0.02 }, day), { input: 20_000_000, output: 0 });
});

test('a model without a price per token has none', () => {
  assert.equal(priceFromGenai({}, day), null);
  assert.equal(priceFromGenai({ web_searches_kcount: 10 }, day), null);
});

test('a class that the catalog does not know is refused rather than given away', () => {
  assert.throws(
    () => priceFromGenai({ input_mtok: 1, output_mtok: 1, output_video_mtok: 17.5 }, day),
    /"output_video_mtok"/,
  );
});

test('a price finer than a nano-USD is refused', () => {
  assert.throws(() => priceFromGenai({ input_mtok: 1.0000000001, output_mtok: 1 }, day), RangeError);
});
