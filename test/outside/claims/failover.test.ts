import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { sendJson } from '../../support/upstream.ts';
import { type ClaimStack, hello, refusal, startClaimStack } from './claim-stack.ts';

let stack: ClaimStack;
before(async () => {
  stack = await startClaimStack();
});
afterEach(() => stack.forget());
after(() => stack.close());

const chat = (body: object, headers?: Record<string, string>) =>
  stack.post('/v1/chat/completions', { messages: hello, max_tokens: 20, ...body }, headers);

/** Lets the upstream fail in some way for some models or keys; everything else is answered. */
function failing(fails: (model: unknown, key: string) => number | 'hang' | 'close' | undefined): void {
  const answering = stack.upstream.script;
  stack.upstream.script = (request, response) => {
    const failure = fails(request.body.model, (request.headers.authorization ?? '').replace('Bearer ', ''));
    if (failure === undefined) return answering(request, response);
    if (failure === 'close') return void response.destroy();
    if (failure === 'hang') return undefined;
    return sendJson(response, failure, { error: { message: `upstream ${failure}` } });
  };
}

const keysSeen = () => stack.upstream.requests.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));

test('D1 every 4xx and 5xx, a closed connection and a timeout fail over', async () => {
  await stack.configure('per_request_timeout: 300ms');
  for (const failure of [400, 401, 403, 404, 422, 429, 500, 503, 'close', 'hang'] as const) {
    failing(model => (model === 'gpt-4o' ? failure : undefined));
    const answer = await chat({ model: 'gpt-4o', models: ['gpt-4o-mini'] });
    assert.equal(answer.status, 200, `after ${failure}`);
    assert.equal(answer.headers.get('ngrok-aig-model'), 'gpt-4o-mini');
    assert.equal(answer.headers.get('ngrok-aig-attempts'), '2');
    stack.forget();
  }
});

test('D2, D3, D9 next key, then next model; no pair twice', async () => {
  await stack.configure('providers: [{ id: openai, api_keys: [{ value: key-1 }, { value: key-2 }] }]');
  failing(() => 500);
  await chat({ model: 'gpt-4o', models: ['gpt-4o-mini', 'gpt-4o'] });
  assert.deepEqual(
    stack.called().map((name, index) => `${name} ${keysSeen()[index]}`),
    ['openai:gpt-4o key-1', 'openai:gpt-4o key-2', 'openai:gpt-4o-mini key-1', 'openai:gpt-4o-mini key-2'],
  );
  stack.forget();
  failing((_, key) => (key === 'key-1' ? 429 : undefined));
  assert.equal((await chat({ model: 'gpt-4o' })).status, 200);
  assert.deepEqual(keysSeen(), ['key-1', 'key-2']);
});

test('D4 total_timeout ends all attempts with 504, and its default is six minutes', async () => {
  await stack.configure('total_timeout: 500ms\nper_request_timeout: 400ms');
  failing(() => 'hang');
  const { status, code, message } = await refusal(await chat({ model: 'gpt-4o', models: ['gpt-4o-mini', 'gpt-4.1'] }));
  assert.deepEqual([status, code], [504, 'ERR_NGROK_3810']);
  assert.match(message, /0\.5 s/);
  assert.equal(stack.upstream.requests.length, 2);
});

test('D5 per_request_timeout ends one attempt and goes on', async () => {
  await stack.configure('per_request_timeout: 200ms');
  failing(model => (model === 'gpt-4o' ? 'hang' : undefined));
  assert.equal((await chat({ model: 'gpt-4o', models: ['gpt-4o-mini'] })).status, 200);
});

test('D6 there is no switch for failover', async () => {
  const [problem] = await stack.refusedConfig('failover: false');
  assert.equal(problem?.code, 'ERR_NGROK_2203');
});

test('D7 models of another provider are fallbacks, with prefixes and without', async () => {
  await stack.configure('{}');
  failing(model => (String(model).startsWith('gpt') ? 500 : undefined));
  assert.equal((await chat({ model: 'gpt-4o', models: ['claude-3-5-sonnet-20241022'] })).status, 200);
  assert.equal((await chat({ models: ['openai:gpt-4o', 'anthropic:claude-3-5-sonnet-20241022'] })).status, 200);
  assert.deepEqual(stack.called(), Array(2).fill(['openai:gpt-4o', 'anthropic:claude-3-5-sonnet-20241022']).flat());
});

test('D8 a bare name tries every provider that has it', async () => {
  const own = (id: string) => `{ id: ${id}, base_url: "${stack.providerUrl(id)}", models: [{ id: llama3 }] }`;
  await stack.configure(`providers: [${own('zeta')}, ${own('eta')}]`);
  failing(() => 503);
  await chat({ model: 'llama3' });
  assert.deepEqual(stack.called(), ['zeta:llama3', 'eta:llama3']);
});

test('D10 strategies add no failover targets beyond those they return', async () => {
  await stack.configure(
    `model_selection: { strategy: ["ai.models.filter(m, m.id == 'gpt-4o')", "ai.models.filter(m, m.provider_id == 'anthropic')"] }`,
  );
  failing(() => 500);
  await chat({ model: 'ngrok/auto' });
  assert.deepEqual(stack.called(), ['openai:gpt-4o']);
});

test('D11 mistakes of the request or the policy are answered without any call', async () => {
  await stack.configure('model_selection: { strategy: ["ai.models.filter(m, false)"] }');
  assert.equal((await refusal(await chat({ model: 'gpt-4o' }))).code, 'ERR_NGROK_3805');
  assert.equal((await refusal(await chat({ model: 'nothing' }))).code, 'ERR_NGROK_3804');
  assert.equal((await refusal(await stack.post('/v1/chat/completions', '{'))).code, 'ERR_NGROK_3801');
  assert.deepEqual(stack.called(), []);
});

test('D12 a candidate without a key moves on to the next', async () => {
  await stack.configure('{}');
  assert.equal((await chat({ models: ['google:gemini-2.5-flash', 'gpt-4o'] })).status, 200);
  assert.deepEqual(stack.called(), ['openai:gpt-4o']);
});

test('D14 when all failed, the last provider’s answer is relayed; without one, 3807 lists every attempt', async () => {
  await stack.configure('per_request_timeout: 200ms');
  failing(() => 429);
  const relayed = await chat({ model: 'gpt-4o', models: ['gpt-4o-mini'] });
  assert.equal(relayed.status, 429);
  assert.equal(relayed.headers.get('ngrok-error-code'), 'ERR_NGROK_3807');
  assert.deepEqual(await relayed.json(), { error: { message: 'upstream 429' } });
  stack.forget();
  failing(model => (model === 'gpt-4o' ? 429 : 'hang'));
  const { status, code, message } = await refusal(await chat({ model: 'gpt-4o', models: ['gpt-4o-mini'] }));
  assert.deepEqual([status, code], [503, 'ERR_NGROK_3807']);
  assert.match(message, /\[openai:gpt-4o\] HTTP 429; \[openai:gpt-4o-mini\] silent/);
});

test('D14 retry-after of the last answer reaches the client', async () => {
  await stack.configure('{}');
  stack.upstream.script = (_, response) => sendJson(response, 429, { error: {} }, { 'retry-after': '7' });
  assert.equal((await chat({ model: 'gpt-4o' })).headers.get('retry-after'), '7');
});

test('D15 attempts are capped at 32', async () => {
  const keys = Array.from({ length: 40 }, (_, index) => `{ value: key-${index} }`).join(', ');
  await stack.configure(`providers: [{ id: openai, api_keys: [${keys}] }]`);
  failing(() => 500);
  const { status, code } = await refusal(await chat({ model: 'gpt-4o' }));
  assert.deepEqual([status, code], [503, 'ERR_NGROK_3812']);
  assert.equal(stack.upstream.requests.length, 32);
});

test('D16 without strategy and model, configured providers come first in the policy’s order, then the others by alphabet', async () => {
  await stack.configure('providers: [{ id: openai, api_keys: [{ value: k }] }]');
  failing(() => 500);
  await chat({ model: 'ngrok/auto' });
  const providers = [...new Set(stack.called().map(name => name.split(':')[0]))];
  assert.equal(providers[0], 'openai');
});
