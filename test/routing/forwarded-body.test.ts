import assert from 'node:assert/strict';
import { test } from 'node:test';
import { surfaceAt } from '../../functions/providers/surfaces.ts';
import { type BodyRules, forwardedBody, forwardedText } from '../../functions/routing/forwarded-body.ts';
import { parseModelCall } from '../../functions/routing/model-call.ts';
import { endpointCatalog } from './endpoint.ts';

const noRules: BodyRules = { body: {}, outputTokensMax: undefined };

function forward(body: object, yaml = '{}', rules = noRules, path = '/v1/chat/completions', name = 'alpha:a-1') {
  const surface = surfaceAt(path);
  const [candidate] = endpointCatalog(yaml).candidatesNamed(name);
  assert(surface && candidate);
  const call = parseModelCall(Buffer.from(JSON.stringify(body)), surface);
  const forwarded = forwardedBody(call, candidate, rules);
  const sent = JSON.parse(forwardedText(call, candidate, forwarded, false));
  const { stream_options: _, ...withoutUsage } = sent;
  return { sent, members: forwarded.members, withoutUsage };
}

test('only the model’s name changes', () => {
  const { sent, members } = forward({ model: 'a-one', models: ['b-1'], messages: [], unknown: { a: 1 } });
  assert.deepEqual(sent, { model: 'a-1', messages: [], unknown: { a: 1 } });
  assert.deepEqual(members, sent);
});

const custom = (models: string, surfaces = '') =>
  `providers: [{ id: mine, base_url: "https://mine.example", models: [${models}]${surfaces} }]`;

test('a list of parameters leaves out what it does not name, at the top level and on its surface only', () => {
  const yaml = custom(
    '{ id: m }',
    ', supported_api_surfaces: [{ format: openai, surface: chat-completions, supported_params: [{ name: messages }] }, { format: openai, surface: responses }]',
  );
  const body = { model: 'm', messages: [{ logit_bias: 1 }], logit_bias: {}, stream: true };
  assert.deepEqual(forward(body, yaml, noRules, '/v1/chat/completions', 'm').sent, {
    model: 'm',
    messages: [{ logit_bias: 1 }],
    stream: true,
  });
  assert.deepEqual(forward({ model: 'm', input: 'x', top_p: 1 }, yaml, noRules, '/v1/responses', 'm').sent, {
    model: 'm',
    input: 'x',
    top_p: 1,
  });
});

test('what the model refuses is left out on every surface, the request for usage too', () => {
  const yaml = custom('{ id: m, unsupported_params: [{ name: logit_bias }] }');
  for (const path of ['/v1/chat/completions', '/v1/completions']) {
    assert.deepEqual(forward({ model: 'm', logit_bias: {} }, yaml, noRules, path, 'm').sent, { model: 'm' });
  }
  const builtIn = 'providers: [{ id: alpha, models: [{ id: a-1, unsupported_params: [{ name: stream_options }] }] }]';
  assert.deepEqual(forward({ model: 'a-1', stream: true }, builtIn).sent, { model: 'a-1', stream: true });
});

test('streams of catalog providers are asked for usage, those of own providers are not', () => {
  assert.deepEqual(forward({ model: 'a-1', stream: true }).sent.stream_options, { include_usage: true });
  assert.deepEqual(forward({ model: 'm', stream: true }, custom('{ id: m }'), noRules, undefined, 'm').sent, {
    model: 'm',
    stream: true,
  });
});

test('the policy’s members win over the client’s, also where the client’s were left out', () => {
  const rules = { body: { temperature: 0, logit_bias: { a: 1 } }, outputTokensMax: undefined };
  const yaml = custom('{ id: m, unsupported_params: [{ name: logit_bias }] }');
  const { sent, members } = forward({ model: 'm', temperature: 1, logit_bias: 5 }, yaml, rules, undefined, 'm');
  assert.deepEqual(sent, { model: 'm', temperature: 0, logit_bias: { a: 1 } });
  assert.deepEqual(members, sent);
});

const limits: [what: string, path: string, name: string, body: object, expected: object][] = [
  ['a higher limit is lowered', '/v1/chat/completions', 'a-1', { max_tokens: 500 }, { max_tokens: 100 }],
  ['a lower one stays', '/v1/chat/completions', 'a-1', { max_tokens: 50 }, { max_tokens: 50 }],
  [
    'the member that the client used',
    '/v1/chat/completions',
    'a-1',
    { max_completion_tokens: 500 },
    { max_completion_tokens: 100 },
  ],
  ['none becomes the provider’s own', '/v1/chat/completions', 'a-1', {}, { max_tokens: 100 }],
  ['responses', '/v1/responses', 'a-1', {}, { max_output_tokens: 100 }],
  ['messages', '/v1/messages', 'c-1', { max_tokens: 500 }, { max_tokens: 100 }],
  ['embeddings have no answer to limit', '/v1/embeddings', 'a-1', { input: 'x' }, { input: 'x' }],
];
for (const [what, path, name, body, expected] of limits) {
  test(`max_output_tokens: ${what}`, () => {
    const rules = { body: {}, outputTokensMax: 100 };
    const { sent } = forward({ model: name, ...body }, '{}', rules, path, name);
    assert.deepEqual(sent, { model: name, ...expected });
  });
}

test('max_output_tokens: a request that must think more than the policy allows is refused', () => {
  const body = { model: 'c-1', max_tokens: 5000, thinking: { type: 'enabled', budget_tokens: 2000 } };
  assert.throws(
    () => forward(body, '{}', { body: {}, outputTokensMax: 100 }, '/v1/messages', 'c-1'),
    /needs room for 1025 tokens of answer and 100 are allowed/,
  );
});

test('a request without a model stays without one', () => {
  const surface = surfaceAt('/v1/moderations');
  const catalog = endpointCatalog();
  const entry = catalog.provider('alpha');
  assert(surface && entry);
  const call = parseModelCall(Buffer.from('{"input":"x"}'), surface);
  const candidate = catalog.withoutModel(entry);
  assert.equal(forwardedText(call, candidate, forwardedBody(call, candidate, noRules), false), '{"input":"x"}');
});

test('what credits pay for is asked for its usage, whatever a policy says that the model refuses', () => {
  const surface = surfaceAt('/v1/chat/completions');
  const yaml = 'providers: [{ id: alpha, models: [{ id: a-1, unsupported_params: [{ name: stream_options }] }] }]';
  const [candidate] = endpointCatalog(yaml).candidatesNamed('a-1');
  assert(surface && candidate);
  const call = parseModelCall(Buffer.from('{"model":"a-1","stream":true}'), surface);
  const sent = JSON.parse(forwardedText(call, candidate, forwardedBody(call, candidate, noRules), true));
  assert.deepEqual(sent.stream_options, { include_usage: true });
});
