import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CatalogData } from '../../../functions/core/catalog/catalog.ts';
import type { PriceData } from '../../../functions/core/catalog/price-data.ts';
import { priceJumps } from '../../../functions/core/catalog/price-jumps.ts';

function catalogWith(price: PriceData | null): CatalogData {
  return { version: '', authors: [], providers: [{ id: 'p', models: [{ id: 'm', price }] }] };
}

const before: PriceData = {
  input: 1e9,
  cachedInput: 0.1e9,
  output: 5e9,
  tiers: [{ aboveInputTokens: 200, input: 2e9, cachedInput: 0.2e9, output: 7e9 }],
};

const changes: [what: string, after: PriceData | null, jumps: string[]][] = [
  ['nothing', before, []],
  ['exactly threefold', { ...before, input: 3e9 }, []],
  ['fourfold', { ...before, output: 20e9 }, ['p:m output: 5 -> 20 USD']],
  ['a quarter', { ...before, input: 0.25e9 }, ['p:m input: 1 -> 0.25 USD']],
  ['free', { ...before, output: 0 }, ['p:m output: 5 -> 0 USD']],
  ['a class that is gone', { ...before, cachedInput: undefined }, ['p:m cachedInput: 0.1 -> 1 USD']],
  ['a class that is new', { ...before, inputAudio: 10e9 }, ['p:m inputAudio: 1 -> 10 USD']],
  [
    'a dearer tier',
    { ...before, tiers: [{ aboveInputTokens: 200, input: 9e9, cachedInput: 0.2e9, output: 7e9 }] },
    ['p:m input above 200 tokens: 2 -> 9 USD'],
  ],
  ['a tier that is gone', { ...before, tiers: [] }, []],
  ['no price', null, ['p:m: the price is gone']],
];
for (const [what, after, jumps] of changes) {
  test(`${what}: ${jumps.length === 0 ? 'no jump' : jumps[0]}`, () => {
    assert.deepEqual(priceJumps(catalogWith(before), catalogWith(after)), jumps);
  });
}

test('models that are new or gone are no jumps', () => {
  const empty: CatalogData = { version: '', authors: [], providers: [] };
  assert.deepEqual(priceJumps(empty, catalogWith(before)), []);
  assert.deepEqual(priceJumps(catalogWith(before), empty), []);
  assert.deepEqual(priceJumps(catalogWith(null), catalogWith(before)), []);
});
