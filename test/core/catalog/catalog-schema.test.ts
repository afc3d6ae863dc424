import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import data from '../../../functions/core/catalog/catalog.generated.json' with { type: 'json' };

const name = z.string().trim().min(1);
const names = z.array(name);
const positive = z.int().positive();
const price = z.int().nonnegative();
const classes = {
  input: price.positive(),
  output: price,
  cachedInput: price.optional(),
  cacheWrite: price.optional(),
  cacheWriteLong: price.optional(),
  inputAudio: price.optional(),
  cachedInputAudio: price.optional(),
  outputAudio: price.optional(),
};
const modalities = z.array(z.enum(['text', 'image', 'audio', 'video', 'file'])).min(1);

const model = z.strictObject({
  id: name,
  aliases: names.optional(),
  authorId: name,
  displayName: name,
  deprecated: z.boolean().optional(),
  inputModalities: modalities,
  features: z.array(z.enum(['tool-calling', 'reasoning', 'vision', 'coding'])),
  contextWindow: positive,
  outputTokensMax: z.int().nonnegative(),
  surfaces: z.array(z.enum(['chat-completions', 'completions', 'responses', 'embeddings', 'messages'])).min(1),
  price: z
    .strictObject({
      ...classes,
      tiers: z.array(z.strictObject({ aboveInputTokens: positive, ...classes })).optional(),
    })
    .nullable(),
  imageTokensMax: positive.optional(),
});

const catalog = z.strictObject({
  version: z.string().regex(/^[0-9a-f]{12}$/),
  authors: z.array(z.strictObject({ id: name, aliases: names, displayName: name })),
  providers: z.array(
    z.strictObject({
      id: name,
      aliases: names.optional(),
      displayName: name,
      baseUrl: z.url({ protocol: /^https$/ }),
      formats: z.array(z.enum(['openai', 'anthropic'])).optional(),
      managed: z.boolean().optional(),
      managedMembers: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.boolean()]))).optional(),
      outputLimit: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
      keyPrefixes: z.array(z.string().min(3)).optional(),
      models: z.array(model),
    }),
  ),
});

const { providers } = catalog.parse(data);
const models = providers.flatMap(provider => provider.models);

test('the generated catalog has the form it should, and no more', () => {
  assert(catalog.safeParse(data).success);
  assert(models.length > 80);
});

test('only embeddings give no tokens, and only they give them for nothing', () => {
  for (const { id, surfaces, outputTokensMax, price } of models) {
    const isEmbedding = surfaces.includes('embeddings');
    assert.equal(outputTokensMax === 0, isEmbedding, id);
    if (price) assert.equal(price.output === 0, isEmbedding, id);
  }
});

test('no answer is longer than the context window', () => {
  for (const { id, contextWindow, outputTokensMax } of models) assert(outputTokensMax <= contextWindow, id);
});

test('what has a bound for pictures takes pictures', () => {
  for (const { id, imageTokensMax, inputModalities } of models) {
    if (imageTokensMax) assert(inputModalities.includes('image'), id);
  }
});

test('tiers rise, cost no less than what is below them, and cached input never costs more than input', () => {
  for (const { id, price } of models) {
    let below = { aboveInputTokens: 0, input: 0, output: 0, ...price };
    for (const tier of price?.tiers ?? []) {
      assert(
        tier.aboveInputTokens > below.aboveInputTokens && tier.input >= below.input && tier.output >= below.output,
        id,
      );
      below = { ...below, ...tier };
    }
    if (price?.cachedInput !== undefined) assert(price.cachedInput <= price.input, id);
  }
});

test('everything a managed key may use has a price', () => {
  const managed = providers.filter(provider => provider.managed).flatMap(provider => provider.models);
  for (const { id, price } of managed) assert(price, id);
});
