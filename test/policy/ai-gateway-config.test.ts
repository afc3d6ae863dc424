import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AiGatewayConfig, ModelConfig, ProviderConfig } from '../../functions/policy/ai-gateway-config.ts';
import { parsePolicy } from '../../functions/policy/parse-policy.ts';
import { configPath, policyWith } from './write-policy.ts';

/** Policies as JSON, which is YAML too, so that tests can compute values. */
function parse(config: unknown, options: Partial<Parameters<typeof parsePolicy>[1]> = {}) {
  const document = { on_http_request: [{ actions: [{ type: 'ai-gateway', config }] }] };
  return parsePolicy(JSON.stringify(document), { allowLoopback: false, ...options });
}

function accepted(config: unknown, options: Partial<Parameters<typeof parsePolicy>[1]> = {}): AiGatewayConfig {
  const parsed = parse(config, options);
  assert('policy' in parsed, JSON.stringify(parsed));
  assert('aiGateway' in parsed.policy);
  return parsed.policy.aiGateway;
}

/** What is told about a config, as `code path` below the config. */
function refused(config: unknown, options: Partial<Parameters<typeof parsePolicy>[1]> = {}): string[] {
  const parsed = parse(config, options);
  assert('problems' in parsed, 'was accepted');
  return parsed.problems.map(({ code, path }) => `${code} ${path.replace(configPath, '').replace(/^\./, '')}`);
}

const own = { id: 'own', base_url: 'https://own.example' };
const provider = (fields: object) => ({ providers: [{ ...own, ...fields }] });
const model = (fields: object) => provider({ models: [{ id: 'm', ...fields }] });
const text = (length: number) => 'a'.repeat(length);
const list = <Item>(length: number, item: (index: number) => Item) => Array.from({ length }, (_, index) => item(index));

const defaults: AiGatewayConfig = {
  on_error: 'halt',
  total_timeout: 360_000,
  per_request_timeout: 180_000,
  providers: [],
  only_allow_configured_providers: false,
  only_allow_configured_models: false,
};

test('no config, an empty one and one of comments only have the defaults, and nothing else', () => {
  for (const config of ['config: {}', 'config:', 'config:\n          # nothing', '']) {
    const parsed = parsePolicy(`on_http_request:\n  - actions:\n      - type: ai-gateway\n        ${config}`, {
      allowLoopback: false,
    });
    assert.deepEqual(parsed, { policy: { aiGateway: defaults } });
  }
});

test('durations become milliseconds', () => {
  const durations: [string, number][] = [
    ['1ms', 1],
    ['50ms', 50],
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['1.1s', 1_100],
    ['0.1h', 360_000],
    ['14m30s', 870_000],
  ];
  for (const [written, ms] of durations) {
    const { total_timeout, per_request_timeout } = accepted({ total_timeout: written, per_request_timeout: written });
    assert.deepEqual({ total_timeout, per_request_timeout }, { total_timeout: ms, per_request_timeout: ms });
  }
});

test('durations are refused when they are none, nothing, or longer than the function runs', () => {
  for (const field of ['total_timeout', 'per_request_timeout']) {
    for (const written of ['soon', '90', '1 m', '', '1s1', 'm', '1µs', text(1_000)]) {
      assert.deepEqual(refused({ [field]: written }), [`ERR_NGROK_2204 ${field}`], written);
    }
    for (const written of ['0s', '-1s', '0.4ms', '870001ms', '14m31s', '15m', '1h', `${'9'.repeat(25)}h`]) {
      assert.deepEqual(refused({ [field]: written }), [`ERR_NGROK_2215 ${field}`], written);
    }
    for (const written of [30, true, [], {}]) {
      assert.deepEqual(refused({ [field]: written }), [`ERR_NGROK_2204 ${field}`]);
    }
  }
});

test('token limits are whole numbers from 1 to 500000', () => {
  for (const field of ['max_input_tokens', 'max_output_tokens'] as const) {
    for (const limit of [1, 500_000]) assert.equal(accepted({ [field]: limit })[field], limit);
    for (const limit of [0, -1, 500_001]) assert.deepEqual(refused({ [field]: limit }), [`ERR_NGROK_2215 ${field}`]);
    for (const limit of [1.5, '1000', true]) assert.deepEqual(refused({ [field]: limit }), [`ERR_NGROK_2204 ${field}`]);
  }
});

test('on_error and the flags take their values and no others', () => {
  assert.equal(accepted({ on_error: 'continue' }).on_error, 'continue');
  assert.deepEqual(refused({ on_error: 'stop' }), ['ERR_NGROK_2222 on_error']);
  for (const flag of ['only_allow_configured_providers', 'only_allow_configured_models'] as const) {
    assert.equal(accepted({ [flag]: true })[flag], true);
    assert.deepEqual(refused({ [flag]: 'true' }), [`ERR_NGROK_2204 ${flag}`]);
    assert.deepEqual(refused({ [flag]: 1 }), [`ERR_NGROK_2204 ${flag}`]);
  }
});

test('headers are those that HTTP can carry and the gateway does not set itself', () => {
  const headers = {
    'X-Team': 'a b, c',
    "!#$%&'*+.^_`|~-": 'é',
    authorization: "Bearer ${secrets.get('v', 'n')}",
    e: '',
  };
  assert.deepEqual(accepted({ headers }).headers, headers);
  const value = (text: string) => refused({ headers: { a: text } });
  for (const bad of ['a\r\nb: c', 'a\nb', '\0', '\x7f', '€', text(4_097)]) assert.equal(value(bad).length, 1);
  assert.deepEqual(value('a\r\nHost: b'), ['ERR_NGROK_2204 headers.a']);
  assert.deepEqual(value(text(4_097)), ['ERR_NGROK_2221 headers.a']);
  for (const name of ['a b', 'a:', 'é', 'a\r\n']) {
    assert.deepEqual(refused({ headers: { [name]: 'x' } }), [`ERR_NGROK_2204 headers[${JSON.stringify(name)}]`]);
  }
  for (const name of ['Host', 'content-length', 'Transfer-Encoding', 'connection', 'accept-encoding', 'te']) {
    assert.deepEqual(refused({ headers: { [name]: 'x' } }), [`ERR_NGROK_2222 headers.${name}`]);
  }
  assert.deepEqual(refused({ headers: { 'X-A': '1', 'x-a': '2' } }), ['ERR_NGROK_2204 headers.x-a']);
  assert.deepEqual(refused({ headers: { a: 1, b: null } }), ['ERR_NGROK_2204 headers.a', 'ERR_NGROK_2223 headers.b']);
  assert.deepEqual(refused({ headers: Object.fromEntries(list(33, index => [`x-${index}`, ''])) }), [
    'ERR_NGROK_2218 headers',
  ]);
});

test('query parameters are texts in one line', () => {
  const query_params = { 'api-version': '2024-06-01', ключ: '€ ${1 + 1}' };
  assert.deepEqual(accepted({ query_params }).query_params, query_params);
  assert.deepEqual(refused({ query_params: { v: 1 } }), ['ERR_NGROK_2204 query_params.v']);
  assert.deepEqual(refused({ query_params: { v: 'a\nb' } }), ['ERR_NGROK_2204 query_params.v']);
  assert.deepEqual(refused({ query_params: { v: '${' } }), ['ERR_NGROK_2224 query_params.v']);
  assert.deepEqual(refused({ query_params: Object.fromEntries(list(33, index => [`q${index}`, ''])) }), [
    'ERR_NGROK_2218 query_params',
  ]);
});

test('body takes anything but the fields that decide where a request goes and how it is answered', () => {
  const body = { temperature: 0.2, top_p: 1, n: null, stop: ['a', "${'b'}"], x: { model: 'nested', 'y.z': [{}] } };
  assert.deepEqual(accepted({ body }).body, body);
  for (const field of ['model', 'models', 'stream']) {
    assert.deepEqual(refused({ body: { [field]: 'x' } }), [`ERR_NGROK_2222 body.${field}`]);
  }
  assert.deepEqual(refused({ body: { a: [{ b: '${' }], 'c.d': '${1 +}' } }), [
    'ERR_NGROK_2224 body.a[0].b',
    'ERR_NGROK_2224 body["c.d"]',
  ]);
  assert.deepEqual(refused({ body: [] }), ['ERR_NGROK_2204 body']);
});

test('strategies are lists of expressions', () => {
  for (const field of ['model_selection', 'api_key_selection'] as const) {
    const strategy = [field === 'model_selection' ? 'ai.models' : 'ai.keys'];
    assert.deepEqual(accepted({ [field]: { strategy } })[field], { strategy });
    assert.deepEqual(refused({ [field]: {} }), [`ERR_NGROK_2234 ${field}.strategy`]);
    assert.deepEqual(refused({ [field]: { strategy: [] } }), [`ERR_NGROK_2223 ${field}.strategy`]);
    assert.deepEqual(refused({ [field]: { strategy: 'ai.models' } }), [`ERR_NGROK_2204 ${field}.strategy`]);
    assert.deepEqual(refused({ [field]: { strategy: [''] } }), [`ERR_NGROK_2223 ${field}.strategy[0]`]);
    assert.deepEqual(refused({ [field]: { strategy: [7] } }), [`ERR_NGROK_2204 ${field}.strategy[0]`]);
    assert.deepEqual(refused({ [field]: { strategy: ['ai.('] } }), [`ERR_NGROK_2200 ${field}.strategy[0]`]);
    assert.deepEqual(refused({ [field]: { strategy: [text(4_097)] } }), [`ERR_NGROK_2221 ${field}.strategy[0]`]);
    assert.deepEqual(refused({ [field]: { strategy: list(33, () => strategy[0]) } }), [
      `ERR_NGROK_2218 ${field}.strategy`,
    ]);
  }
});

test('a provider has every field of its own, and those that are absent stay absent', () => {
  const full: ProviderConfig = {
    id: 'Own-1.x_y',
    id_aliases: ['mine'],
    base_url: 'https://own.example:8443/v1',
    display_name: 'Own',
    description: text(1_024),
    website: 'https://own.example',
    disabled: true,
    metadata: { a: { b: [1, 'c', null] } },
    api_keys: [{ value: 'sk-1' }, { value: "${secrets.get('v', 'n')}" }],
    models: [{ id: 'm' }],
    supported_api_surfaces: [{ format: 'openai' }, { format: 'anthropic', surface: 'messages' }],
  };
  assert.deepEqual(accepted({ providers: [full] }).providers, [full]);
  assert.deepEqual(accepted({ providers: [{ id: 'openai' }] }).providers, [{ id: 'openai' }]);
});

test('a provider is refused for each field by itself', () => {
  const cases: [object, string][] = [
    [{ id: undefined }, 'ERR_NGROK_2234 providers[0].id'],
    [{ id: '' }, 'ERR_NGROK_2223 providers[0].id'],
    [{ id: 7 }, 'ERR_NGROK_2204 providers[0].id'],
    [{ id: 'a:b' }, 'ERR_NGROK_2204 providers[0].id'],
    [{ id: 'a b' }, 'ERR_NGROK_2204 providers[0].id'],
    [{ id: text(256) }, 'ERR_NGROK_2221 providers[0].id'],
    [{ id_aliases: 'mine' }, 'ERR_NGROK_2204 providers[0].id_aliases'],
    [{ id_aliases: ['a:b'] }, 'ERR_NGROK_2204 providers[0].id_aliases[0]'],
    [{ id_aliases: list(51, index => `a${index}`) }, 'ERR_NGROK_2218 providers[0].id_aliases'],
    [{ base_url: `https://own.example/${text(2_048)}` }, 'ERR_NGROK_2221 providers[0].base_url'],
    [{ base_url: null }, 'ERR_NGROK_2223 providers[0].base_url'],
    [{ display_name: text(256) }, 'ERR_NGROK_2221 providers[0].display_name'],
    [{ description: text(1_025) }, 'ERR_NGROK_2221 providers[0].description'],
    [{ website: '' }, 'ERR_NGROK_2223 providers[0].website'],
    [{ disabled: 'no' }, 'ERR_NGROK_2204 providers[0].disabled'],
    [{ metadata: ['a'] }, 'ERR_NGROK_2204 providers[0].metadata'],
    [{ api_keys: {} }, 'ERR_NGROK_2204 providers[0].api_keys'],
    [{ api_keys: [{ value: '' }] }, 'ERR_NGROK_2223 providers[0].api_keys[0].value'],
    [{ api_keys: [{ value: 'sk-1\n' }] }, 'ERR_NGROK_2204 providers[0].api_keys[0].value'],
    [{ api_keys: [{ value: '${' }] }, 'ERR_NGROK_2224 providers[0].api_keys[0].value'],
    [{ api_keys: list(101, () => ({ value: 'sk' })) }, 'ERR_NGROK_2218 providers[0].api_keys'],
    [{ supported_api_surfaces: [{}] }, 'ERR_NGROK_2234 providers[0].supported_api_surfaces[0].format'],
    [{ colour: 'red' }, 'ERR_NGROK_2203 providers[0].colour'],
  ];
  for (const [fields, told] of cases) assert.deepEqual(refused(provider(fields)), [told], JSON.stringify(fields));
  const many = list(101, index => ({ ...own, id: `p${index}` }));
  assert.deepEqual(refused({ providers: many }), ['ERR_NGROK_2218 providers']);
  assert.equal(accepted({ providers: many.slice(1) }).providers.length, 100);
});

test('a model has every field of its own; parameters come out as names, however they were written', () => {
  const full: ModelConfig = {
    id: 'meta-llama/llama3.2:1b',
    id_aliases: ['GPT-5 mini', 'llama'],
    author_id: 'meta',
    display_name: 'Llama',
    description: 'Small',
    disabled: false,
    metadata: { tier: 1 },
    input_modalities: ['text', 'image', 'audio', 'video', 'file'],
    output_modalities: ['text'],
    max_context_window: 100_000_000,
    max_output_tokens: 1,
    supported_features: ['tool-calling'],
    unsupported_params: ['a', 'b'],
  };
  const { providers } = accepted(model({ ...full, unsupported_params: [{ name: 'a' }, 'b'] }));
  assert.deepEqual(providers[0]?.models, [full]);
});

test('a model is refused for each field by itself', () => {
  const cases: [object, string][] = [
    [{ id: undefined }, 'ERR_NGROK_2234 id'],
    [{ id: '' }, 'ERR_NGROK_2223 id'],
    [{ id: ' m' }, 'ERR_NGROK_2204 id'],
    [{ id: 'm\t' }, 'ERR_NGROK_2204 id'],
    [{ id: 'a\u0000b' }, 'ERR_NGROK_2204 id'],
    [{ id: 3.5 }, 'ERR_NGROK_2204 id'],
    [{ id: text(256) }, 'ERR_NGROK_2221 id'],
    [{ id_aliases: [1] }, 'ERR_NGROK_2204 id_aliases[0]'],
    [{ author_id: '' }, 'ERR_NGROK_2223 author_id'],
    [{ disabled: 0 }, 'ERR_NGROK_2204 disabled'],
    [{ metadata: 'eu' }, 'ERR_NGROK_2204 metadata'],
    [{ input_modalities: ['smell'] }, 'ERR_NGROK_2222 input_modalities[0]'],
    [{ output_modalities: 'text' }, 'ERR_NGROK_2204 output_modalities'],
    [{ max_context_window: 0 }, 'ERR_NGROK_2215 max_context_window'],
    [{ max_context_window: 100_000_001 }, 'ERR_NGROK_2215 max_context_window'],
    [{ max_output_tokens: 0.5 }, 'ERR_NGROK_2204 max_output_tokens'],
    [{ supported_features: [''] }, 'ERR_NGROK_2223 supported_features[0]'],
    [{ supported_features: list(51, String) }, 'ERR_NGROK_2218 supported_features'],
    [{ unsupported_params: ['a', {}] }, 'ERR_NGROK_2234 unsupported_params[1].name'],
    [{ unsupported_params: [{ name: 'a', value: 1 }] }, 'ERR_NGROK_2203 unsupported_params[0].value'],
    [{ unsupported_params: [''] }, 'ERR_NGROK_2223 unsupported_params[0]'],
    [{ unsupported_params: [7] }, 'ERR_NGROK_2204 unsupported_params[0]'],
    [{ unsupported_params: list(101, String) }, 'ERR_NGROK_2218 unsupported_params'],
    [{ price: 1 }, 'ERR_NGROK_2203 price'],
  ];
  for (const [fields, told] of cases) {
    const [code, path] = told.split(' ');
    assert.deepEqual(refused(model(fields)), [`${code} providers[0].models[0].${path}`], JSON.stringify(fields));
  }
  const many = list(501, index => ({ id: `m${index}` }));
  assert.deepEqual(refused(provider({ models: many })), ['ERR_NGROK_2218 providers[0].models']);
  assert.equal(accepted(provider({ models: many.slice(1) })).providers[0]?.models?.length, 500);
});

test('surfaces belong to their format, are there once, and only they have supported_params', () => {
  const surfaces = (...supported_api_surfaces: object[]) => provider({ supported_api_surfaces });
  const good = [
    { format: 'openai', surface: 'chat-completions', supported_params: [{ name: 'model' }, 'messages'] },
    { format: 'openai', surface: 'responses', supported_params: [] },
    { format: 'anthropic' },
  ];
  assert.deepEqual(accepted(surfaces(...good)).providers[0]?.supported_api_surfaces, [
    { format: 'openai', surface: 'chat-completions', supported_params: ['model', 'messages'] },
    { format: 'openai', surface: 'responses', supported_params: [] },
    { format: 'anthropic' },
  ]);
  const at = 'providers[0].supported_api_surfaces[0]';
  const cases: [object, string][] = [
    [{ format: 'gemini' }, `ERR_NGROK_2222 ${at}.format`],
    [{ format: 'openai', surface: 'chat' }, `ERR_NGROK_2222 ${at}.surface`],
    [{ format: 'openai', surface: 'messages' }, `ERR_NGROK_2222 ${at}.surface`],
    [{ format: 'anthropic', surface: 'responses' }, `ERR_NGROK_2222 ${at}.surface`],
    [{ format: 'openai', supported_params: ['model'] }, `ERR_NGROK_2204 ${at}.supported_params`],
    [{ format: 'openai', params: [] }, `ERR_NGROK_2203 ${at}.params`],
  ];
  for (const [surface, told] of cases) assert.deepEqual(refused(surfaces(surface)), [told], JSON.stringify(surface));
  assert.deepEqual(refused(surfaces({ format: 'openai' }, { format: 'openai' })), [
    'ERR_NGROK_2204 providers[0].supported_api_surfaces[1]',
  ]);
});

test('mistakes in several places are told together', () => {
  assert.deepEqual(
    refused({
      total_timeout: '1h',
      on_error: 'stop',
      providers: [{ id: 'own', models: [{ id: 'a' }, { id: 'A' }], base_url: 'http://own.example' }, { id: 'openia' }],
      model_selection: { strategy: ['('] },
      colour: 'red',
    }).sort(),
    [
      'ERR_NGROK_2200 model_selection.strategy[0]',
      'ERR_NGROK_2203 colour',
      'ERR_NGROK_2204 providers[0].base_url',
      'ERR_NGROK_2204 providers[0].models[1].id',
      'ERR_NGROK_2215 total_timeout',
      'ERR_NGROK_2222 on_error',
      'ERR_NGROK_2234 providers[1].base_url',
    ],
  );
});

test('a policy is JSON once it is parsed, because that is how it is stored', () => {
  const config = accepted(model({ unsupported_params: ['a'] }));
  assert.deepEqual(JSON.parse(JSON.stringify(config)), config);
});

test('a token limit written as text says how to write it', () => {
  const parsed = parsePolicy(policyWith('max_input_tokens: "1000"'), { allowLoopback: false });
  assert('problems' in parsed);
  assert.match(parsed.problems[0]?.message ?? '', /"1000" is not a number; write one, without quotes/);
});
