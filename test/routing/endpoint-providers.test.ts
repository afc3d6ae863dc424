import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogCollision } from '../../functions/core/catalog/catalog.ts';
import { endpointCatalog } from './endpoint.ts';

function modelOf(yaml: string, name: string) {
  const [candidate] = endpointCatalog(yaml).candidatesNamed(name);
  assert(candidate, `nothing matches ${name}`);
  return candidate;
}

test('a policy changes what the catalog says of a provider and a model, and keeps the rest', () => {
  const { provider, model } = modelOf(
    `providers:
  - id: second
    id_aliases: [zweite]
    base_url: https://other.example/v1
    metadata: { region: eu }
    models:
      - id: shared
        id_aliases: [team-model]
        metadata: { tier: gold }
        max_context_window: 1000
        supported_features: [vision]
        unsupported_params: [{ name: logit_bias }]`,
    'zweite:team-model',
  );
  assert.equal(provider.id, 'beta');
  assert.equal(provider.baseUrl, 'https://other.example/v1');
  assert.equal(provider.managed, true);
  assert.deepEqual(provider.metadata, { region: 'eu' });
  assert.deepEqual(
    [model.id, model.contextWindow, model.features, model.metadata, model.unsupportedParams, model.custom],
    ['shared', 1000, ['vision'], { tier: 'gold' }, ['logit_bias'], undefined],
  );
  assert.equal(model.price?.input, 1_000_000_000n, 'the price stays the catalog’s');
});

test('a model that the catalog does not have is added to its provider, as custom', () => {
  const { model } = modelOf(
    'providers: [{ id: alpha, models: [{ id: a-9, author_id: me, max_output_tokens: 5 }] }]',
    'a-9',
  );
  assert.deepEqual([model.custom, model.known, model.authorId, model.outputTokensMax], [true, undefined, 'me', 5]);
  assert.equal(endpointCatalog().candidatesNamed('a-9').length, 0, 'other endpoints do not have it');
});

const surfaces: [what: string, declared: string, expected: string[]][] = [
  ['nothing', '', ['chat-completions', 'completions', 'responses', 'embeddings']],
  ['a format', '[{ format: anthropic }]', ['messages']],
  [
    'both formats',
    '[{ format: openai }, { format: anthropic }]',
    ['chat-completions', 'completions', 'responses', 'embeddings', 'messages'],
  ],
  ['one surface', '[{ format: openai, surface: chat-completions }]', ['chat-completions', 'completions', 'embeddings']],
];
for (const [what, declared, expected] of surfaces) {
  test(`an own provider that declares ${what} serves ${expected.join(', ')}`, () => {
    const declaration = declared && `, supported_api_surfaces: ${declared}`;
    const yaml = `providers: [{ id: mine, base_url: "https://mine.example", models: [{ id: m }]${declaration} }]`;
    assert.deepEqual(modelOf(yaml, 'm').model.surfaces, expected);
  });
}

test('supported parameters are kept for each surface', () => {
  const yaml = `providers:
  - id: mine
    base_url: https://mine.example
    models: [{ id: m }]
    supported_api_surfaces:
      - { format: openai, surface: chat-completions, supported_params: [{ name: model }, { name: messages }] }
      - { format: openai, surface: responses, supported_params: [] }`;
  assert.deepEqual(modelOf(yaml, 'm').provider.supportedParams, { 'chat-completions': ['model', 'messages'] });
});

test('names that mean two things are refused, naming both', () => {
  assert.throws(() => endpointCatalog('providers: [{ id: beta }, { id: second }]'), CatalogCollision);
  assert.throws(
    () => endpointCatalog('providers: [{ id: alpha, models: [{ id: a-9, id_aliases: [a-one] }] }]'),
    /models "a-9" and "a-1" of "alpha" share the name "a-one"/,
  );
});
