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

const body = { model: 'gpt-4o', messages: hello, max_tokens: 20 };
const chat = (more: object = {}, headers?: Record<string, string> | null) =>
  stack.post(
    headers === null ? `/e/${stack.slug}/v1/chat/completions` : '/v1/chat/completions',
    { ...body, ...more },
    headers,
  );
const publicly = (headers: Record<string, string> = {}, more: object = {}) =>
  stack.post(`/e/${stack.slug}/v1/chat/completions`, { ...body, ...more }, { authorization: '', ...headers });
const seen = () => stack.upstream.requests.map(({ headers }) => headers.authorization);

test('E1 the provider sees the configured key instead of the client’s', async () => {
  await stack.configure('providers: [{ id: openai, api_keys: [{ value: sk-own }] }]');
  assert.equal((await chat()).status, 200);
  assert.equal((await publicly({ authorization: 'Bearer sk-of-the-client' })).status, 200);
  assert.deepEqual(seen(), ['Bearer sk-own', 'Bearer sk-own']);
});

test('E3 with own keys the endpoint is public', async () => {
  await stack.configure('providers: [{ id: openai, api_keys: [{ value: sk-own }] }]');
  assert.equal((await publicly()).status, 200);
});

test('E4 a provider key is rotated without a failing call', async () => {
  const keys = (...values: string[]) =>
    stack.configure(
      `providers: [{ id: openai, api_keys: [${values.map(value => `{ value: ${value} }`).join(', ')}] }]`,
    );
  const revoked = new Set<string>();
  stack.upstream.script = ({ headers, body: { model } }, response) =>
    revoked.has(headers.authorization ?? '')
      ? sendJson(response, 401, { error: {} })
      : sendJson(response, 200, { model, choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } });
  await keys('old');
  assert.equal((await chat()).status, 200);
  await keys('new', 'old');
  assert.equal((await chat()).status, 200);
  revoked.add('Bearer old');
  assert.equal((await chat()).status, 200);
  await keys('new');
  assert.equal((await chat()).status, 200);
  assert.deepEqual(seen(), ['Bearer old', 'Bearer new', 'Bearer new', 'Bearer new']);
});

test('E5 a rate-limited key hands over to the next', async () => {
  await stack.configure('providers: [{ id: openai, api_keys: [{ value: one }, { value: two }] }]');
  const answering = stack.upstream.script;
  stack.upstream.script = (request, response) =>
    request.headers.authorization === 'Bearer one'
      ? sendJson(response, 429, { error: {} })
      : answering(request, response);
  assert.equal((await chat()).status, 200);
  assert.deepEqual(seen(), ['Bearer one', 'Bearer two']);
});

test('E6 without a configured key the client’s own is forwarded, to one provider only', async () => {
  await stack.configure('{}');
  assert.equal((await publicly({ authorization: 'Bearer sk-of-the-client' })).status, 200);
  assert.deepEqual(seen(), ['Bearer sk-of-the-client']);
  stack.forget();
  stack.upstream.script = (_, response) => sendJson(response, 500, { error: {} });
  await publicly({ authorization: 'Bearer sk-of-the-client' }, { models: ['google:gemini-2.5-flash'] });
  assert.deepEqual(stack.called(), ['openai:gpt-4o'], 'a key for OpenAI is not shown to Google');
});

test('E6 a client’s key arrives in the provider’s own scheme', async () => {
  await stack.configure('{}');
  const message = { model: 'claude-haiku-4-5', max_tokens: 5, messages: hello };
  await stack.post(`/e/${stack.slug}/v1/messages`, message, { authorization: '', 'x-api-key': 'sk-ant-client' });
  const [request] = stack.upstream.requests;
  assert.equal(request?.headers['x-api-key'], 'sk-ant-client');
  assert.equal(request?.headers['anthropic-version'], '2023-06-01');
  assert.equal(request?.headers.authorization, undefined);
});

test('E7 with a gateway key, own keys serve their provider and managed keys the others', async () => {
  await stack.configure('providers: [{ id: openai, api_keys: [{ value: sk-own }] }]');
  await chat();
  await chat({ model: 'claude-haiku-4-5' });
  assert.deepEqual(seen(), ['Bearer sk-own', 'Bearer sk-managed-anthropic']);
});

test('E9 a key strategy chooses, and one that chooses nothing is 3808', async () => {
  const keys = 'providers: [{ id: openai, api_keys: [{ value: one }, { value: two }] }]\n';
  await stack.configure(`${keys}api_key_selection: { strategy: ["[ai.keys[1]]"] }`);
  assert.equal((await chat()).status, 200);
  assert.deepEqual(seen(), ['Bearer two']);
  await stack.configure(`${keys}api_key_selection: { strategy: ["ai.keys.filter(k, k.error_rate.total > 2.0)"] }`);
  const { status, code } = await refusal(await chat());
  assert.deepEqual([status, code], [422, 'ERR_NGROK_3808']);
});

test('E9 key strategies see the quota that the provider states, and null before it does', async () => {
  await stack.configure(`providers: [{ id: openai, api_keys: [{ value: quota-1 }, { value: quota-2 }] }]
api_key_selection: { strategy: ["ai.keys.filter(k, k.quota.remaining_requests == null || k.quota.remaining_requests > 5)"] }`);
  stack.upstream.script = ({ body: { model } }, response) =>
    sendJson(response, 200, { model, choices: [], usage: {} }, { 'x-ratelimit-remaining-requests': '3' });
  await chat();
  await chat();
  assert.deepEqual(seen(), ['Bearer quota-1', 'Bearer quota-2']);
  assert.equal((await refusal(await chat())).code, 'ERR_NGROK_3808');
});

test('E10 own providers work without keys', async () => {
  await stack.configure(
    `providers: [{ id: local, base_url: "${stack.providerUrl('local')}", models: [{ id: llama3 }] }]`,
  );
  assert.equal((await chat({ model: 'llama3' })).status, 200);
  assert.deepEqual(seen(), [undefined]);
});

test('E11 no key at all is 3802', async () => {
  await stack.configure('{}');
  const { status, code } = await refusal(await publicly());
  assert.deepEqual([status, code], [400, 'ERR_NGROK_3802']);
  assert.deepEqual(stack.called(), []);
});

test('a managed key never goes to an address that the policy chose', async () => {
  await stack.configure(`providers: [{ id: openai, base_url: "${stack.providerUrl('thief')}" }]`);
  assert.equal((await refusal(await chat())).code, 'ERR_NGROK_3817');
  assert.deepEqual(stack.called(), []);
});
