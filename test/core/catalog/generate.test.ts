import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  formatCatalog,
  generateCatalog,
  generatedFile,
  nextCatalogText,
} from '../../../functions/core/catalog/generate.ts';

const committedText = readFileSync(generatedFile, 'utf8');

test('the committed catalog is what its sources make; npm run catalog makes it anew', () => {
  assert.equal(committedText, formatCatalog(generateCatalog()));
});

test('the version is a digest: equal contents have equal versions', () => {
  const { version } = generateCatalog();
  assert.match(version, /^[0-9a-f]{12}$/);
  assert.equal(generateCatalog().version, version);
});

test('a fourfold price is refused by name with old and new price, unless accepted', () => {
  const generated = generateCatalog();
  const before = structuredClone(generated);
  const model = before.providers.flatMap(({ models = [] }) => models).find(({ id }) => id === 'gpt-4o');
  assert(model?.price);
  model.price.output /= 4;
  const update = (acceptJumps: boolean) => nextCatalogText(formatCatalog(before), generated, acceptJumps);
  assert.throws(() => update(false), /openai:gpt-4o output: 2\.5 -> 10 USD/);
  assert.equal(update(true), committedText);
});
