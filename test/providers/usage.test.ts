import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { builtInCatalog } from '../../functions/core/catalog/built-in-catalog.ts';
import type { Price } from '../../functions/core/catalog/price.ts';
import { noFee } from '../../functions/core/fee.ts';
import { cost } from '../../functions/core/pricing.ts';
import { noUsage, type Usage } from '../../functions/core/usage.ts';
import type { Surface } from '../../functions/providers/surface.ts';
import { surfaceAt, surfacePaths } from '../../functions/providers/surfaces.ts';
import { readStream, toSse } from '../support/sse.ts';
import { anthropicRows } from './usage-rows/anthropic-rows.ts';
import { deepSeekRows, groqRows } from './usage-rows/deepseek-and-groq-rows.ts';
import { googleRows } from './usage-rows/google-rows.ts';
import { openAiChatRows } from './usage-rows/openai-chat-rows.ts';
import { openAiOtherRows } from './usage-rows/openai-other-rows.ts';
import { hyperbolicRows, inceptionRows, inferenceNetRows, openRouterRows } from './usage-rows/prefix-only-rows.ts';
import type { TokenPrice, UsageRow } from './usage-rows/usage-row.ts';

const rows: UsageRow[] = [
  ...openAiChatRows,
  ...openAiOtherRows,
  ...anthropicRows,
  ...googleRows,
  ...deepSeekRows,
  ...groqRows,
  ...openRouterRows,
  ...hyperbolicRows,
  ...inceptionRows,
  ...inferenceNetRows,
];

const surfaces = [...surfacePaths, '/v1/images/generations'].map(path => surfaceAt(path) as Surface);

test('there is a row for every provider and surface', () => {
  assert.ok(rows.length >= 60, `${rows.length} rows`);
  const providers = new Set(rows.map(({ provider }) => provider));
  assert.deepEqual([...providers].sort(), builtInCatalog.providers.map(({ id }) => id).sort());
  assert.deepEqual(new Set(rows.map(({ surface }) => surface)), new Set(surfaces.map(({ name }) => name)));
  for (const { source, what } of rows) assert.match(source, /^https:\/\/[a-z.-]+\.[a-z]+\//, what);
});

for (const row of rows) {
  test(`${row.provider}, ${row.surface}: ${row.what}`, () => {
    const usage = readUsage(row);
    assert.deepEqual(usage, row.usage && { ...noUsage, ...row.usage });
    assert.equal(evaluate(row.sum), row.costNanoUsd, 'the sum is right');
    assert.equal(cost(toPrice(row.price), usage ?? noUsage, noFee).totalNanoUsd, row.costNanoUsd);
  });
}

/** What a count can be that it should not be. */
const oddCount = fc.oneof(
  fc.constantFrom(
    null,
    '12',
    '',
    true,
    [],
    {},
    -1,
    -0,
    0,
    0.5,
    1e9,
    1e9 + 1,
    Number.MAX_SAFE_INTEGER,
    1e308,
    '<left out>',
  ),
  fc.integer(),
  fc.double(),
);

test('whatever takes the place of whichever counts, nothing breaks, and what is believed has a price', () => {
  for (const row of rows) {
    const { answer, events } = row;
    const places = countPlaces({ answer, events });
    if (places.length === 0) continue;
    const changes = fc.array(fc.tuple(fc.nat(places.length - 1), oddCount), { minLength: 1, maxLength: 3 });
    const property = fc.property(changes, changed => {
      const odd = structuredClone({ answer, events });
      for (const [place, value] of changed) setAt(odd, places[place] as string[], value);
      const usage = readUsage({ ...row, ...JSON.parse(JSON.stringify(odd)) });
      if (!usage) return;
      for (const count of Object.values(usage)) assert.ok(Number.isSafeInteger(count) && count >= 0);
      const parts =
        usage.cachedInputTokens + usage.cacheWriteTokens + usage.cacheWriteLongTokens + usage.inputAudioTokens;
      assert.ok(parts <= usage.inputTokens && usage.outputAudioTokens <= usage.outputTokens);
      const { totalNanoUsd } = cost(toPrice(row.price), usage, noFee);
      const dearest = Math.max(...Object.values(row.price));
      const tokens = BigInt(usage.inputTokens + usage.outputTokens);
      assert.ok(totalNanoUsd >= 0n && totalNanoUsd <= tokens * BigInt(dearest));
    });
    fc.assert(property, { numRuns: 30 });
  }
});

/** Paths to all numbers in what a provider reports. */
function countPlaces(value: unknown, path: string[] = []): string[][] {
  if (typeof value === 'number') return path.some(name => /usage/.test(name)) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => countPlaces(inner, [...path, name]));
}

function setAt(value: object, path: string[], content: unknown): void {
  const names = [...path];
  const last = names.pop() as string;
  const parent = names.reduce(
    (inner, name) => inner[name] as Record<string, unknown>,
    value as Record<string, unknown>,
  );
  if (content === '<left out>') delete parent[last];
  else parent[last] = content;
}

function readUsage({ surface: name, answer, events }: UsageRow): Usage | undefined {
  const surface = surfaces.find(surface => surface.name === name) as Surface;
  return answer ? surface.readAnswer(answer).usage : readStream(surface, [Buffer.from(toSse(events ?? []))]).usage;
}

function toPrice({ input, output, ...others }: TokenPrice): Price {
  const perMillion = (value: number) => BigInt(value) * 1_000_000n;
  const classes = Object.entries(others).map(([name, value]) => [name, perMillion(value)]);
  return { ...Object.fromEntries(classes), input: perMillion(input), output: perMillion(output), tiers: [] };
}

function evaluate(sum: string): bigint {
  return sum
    .split(' + ')
    .map(product => product.split(' × ').map(BigInt) as [bigint, bigint])
    .reduce((total, [tokens, price]) => total + tokens * price, 0n);
}
