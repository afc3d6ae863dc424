import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type ClaimStack, hello, refusal, startClaimStack } from './claim-stack.ts';

let stack: ClaimStack;
before(async () => {
  stack = await startClaimStack();
});
afterEach(() => stack.forget());
after(() => stack.close());

const local = (more: string) =>
  stack.configure(
    `providers:\n  - id: local\n    base_url: "${stack.providerUrl('local')}"\n${more.replace(/^/gm, '    ')}`,
  );
const chat = (body: object) => stack.post('/v1/chat/completions', { model: 'm', messages: hello, ...body });

test('G1 an own provider serves its models at its address', async () => {
  await local('models: [{ id: llama3 }]');
  assert.equal((await chat({ model: 'local:llama3' })).status, 200);
  const [request] = stack.upstream.requests;
  assert.equal(request?.path, '/local/v1/chat/completions');
  assert.equal(request?.body.model, 'llama3');
});

test('G1 the FAQ’s own provider loads as written', async () => {
  await stack.configure(
    'providers:\n  - id: ollama\n    base_url: "https://ollama.internal"\n    models:\n      - id: "llama3"',
  );
});

test('G2 own providers may speak OpenAI’s format, Anthropic’s, or both', async () => {
  const call = async (declared: string) => {
    await local(`models: [{ id: m }]\n${declared}`);
    const message = await stack.post('/v1/messages', { model: 'm', max_tokens: 5, messages: hello });
    return [(await chat({})).status, message.status];
  };
  assert.deepEqual(await call(''), [200, 422]);
  assert.deepEqual(await call('supported_api_surfaces: [{ format: openai }]'), [200, 422]);
  assert.deepEqual(await call('supported_api_surfaces: [{ format: anthropic }]'), [422, 200]);
  assert.deepEqual(await call('supported_api_surfaces: [{ format: openai }, { format: anthropic }]'), [200, 200]);
});

test('G3 each thing that can be wrong with an own provider has a clear error', async () => {
  await local('models: [{ id: m }]');
  assert.match((await refusal(await chat({ model: 'other' }))).message, /nothing matches "other"/);
  stack.upstream.script = (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
  assert.match((await refusal(await chat({}))).message, /text\/html/);
  stack.upstream.script = (_, response) => void response.writeHead(401).end('{"error":{"message":"no key"}}');
  assert.equal((await chat({})).status, 401);
  await stack.configure('providers: [{ id: local, base_url: "http://127.0.0.1:9/v1", models: [{ id: m }] }]');
  const { status, code, message } = await refusal(await chat({}));
  assert.deepEqual([status, code], [502, 'ERR_NGROK_3800']);
  assert.match(message, /127\.0\.0\.1:9 failed: ECONNREFUSED/);
});

test('G4 base URLs are https, or http inside a private network', async () => {
  const [problem] = await stack.refusedConfig(
    'providers: [{ id: local, base_url: "http://example.com", models: [{ id: m }] }]',
  );
  assert.match(problem?.message ?? '', /https/);
  await stack.configure('providers: [{ id: local, base_url: "http://ollama.internal:11434", models: [{ id: m }] }]');
});

test('G5 to G8 parameters are left out where a list says so, at the top level only, and by default none is', async () => {
  const sent = async (more: object) => {
    stack.forget();
    assert.equal((await chat(more)).status, 200);
    return stack.upstream.requests[0]?.body ?? {};
  };
  const parameters = { logit_bias: {}, seed: 1, metadata: { logit_bias: 1 } };
  await local('models: [{ id: m }]');
  assert.deepEqual(await sent({ ...parameters, unknown: true }), {
    model: 'm',
    messages: hello,
    ...parameters,
    unknown: true,
  });
  await local(`models: [{ id: m, unsupported_params: [{ name: seed }] }]
supported_api_surfaces: [{ format: openai, surface: chat-completions, supported_params: [{ name: messages }, { name: seed }, { name: metadata }] }]`);
  assert.deepEqual(await sent(parameters), { model: 'm', messages: hello, metadata: { logit_bias: 1 } });
});

test('G9 configured headers, query and body members are added, and the body wins over the client', async () => {
  await stack.configure(`headers: { X-Team: "blue" }
query_params: { api-version: "2024-10-21" }
body: { temperature: 0.2 }
providers: [{ id: local, base_url: "${stack.providerUrl('local')}", models: [{ id: m }] }]`);
  assert.equal(
    (await stack.post('/v1/chat/completions?trace=1', { model: 'm', messages: hello, temperature: 1 })).status,
    200,
  );
  const [request] = stack.upstream.requests;
  assert.equal(request?.headers['x-team'], 'blue');
  assert.equal(request?.path, '/local/v1/chat/completions?trace=1&api-version=2024-10-21');
  assert.equal(request?.body.temperature, 0.2);
});

test('H10 max_input_tokens refuses a longer input with its count', async () => {
  await stack.configure('max_input_tokens: 50');
  const long = [{ role: 'user', content: 'hello world '.repeat(100) }];
  const { status, code, message } = await refusal(await chat({ model: 'gpt-4o', messages: long }));
  assert.deepEqual([status, code], [413, 'ERR_NGROK_3811']);
  assert.match(message, /has 20\d tokens; this endpoint allows 50/);
  assert.deepEqual(stack.called(), []);
});

test('H11 max_output_tokens lowers the limit that the provider sees', async () => {
  await stack.configure('max_output_tokens: 100');
  await chat({ model: 'gpt-4o', max_tokens: 1000 });
  await chat({ model: 'gpt-4o' });
  const [lowered, set] = stack.upstream.requests;
  assert.equal(lowered?.body.max_tokens, 100);
  assert.equal(set?.body.max_completion_tokens, 100);
});
