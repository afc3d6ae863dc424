import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvaluationError, WrongResultError } from '../../functions/policy/expressions/expression-error.ts';
import { surfaceAt } from '../../functions/providers/surfaces.ts';
import { candidateName } from '../../functions/routing/endpoint-catalog.ts';
import { resolveCandidates } from '../../functions/routing/resolve-candidates.ts';
import type { ModelSelector } from '../../functions/routing/selectors.ts';
import { endpointCatalog } from './endpoint.ts';

function resolve(modelNames: string[], yaml = '{}', selectors: ModelSelector[] = [], path = '/v1/chat/completions') {
  const surface = surfaceAt(path);
  assert(surface);
  const resolution = resolveCandidates({ surface, modelNames }, endpointCatalog(yaml), selectors);
  return { ...resolution, names: resolution.candidates.map(candidateName) };
}

/** A strategy that returns the models of these names, in this order. */
function choosing(...ids: string[]): ModelSelector {
  return { source: ids.join(), select: models => ids.flatMap(id => models.filter(model => model.id === id)) };
}

const names: [what: string, asked: string[], expected: string[]][] = [
  ['an id', ['a-1'], ['alpha:a-1']],
  ['an alias becomes the id', ['a-one'], ['alpha:a-1']],
  ['any case', ['A-ONE', 'SECOND:B-1'], ['alpha:a-1', 'beta:b-1']],
  ['an id of two providers, by alphabet', ['shared'], ['alpha:shared', 'beta:shared']],
  ['a prefix chooses one of them', ['beta:shared'], ['beta:shared']],
  ['a provider’s alias as prefix', ['first:shared'], ['alpha:shared']],
  ['slashes in ids', ['team/a-2', 'alpha:team/a-2'], ['alpha:team/a-2']],
  ['an unknown model of a known provider is passed through', ['alpha:new:v2/x'], ['alpha:new:v2/x']],
  ['several names in the client’s order, each once', ['b-1', 'a-1', 'beta:b-1'], ['beta:b-1', 'alpha:a-1']],
  ['what is unknown among what is known', ['nothing', 'a-1'], ['alpha:a-1']],
  [
    'nothing: everything of the format, by provider',
    [],
    ['alpha:a-1', 'alpha:shared', 'alpha:team/a-2', 'beta:shared', 'beta:b-1'],
  ],
];
for (const [what, asked, expected] of names) {
  test(`resolves ${what}`, () => assert.deepEqual(resolve(asked).names, expected));
}

test('a passed-through name is not known, and keeps its case', () => {
  const [candidate] = resolve(['Alpha:New-Model']).candidates;
  assert.equal(candidate?.model.known, false);
  assert.equal(candidate?.model.id, 'New-Model');
});

const refusals: [what: string, asked: string[], yaml: string, code: string, type: string, message: RegExp][] = [
  ['an unknown name', ['nothing'], '{}', 'ERR_NGROK_3804', 'model_unknown', /"nothing"/],
  ['an unknown prefix', ['nosuch:foo'], '{}', 'ERR_NGROK_3804', 'model_unknown', /"nosuch:foo"/],
  ['a prefix without a name', ['alpha:'], '{}', 'ERR_NGROK_3804', 'model_unknown', /"alpha:"/],
  ['slash instead of colon', ['alpha/a-1'], '{}', 'ERR_NGROK_3804', 'model_unknown', /"alpha\/a-1"/],
  [
    'another provider than configured',
    ['beta:b-1'],
    'only_allow_configured_providers: true\nproviders: [{ id: alpha }]',
    'ERR_NGROK_3804',
    'provider_not_allowed',
    /provider not allowed: "beta".*only_allow_configured_providers/,
  ],
  [
    'another model than listed',
    ['shared'],
    'only_allow_configured_models: true\nproviders: [{ id: alpha, models: [{ id: a-1 }] }]',
    'ERR_NGROK_3804',
    'model_not_allowed',
    /model unknown: "alpha:shared".*only_allow_configured_models/,
  ],
  [
    'a name passed through although models are restricted',
    ['alpha:new'],
    'only_allow_configured_models: true\nproviders: [{ id: alpha, models: [{ id: a-1 }] }]',
    'ERR_NGROK_3804',
    'model_not_allowed',
    /"alpha:new"/,
  ],
  [
    'a disabled provider',
    ['alpha:a-1'],
    'providers: [{ id: alpha, disabled: true }]',
    'ERR_NGROK_3804',
    'model_unknown',
    /disabled/,
  ],
  [
    'a disabled model',
    ['a-1'],
    'providers: [{ id: alpha, models: [{ id: a-one, disabled: true }] }]',
    'ERR_NGROK_3804',
    'model_unknown',
    /"alpha:a-1" is disabled/,
  ],
];
for (const [what, asked, yaml, code, type, message] of refusals) {
  test(`refuses ${what}, naming it`, () => {
    const { error, candidates, rejected } = resolve(asked, yaml);
    assert.deepEqual([error?.code, error?.type, error?.status], [code, type, 422]);
    assert.match(error?.message ?? '', message);
    assert.deepEqual(candidates, []);
    assert.equal(rejected.length, new Set(rejected.map(({ model }) => model)).size);
  });
}

test('allowing only configured providers keeps all their models, and names passed through to them', () => {
  const yaml = 'only_allow_configured_providers: true\nproviders: [{ id: first }]';
  assert.deepEqual(resolve(['shared', 'alpha:new'], yaml).names, ['alpha:shared', 'alpha:new']);
  assert.deepEqual(resolve([], yaml).names, ['alpha:a-1', 'alpha:shared', 'alpha:team/a-2']);
});

test('allowing only listed models leaves a provider that lists none with nothing', () => {
  const yaml = 'only_allow_configured_models: true\nproviders: [{ id: alpha }, { id: beta, models: [{ id: shared }] }]';
  assert.deepEqual(resolve([], yaml).names, ['beta:shared']);
});

test('configured providers come first, in the policy’s order', () => {
  const yaml = `providers:
  - id: own-2
    base_url: https://two.example
    models: [{ id: shared }]
  - id: second
  - id: own-1
    base_url: https://one.example
    models: [{ id: shared }]`;
  assert.deepEqual(resolve(['shared'], yaml).names, ['own-2:shared', 'beta:shared', 'own-1:shared', 'alpha:shared']);
});

test('an own provider may carry the alias of a catalog provider: the prefix then means both', () => {
  const yaml =
    'providers: [{ id: beta-eu, id_aliases: [beta], base_url: "https://eu.example/v1", models: [{ id: b-1 }] }]';
  assert.deepEqual(resolve(['beta:b-1'], yaml).names, ['beta-eu:b-1', 'beta:b-1']);
});

test('a model id with a colon is found as it is, and behind its provider', () => {
  const yaml = 'providers: [{ id: ollama, base_url: "https://ollama.internal", models: [{ id: "llama3.2:1b" }] }]';
  assert.deepEqual(resolve(['llama3.2:1b'], yaml).names, ['ollama:llama3.2:1b']);
  assert.deepEqual(resolve(['ollama:llama3.2:1b'], yaml).names, ['ollama:llama3.2:1b']);
});

test('a path in another format refuses models that do not speak it', () => {
  const { error } = resolve(['a-1'], '{}', [], '/v1/messages');
  assert.equal(error?.code, 'ERR_NGROK_3813');
  assert.match(error?.message ?? '', /"alpha:a-1".*anthropic/);
  assert.deepEqual(resolve(['a-1', 'c-1'], '{}', [], '/v1/messages').names, ['claudia:c-1']);
  assert.deepEqual(resolve([], '{}', [], '/v1/messages/count_tokens').names, ['claudia:c-1']);
});

test('the first strategy with a result wins, and orders when the client named nothing', () => {
  const result = resolve([], '{}', [choosing(), choosing('b-1', 'a-1'), choosing('shared')]);
  assert.deepEqual(result.names, ['beta:b-1', 'alpha:a-1']);
  assert.deepEqual(result.selections, [
    { strategy: '', returned: [], toTry: [] },
    { strategy: 'b-1,a-1', returned: ['beta:b-1', 'alpha:a-1'], toTry: ['beta:b-1', 'alpha:a-1'] },
  ]);
});

test('strategies rule out what the client named, and never add or reorder', () => {
  assert.deepEqual(resolve(['a-1', 'b-1'], '{}', [choosing('b-1', 'shared', 'a-1')]).names, ['alpha:a-1', 'beta:b-1']);
  const missed = resolve(['a-1'], '{}', [choosing('b-1')]);
  assert.equal(missed.error?.code, 'ERR_NGROK_3805');
  assert.deepEqual(missed.selections[0]?.returned, ['beta:b-1']);
});

test('strategies see only what is allowed, in the right format, and what is passed through', () => {
  let seen: string[] = [];
  const all: ModelSelector = {
    source: 'all',
    select: models => {
      seen = models.map(({ id }) => id);
      return models;
    },
  };
  const yaml =
    'only_allow_configured_providers: true\nproviders: [{ id: beta, models: [{ id: b-1, disabled: true }] }]';
  resolve(['beta:new'], yaml, [all]);
  assert.deepEqual(seen, ['shared', 'new']);
});

const failures: [error: Error, code: string][] = [
  [new EvaluationError('No such key: x'), 'ERR_NGROK_3803'],
  [new WrongResultError('a string'), 'ERR_NGROK_3806'],
];
for (const [thrown, code] of failures) {
  test(`a strategy that fails with ${thrown.constructor.name} is ${code} and stops there`, () => {
    const failing: ModelSelector = {
      source: 'bad',
      select() {
        throw thrown;
      },
    };
    const { error, selections } = resolve(['a-1'], '{}', [failing, choosing('a-1')]);
    assert.deepEqual([error?.code, error?.status], [code, 422]);
    assert.match(error?.message ?? '', /"bad".*(No such key: x|a string)/);
    assert.equal(selections.length, 1);
  });
}

test('a bug in a strategy is no mistake of the policy', () => {
  const broken: ModelSelector = {
    source: 'broken',
    select() {
      throw new TypeError('undefined is not a function');
    },
  };
  assert.throws(() => resolve(['a-1'], '{}', [broken]), TypeError);
});

test('without a model, a path that may do without one goes to the configured providers', () => {
  const yaml = 'providers: [{ id: beta }, { id: claudia }]';
  assert.deepEqual(resolve([], yaml, [], '/v1/moderations').names, ['beta:']);
  assert.equal(resolve([], '{}', [], '/v1/moderations').error?.code, 'ERR_NGROK_3804');
  assert.deepEqual(resolve(['alpha:img-1'], '{}', [], '/v1/images/generations').names, ['alpha:img-1']);
});
