import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type ClaimStack, hello, refusal, startClaimStack } from './claim-stack.ts';

let stack: ClaimStack;
before(async () => {
  stack = await startClaimStack();
});
afterEach(() => stack.forget());
after(() => stack.close());

const chat = (body: object) => stack.post('/v1/chat/completions', { messages: hello, max_tokens: 20, ...body });
const ok = async (body: object) => {
  const answer = await chat(body);
  assert.equal(answer.status, 200, await answer.text());
};

test('C1 only_allow_configured_providers refuses others: provider not allowed', async () => {
  await stack.configure(
    'only_allow_configured_providers: true\nproviders: [{ id: openai, api_keys: [{ value: sk-own }] }]',
  );
  const { status, code, type, message } = await refusal(await chat({ model: 'google:gemini-2.5-flash' }));
  assert.deepEqual([status, code, type], [422, 'ERR_NGROK_3804', 'provider_not_allowed']);
  assert.match(message, /provider not allowed: "google"/);
  await ok({ model: 'gpt-4o' });
  assert.deepEqual(stack.called(), ['openai:gpt-4o']);
});

test('C2 without the flag every catalog provider may be used', async () => {
  await stack.configure('providers: [{ id: openai }, { id: google, api_keys: [{ value: g-own }] }]');
  await ok({ model: 'google:gemini-2.5-flash' });
  await ok({ model: 'claude-haiku-4-5' });
  assert.deepEqual(stack.called(), ['google:gemini-2.5-flash', 'anthropic:claude-haiku-4-5']);
});

test('C3 only_allow_configured_models refuses others: model unknown', async () => {
  await stack.configure(
    'only_allow_configured_models: true\nproviders: [{ id: openai, models: [{ id: gpt-4o-mini }] }]',
  );
  const { status, code, type, message } = await refusal(await chat({ model: 'gpt-4o' }));
  assert.deepEqual([status, code, type], [422, 'ERR_NGROK_3804', 'model_not_allowed']);
  assert.match(message, /model unknown: "openai:gpt-4o"/);
  await ok({ model: 'gpt-4o-mini' });
});

test('C4 a name that nobody knows is refused without a prefix', async () => {
  await stack.configure('{}');
  const { status, code, type } = await refusal(await chat({ model: 'totally-new' }));
  assert.deepEqual([status, code, type], [422, 'ERR_NGROK_3804', 'model_unknown']);
  assert.deepEqual(stack.called(), []);
});

test('C5 a name that nobody knows passes through behind a known provider', async () => {
  await stack.configure('providers: [{ id: openai, api_keys: [{ value: sk-own }] }]');
  await ok({ model: 'openai:gpt-5-preview' });
  assert.deepEqual(stack.called(), ['openai:gpt-5-preview']);
});

test('C6 an unknown provider prefix is refused', async () => {
  await stack.configure('{}');
  assert.equal((await refusal(await chat({ model: 'nosuch:foo' }))).code, 'ERR_NGROK_3804');
});

test('C7 the strategy m.known stops names from passing through', async () => {
  await stack.configure(
    'providers: [{ id: openai, api_keys: [{ value: sk-own }] }]\nmodel_selection: { strategy: ["ai.models.filter(m, m.known)"] }',
  );
  assert.equal((await refusal(await chat({ model: 'openai:gpt-5-preview' }))).code, 'ERR_NGROK_3805');
  await ok({ model: 'gpt-4o' });
});

test('C8, C9 ngrok/auto lets the strategy choose, exactly as no model does', async () => {
  await stack.configure(`model_selection: { strategy: ["ai.models.filter(m, m.id == 'gpt-4o-mini')"] }`);
  for (const body of [{ model: 'ngrok/auto' }, {}, { model: 'auto' }, { model: null }]) await ok(body);
  assert.deepEqual(stack.called(), Array(4).fill('openai:gpt-4o-mini'));
});

test('C10 models are fallbacks after model, alone they are fine, and they may have prefixes', async () => {
  await stack.configure('{}');
  const answering = stack.upstream.script;
  stack.upstream.script = (request, response) =>
    request.body.model === 'gpt-4o' ? void response.writeHead(500).end('{}') : answering(request, response);
  await ok({ model: 'gpt-4o', models: ['anthropic:claude-haiku-4-5'] });
  await ok({ models: ['openai:gpt-4o-mini'] });
  assert.deepEqual(stack.called(), ['openai:gpt-4o', 'anthropic:claude-haiku-4-5', 'openai:gpt-4o-mini']);
  assert.ok(stack.upstream.requests.every(({ body }) => body.models === undefined));
});

test('C11 catalog models need no list', async () => {
  await stack.configure('{}');
  await ok({ model: 'gpt-4o' });
});

test('C12 own providers list their models', async () => {
  await stack.configure(
    `providers: [{ id: local, base_url: "${stack.providerUrl('local')}", models: [{ id: llama3 }] }]`,
  );
  await ok({ model: 'llama3' });
  assert.equal((await refusal(await chat({ model: 'llama4' }))).code, 'ERR_NGROK_3804');
  assert.deepEqual(stack.called(), ['local:llama3']);
});

test('C13 case does not matter', async () => {
  await stack.configure('{}');
  await ok({ model: 'GPT-4o' });
  await ok({ model: 'OpenAI:gpt-4O' });
  assert.deepEqual(stack.called(), ['openai:gpt-4o', 'openai:gpt-4o']);
});

test('C14 built-in aliases become the canonical id', async () => {
  await stack.configure('{}');
  await ok({ model: 'chatgpt-4o-latest' });
  await ok({ model: 'claude-haiku-4-5-20251001' });
  assert.deepEqual(stack.called(), ['openai:gpt-4o', 'anthropic:claude-haiku-4-5']);
});

test('C15 aliases of a policy resolve, and those that mean two things are refused', async () => {
  const provider = (models: string) =>
    `providers: [{ id: local, id_aliases: [mine], base_url: "${stack.providerUrl('local')}", models: ${models} }]`;
  await stack.configure(provider('[{ id: llama3, id_aliases: [house-model] }]'));
  await ok({ model: 'mine:house-model' });
  assert.deepEqual(stack.called(), ['local:llama3']);
  const problems = await stack.refusedConfig(provider('[{ id: a, id_aliases: [x] }, { id: b, id_aliases: [X] }]'));
  assert.match(problems[0]?.message ?? '', /x/i);
});

test('C16 what is disabled is treated as absent', async () => {
  await stack.configure(
    'providers: [{ id: openai, models: [{ id: gpt-4o, disabled: true }] }, { id: anthropic, disabled: true }]',
  );
  assert.equal((await refusal(await chat({ model: 'gpt-4o' }))).code, 'ERR_NGROK_3804');
  assert.equal((await refusal(await chat({ model: 'claude-haiku-4-5' }))).code, 'ERR_NGROK_3804');
  await ok({ model: 'gpt-4o-mini' });
});

test('C17 ids may hold colons and slashes', async () => {
  await stack.configure(`providers:
  - { id: ollama, base_url: "${stack.providerUrl('ollama')}", models: [{ id: "llama3.2:1b" }] }
  - { id: openrouter, api_keys: [{ value: sk-or-v1-own }] }`);
  await ok({ model: 'ollama:llama3.2:1b' });
  await ok({ model: 'llama3.2:1b' });
  await ok({ model: 'openrouter:anthropic/claude-3.5-sonnet' });
  assert.deepEqual(stack.called(), [
    'ollama:llama3.2:1b',
    'ollama:llama3.2:1b',
    'openrouter:anthropic/claude-3.5-sonnet',
  ]);
});

test('C18 author/model without a prefix is no name', async () => {
  await stack.configure('{}');
  assert.equal((await refusal(await chat({ model: 'anthropic/claude-3.5-sonnet' }))).code, 'ERR_NGROK_3804');
});

test('C19 bodies that cannot be used are 3801, and nobody is called', async () => {
  for (const body of ['hello', '{"model":5}', '{"models":"gpt-4o"}', '{"models":[1]}']) {
    const { status, code } = await refusal(await stack.post('/v1/chat/completions', body));
    assert.deepEqual([status, code], [400, 'ERR_NGROK_3801']);
  }
  assert.deepEqual(stack.called(), []);
});

test('C20 /v1/messages reaches only providers that speak it', async () => {
  await stack.configure('{}');
  const { status, code } = await refusal(
    await stack.post('/v1/messages', { model: 'gpt-4o', max_tokens: 5, messages: hello }),
  );
  assert.deepEqual([status, code], [422, 'ERR_NGROK_3813']);
});
