import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileModelStrategy } from '../../../functions/policy/expressions/compile-strategy.ts';
import { EvaluationError } from '../../../functions/policy/expressions/expression-error.ts';
import { metricsOfAllScopes, select } from './ai-fixture.ts';

/** Conditions that `gpt-big` alone fulfils. */
const fields = [
  "m.id == 'gpt-big'",
  "m.id_aliases == ['gpt-large']",
  "m.provider_id == 'openai' && m.id == 'gpt-big'",
  "m.provider_id_aliases == ['open-ai'] && m.description != '' && m.known",
  "m.author_id == 'openai' && m.max_output_tokens > 0",
  "m.author_id_aliases == ['OpenAI-Inc'] && m.max_output_tokens > 0",
  "m.display_name == 'GPT Big'",
  "m.description == 'The big one'",
  "m.known && !m.custom && m.quantization != ''",
  "'image' in m.input_modalities",
  "'audio' in m.output_modalities",
  "'vision' in m.supported_features",
  'm.max_context_window > 300000',
  'm.max_context_window == 400000',
  'm.max_context_window >= 400000.0',
  'm.max_output_tokens == 100000u',
  'm.parameter_count > 60000000000',
  "m.quantization == 'fp8'",
  "m.data_training_policy == 'never'",
  "m.data_retention_policy == 'zero'",
  'm.data_retention_days < 30',
  'm.data_retention_days != null',
  "m.datacenters.exists(d, d.country_code == 'IE' && d.region == 'eu-west-1')",
  'size(m.datacenters) == 2',
  'm.metadata.sla.hours == 4',
  'm.metadata.sla.weight == 0.5',
  "m.metadata['sla']['hours'] > 3",
  "m['metadata'].sla.hours == 4",
  "m.metadata.tags[1] == 'new'",
  "'fast' in m.metadata.tags",
  'm.pricing.input == 5',
  'm.pricing.input > 4.9 && m.pricing.input < 5.1',
  'm.pricing.output == 15.0 && m.pricing.input == 5.0',
  'm.pricing.text.input > 4',
  'm.pricing.text.output - m.pricing.text.input == 10.0',
  'm.pricing.text.input_cache_read == 0.5',
  'm.pricing.text.input_cache_write == 6.25',
  'm.pricing.text.input_batch == null && m.pricing.text.output_batch == null && m.pricing.input == 5.0',
  'm.pricing.tools.web_search.per_search_call == null && m.pricing.input == 5.0',
  'm.pricing.tools.code_interpreter.per_execution_call == null && m.pricing.input == 5.0',
  'm.pricing.tools.file_search.per_storage_gb == null && m.pricing.input == 5.0',
  'm.pricing.tools.image_generation.per_image_generation == null && m.pricing.input == 5.0',
];

for (const condition of fields) {
  test(`reads ${condition}`, () => assert.deepEqual(select(`ai.models.filter(m, ${condition})`), ['gpt-big']));
}

test('prices are the nearest doubles', () => {
  assert.deepEqual(select('ai.models.filter(m, m.pricing.input == 0.15 && m.pricing.output == 0.6)'), ['gpt-small']);
});

test("model metadata replaces the provider's key by key", () => {
  assert.deepEqual(select("ai.models.filter(m, m.metadata.sla.tier == 'gold')"), ['gpt-small', 'gpt-next']);
});

test('metadata that a model does not have reads as null, however deep', () => {
  assert.deepEqual(select("ai.models.filter(m, m.metadata.sla.hours.x['y'][3] != null)"), []);
  assert.deepEqual(select('ai.models.filter(m, m.metadata.region == null)'), ['claude-mid']);
  assert.deepEqual(select("ai.models.filter(m, m.getMetadata('sla.hours.x') == null)").length, 5);
  assert.deepEqual(select('ai.models.filter(m, has(m.metadata.a.b.c))'), []);
  for (const test of ["contains('a')", "startsWith('')", "endsWith('')", "matches('')"]) {
    assert.deepEqual(select(`ai.models.filter(m, m.metadata.nothing.${test})`), [], test);
  }
  assert.deepEqual(select("ai.models.filter(m, m.metadata.region.startsWith('u'))"), [
    'gpt-big',
    'gpt-small',
    'gpt-next',
  ]);
  assert.deepEqual(
    select("ai.models.filter(m, m.metadata.constructor != null || m.getMetadata('__proto__.x') != null)"),
    [],
  );
});

/** For `llama` and `gpt-next`, whose prices are not known. */
const unknownNumbers: [condition: string, ids: string[]][] = [
  ['m.pricing.input < 1', ['gpt-small']],
  ['m.pricing.input >= 0', ['gpt-big', 'gpt-small', 'claude-mid']],
  ['!(m.pricing.input >= 0)', ['llama', 'gpt-next']],
  ['m.pricing.input == null', ['llama', 'gpt-next']],
  ['m.pricing.input + m.pricing.output * 2 < 100', ['gpt-big', 'gpt-small', 'claude-mid']],
  ['1 - m.pricing.input / 2.0 == null', ['llama', 'gpt-next']],
  ['m.max_context_window == null', ['gpt-next']],
  ['m.max_context_window % 1000 == 0', ['gpt-big', 'gpt-small', 'claude-mid']],
  ['m.max_context_window <= m.max_output_tokens', []],
];

for (const [condition, ids] of unknownNumbers) {
  test(`a number that is not known compares as false: ${condition}`, () => {
    assert.deepEqual(select(`ai.models.filter(m, ${condition})`), ids);
  });
}

const metricFields: [field: string, value: string][] = [
  ['provider', "'openai'"],
  ['model', "'gpt-big'"],
  ['start_time', '1700000000'],
  ['end_time', '1700000600'],
  ['latency.gateway_ms_avg', '2'],
  ['latency.gateway_ms_p95', '5'],
  ['latency.upstream_ms_avg', '800'],
  ['latency.upstream_ms_p95', '2000'],
  ['latency.time_to_first_token_ms_avg', '120'],
  ['latency.time_to_first_token_ms_p95', '300'],
  ['latency.time_per_output_token_ms_avg', 'null'],
  ['latency.time_per_output_token_ms_p95', 'null'],
  ['error_rate.total', '0.2'],
  ['error_rate.timeout', '0.05'],
  ['error_rate.rate_limit', '0.05'],
  ['error_rate.client', '0.025'],
  ['error_rate.server', '0.075'],
];

const tokenFields = ['provider_input', 'provider_output', 'estimated_input', 'estimated_output'];

const scopes: [scope: string, requestCount: number, firstToken: number | undefined][] = [
  ['m.metrics.global', 10, undefined],
  ['m.metrics.region', 11, undefined],
  ['m.metrics.account', 12, 100],
  ['m.metrics.endpoint', 13, 200],
  ["m.metrics.api_keys['aigk_1']", 14, 300],
];

/** Whether a condition holds for a model with metrics in all scopes. */
function holds(condition: string): boolean {
  const metrics = (model: { id: string }) => (model.id === 'gpt-big' ? metricsOfAllScopes : undefined);
  return select(`ai.models.only(['gpt-big']).filter(m, ${condition})`, { metrics }).length === 1;
}

for (const [scope, requestCount, firstToken] of scopes) {
  test(`${scope} has the fields of its scope`, () => {
    assert(holds(`${scope}.request_count == ${requestCount}`));
    for (const [field, value] of metricFields) assert(holds(`${scope}.${field} == ${value}`), field);
    for (const [index, field] of tokenFields.entries()) {
      const condition = `${scope}.token.${field} == ${(firstToken ?? 0) + index}`;
      if (firstToken !== undefined) assert(holds(condition), field);
      else assert.throws(() => holds(condition), /this scope of metrics has no field "token"/);
    }
  });
}

test('a key has its quota, as far as it is known', () => {
  assert(holds("m.metrics.api_keys['aigk_1'].quota.remaining_requests < 10"));
  assert(holds("m.metrics.api_keys['aigk_1'].quota.limit_requests == 60"));
  assert(holds("m.metrics.api_keys['aigk_1'].quota.remaining_tokens == null"));
  assert(!holds("m.metrics.api_keys['aigk_1'].quota.limit_tokens > 0"));
  assert(holds('m.metrics.api_keys.exists(id, m.metrics.api_keys[id].request_count == 14)'));
});

test('a key without metrics is an error, which `in` avoids', () => {
  const unguarded = "m.metrics.api_keys['sk-abc'].request_count > 0";
  assert.throws(() => holds(unguarded), new EvaluationError('No such key: sk-abc'));
  assert.equal(holds(`'sk-abc' in m.metrics.api_keys && ${unguarded}`), false);
  assert.equal(holds("'aigk_1' in m.metrics.api_keys"), true);
});

test('models without history have zero in every metric', () => {
  for (const scope of ['global', 'region', 'account', 'endpoint']) {
    for (const field of ['request_count', 'start_time', 'end_time']) {
      assert.equal(select(`ai.models.filter(m, m.metrics.${scope}.${field} == 0)`).length, 5, field);
    }
    for (const [field] of metricFields.filter(([name]) => name.includes('.'))) {
      assert.equal(select(`ai.models.filter(m, m.metrics.${scope}.${field} == 0)`).length, 5, field);
    }
  }
  for (const field of tokenFields) {
    assert.equal(select(`ai.models.filter(m, m.metrics.account.token.${field} == 0)`).length, 5, field);
  }
  assert.equal(
    select('ai.models.filter(m, m.metrics.global.provider == m.provider_id && m.metrics.global.model == m.id)').length,
    5,
  );
});

test('metrics are asked for only when a strategy reads them', () => {
  const asked: string[] = [];
  const metrics = (model: { id: string }) => {
    asked.push(model.id);
    return undefined;
  };
  select("ai.models.filter(m, m.provider_id == 'home')", { metrics });
  assert.deepEqual(asked, []);
  select("ai.models.filter(m, m.provider_id == 'home' && m.metrics.global.request_count == 0)", { metrics });
  assert.deepEqual(asked, ['llama']);
});

test('numbers of all kinds compare with each other', () => {
  for (const condition of [
    '1 == 1.0',
    '1.0 == 1',
    '1u == 1',
    '1 == 1u',
    '1u == 1.0',
    '1 != 1.5',
    '1u < 1.5',
    '2 > 1.5',
    '1.5 < 2u',
    '1 + 0.5 == 1.5',
    '1.5 - 1 == 0.5',
    '3 * 0.5 == 1.5',
    '3 / 2 == 1',
    '3 / 2.0 == 1.5',
    '3.0 / 2 == 1.5',
  ]) {
    assert.equal(select(`${condition} ? ai.models : []`).length, 5, condition);
  }
  assert.equal(select('1 == 1.5 || 1 != 1.0 || 1u == 2 || 1u == 1.5 ? ai.models : []').length, 0);
});

test('compiling once serves many selections', () => {
  const strategy = compileModelStrategy('ai.models.filter(m, m.known)');
  assert.equal(strategy.source, 'ai.models.filter(m, m.known)');
});
