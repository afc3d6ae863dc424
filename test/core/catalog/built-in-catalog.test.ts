import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInCatalog as catalog } from '../../../functions/core/catalog/built-in-catalog.ts';
import type { Model } from '../../../functions/core/catalog/catalog.ts';
import { parseUsd } from '../../../functions/core/money.ts';
import { modelAliases, modelTable, providerNames } from './product-names.ts';

function modelNamed(name: string): Model {
  const [model] = catalog.modelsNamed(name);
  assert(model, `nothing is named ${name}`);
  return model;
}

for (const [id, aliases, baseUrl] of providerNames) {
  test(`provider ${id} is known by each of its names, in any case`, () => {
    for (const name of [id, ...aliases, id.toUpperCase()]) assert.equal(catalog.provider(name)?.id, id, name);
    assert.equal(catalog.provider(id)?.baseUrl, baseUrl);
  });
}

test('openai and anthropic have managed keys, and anthropic speaks both formats', () => {
  assert.deepEqual(
    catalog.providers.filter(provider => provider.managed).map(provider => provider.id),
    ['anthropic', 'openai'],
  );
  assert.deepEqual(
    catalog.providers.filter(provider => provider.formats.includes('anthropic')).map(provider => provider.id),
    ['anthropic'],
  );
  assert.deepEqual(catalog.provider('anthropic')?.formats, ['openai', 'anthropic']);
});

for (const [providerId, rows] of Object.entries(modelTable)) {
  test(`every model of ${providerId} in the product's table is here, with at least its limits and modalities`, () => {
    for (const [name, contextWindow, outputTokensMax, modalities] of rows) {
      const model = catalog.model(providerId, name);
      assert(model, name);
      assert.equal(catalog.model(providerId, name.toUpperCase()), model);
      assert((model.contextWindow ?? 0) >= contextWindow, `${name} has a context window of ${model.contextWindow}`);
      assert((model.outputTokensMax ?? 0) >= outputTokensMax, `${name} gives ${model.outputTokensMax} tokens`);
      for (const modality of modalities.split('+'))
        assert((model.inputModalities as string[]).includes(modality), name);
    }
  });
}

for (const [name, aliases] of Object.entries(modelAliases)) {
  test(`${name} has the aliases of the product`, () => {
    const model = modelNamed(name);
    for (const alias of aliases) {
      for (const spelling of [alias, alias.toUpperCase()])
        assert.deepEqual(catalog.modelsNamed(spelling), [model], spelling);
    }
  });
}

test('retired models resolve, so that old samples run', () => {
  assert.equal(modelNamed('claude-3-5-sonnet-latest').id, 'claude-3-5-sonnet-20241022');
  for (const name of [
    'claude-3-5-sonnet-20241022',
    'claude-3-5-haiku-latest',
    'claude-3-opus-latest',
    'gpt-3.5-turbo',
  ]) {
    assert(modelNamed(name).deprecated, name);
  }
});

test('the id is the name that the provider knows: Groq has llama-3.3 without an author', () => {
  assert.equal(modelNamed('meta-llama/llama-3.3-70b-versatile').id, 'llama-3.3-70b-versatile');
  assert.equal(modelNamed('kimi-k2').id, 'moonshotai/kimi-k2-instruct-0905');
});

test('every author of a model is listed', () => {
  const authors = new Set(catalog.authors.map(author => author.id));
  for (const model of catalog.models) assert(authors.has(model.authorId ?? ''), model.id);
});

test('within a provider, models that are retired come last, so that nobody gets one by default', () => {
  for (const provider of catalog.providers) {
    const flags = catalog.models.filter(model => model.providerId === provider.id).map(model => model.deprecated);
    assert.deepEqual(
      flags,
      flags.toSorted((a, b) => Number(a) - Number(b)),
      provider.id,
    );
  }
});

const surfaces: [name: string, surfaces: string[]][] = [
  ['gpt-4o', ['chat-completions', 'responses']],
  ['gpt-5.4-pro', ['responses']],
  ['gpt-5.3-codex', ['responses']],
  ['o3-deep-research', ['responses']],
  ['gpt-3.5-turbo-instruct', ['completions']],
  ['text-embedding-3-small', ['embeddings']],
  ['claude-haiku-4-5', ['messages', 'chat-completions']],
  ['gemini-2.5-pro', ['chat-completions']],
  ['deepseek-chat', ['chat-completions']],
  ['openai/gpt-oss-120b', ['chat-completions']],
];
for (const [name, expected] of surfaces) {
  test(`${name} answers on ${expected.join(' and ')}`, () => assert.deepEqual(modelNamed(name).surfaces, expected));
}

/** USD per million tokens, from the providers' price lists: input, cached input, output. */
const prices: [name: string, input: string, cachedInput: string, output: string][] = [
  ['gpt-4o', '2.5', '1.25', '10'],
  ['gpt-4o-mini', '0.15', '0.075', '0.6'],
  ['gpt-4.1', '2', '0.5', '8'],
  ['gpt-5', '1.25', '0.125', '10'],
  ['o3', '2', '0.5', '8'],
  ['gpt-5.4', '2.5', '0.25', '15'],
  ['claude-haiku-4-5', '1', '0.1', '5'],
  ['claude-sonnet-4-5', '3', '0.3', '15'],
  ['claude-opus-4-6', '5', '0.5', '25'],
  ['claude-3-5-haiku', '0.8', '0.08', '4'],
  ['gemini-2.5-pro', '1.25', '0.125', '10'],
  ['gemini-2.5-flash', '0.3', '0.03', '2.5'],
];
for (const [name, input, cachedInput, output] of prices) {
  test(`${name} costs ${input}, ${cachedInput} cached and ${output} USD`, () => {
    const { price } = modelNamed(name);
    assert.equal(price?.input, parseUsd(input));
    assert.equal(price?.cachedInput, parseUsd(cachedInput));
    assert.equal(price?.output, parseUsd(output));
  });
}

test('Anthropic charges cache writes 1.25 times input for five minutes and twice for an hour', () => {
  const { price } = modelNamed('claude-sonnet-4-6');
  assert.equal(price?.cacheWrite, parseUsd('3.75'));
  assert.equal(price?.cacheWriteLong, parseUsd('6'));
  for (const model of catalog.models.filter(({ providerId }) => providerId === 'anthropic')) {
    assert.equal(model.price?.cacheWriteLong, (model.price?.input ?? 0n) * 2n, model.id);
  }
});

test('long-context prices are tiers', () => {
  assert.deepEqual(modelNamed('gemini-2.5-pro').price?.tiers, [
    { aboveInputTokens: 200_000, input: parseUsd('2.5'), cachedInput: parseUsd('0.25'), output: parseUsd('15') },
  ]);
  assert.deepEqual(modelNamed('gpt-5.4').price?.tiers, [
    { aboveInputTokens: 271_999, input: parseUsd('5'), cachedInput: parseUsd('0.5'), output: parseUsd('22.5') },
  ]);
  assert.equal(modelNamed('claude-sonnet-4-5').price?.tiers[0]?.aboveInputTokens, 200_000);
  assert.deepEqual(modelNamed('claude-opus-4-6').price?.tiers, []);
});

const imageTokens: [name: string, tokens: number | null][] = [
  ['gpt-4o', 85 + 8 * 170],
  ['gpt-4o-mini', 2_833 + 8 * 5_667],
  ['o3', 75 + 8 * 150],
  ['gpt-5.4', 10_000 * 1.2 + 1],
  ['gpt-5.6-sol', 30_000 * 1.2 + 1],
  ['claude-haiku-4-5', 1_632],
  ['claude-opus-4-7', 4_848],
  ['gemini-3.8-flash', 2_240],
  ['gemini-2.5-pro', null],
  ['gpt-5.4-pro', null],
];
for (const [name, tokens] of imageTokens) {
  test(`a picture costs at most ${tokens ?? 'an unknown number of'} tokens on ${name}`, () =>
    assert.equal(modelNamed(name).imageTokensMax, tokens));
}
