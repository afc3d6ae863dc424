import assert from 'node:assert/strict';
import { test } from 'node:test';
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
});

for (const row of rows) {
  test(`${row.provider}, ${row.surface}: ${row.what}`, () => {
    const usage = readUsage(row);
    assert.deepEqual(usage, row.usage && { ...noUsage, ...row.usage });
    assert.equal(evaluate(row.sum), row.costNanoUsd, 'the sum is right');
    assert.equal(cost(toPrice(row.price), usage ?? noUsage, noFee).totalNanoUsd, row.costNanoUsd);
  });
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
