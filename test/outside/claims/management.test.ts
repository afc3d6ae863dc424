import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { run } from '../start-stack.ts';
import { type ClaimStack, hello, refusal, startClaimStack } from './claim-stack.ts';

const cacheMs = 200;

let stack: ClaimStack;
before(async () => {
  stack = await startClaimStack({ TOLLGATE_CONFIG_CACHE_MS: String(cacheMs) });
});
afterEach(() => stack.forget());
after(() => stack.close());

const chat = (model: string) => stack.post('/v1/chat/completions', { model, messages: hello, max_tokens: 5 });

test('A8 a gateway key pays for OpenAI and Anthropic; all other providers need a key of one’s own', async () => {
  for (const model of ['openai:gpt-4o-mini', 'anthropic:claude-haiku-4-5']) {
    assert.equal((await chat(model)).status, 200, model);
  }
  stack.forget();
  for (const model of ['google:gemini-2.5-flash', 'deepseek:deepseek-chat', 'groq:llama-3.3-70b-versatile']) {
    const { status, code } = await refusal(await chat(model));
    assert.deepEqual([status, code], [400, 'ERR_NGROK_3817'], model);
  }
  assert.deepEqual(stack.called(), []);
});

test('A17 while keys cannot be checked a call answers 500 ERR_NGROK_27009, and nobody is called', async () => {
  const store = await startDoor(stack.dynamodbUrl);
  const gateway = await run({
    TOLLGATE_ROLE: 'gateway',
    TOLLGATE_CONFIG_CACHE_MS: '0',
    AWS_ENDPOINT_URL_DYNAMODB: store.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManagerUrl,
  });
  const url = /http:\S+/.exec(gateway.stdout)?.[0];
  const call = (token: string) => fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
  try {
    assert.equal((await call(stack.gatewayKey)).status, 200);
    store.isShut = true;
    const response = await call(stack.gatewayKey);
    assert.equal(response.headers.get('retry-after'), '1');
    const { status, code } = await refusal(response);
    assert.deepEqual([status, code], [500, 'ERR_NGROK_27009']);
    store.isShut = false;
    assert.equal((await call(stack.gatewayKey)).status, 200, 'it passes');
  } finally {
    gateway.child.kill('SIGKILL');
    store.close();
  }
});

/** Stands in front of a store and lets calls through, or answers them as a store does that has broken down. */
async function startDoor(target: string) {
  const server = createServer(async (request, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (door.isShut) {
      response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' });
      return response.end('{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}');
    }
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
    const answer = await fetch(target, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: Buffer.concat(chunks),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const door = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isShut: false,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return door;
}

test('L2 a secret is written, never read back, and a new value is used without a deployment', async () => {
  const manage = async (method: string, path: string, body?: object) => {
    const response = await stack.manage(method, path, body);
    const text = await response.text();
    assert.ok(!text.includes('sk-hush'), `an answer holds the value: ${text}`);
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
  const vault = await manage('POST', '/vaults', { name: 'providers' });
  const made = await manage('POST', '/secrets', { name: 'openai', value: 'sk-hush-1', vault_id: vault.body.id });
  assert.deepEqual([made.status, made.body.value], [201, undefined]);
  const path = `/secrets/${made.body.id}`;
  await stack.configure(
    "providers: [{ id: openai, api_keys: [{ value: \"${secrets.get('providers', 'openai')}\" }] }]",
  );
  await untilForgotten();
  const seen = async () => {
    stack.forget();
    assert.equal((await chat('openai:gpt-4o-mini')).status, 200);
    return stack.upstream.requests.map(({ headers }) => headers.authorization);
  };
  assert.deepEqual(await seen(), ['Bearer sk-hush-1']);
  assert.equal((await manage('PATCH', path, { value: 'sk-hush-2' })).status, 200);
  await untilForgotten();
  assert.deepEqual(await seen(), ['Bearer sk-hush-2']);
  for (const read of [path, '/secrets', '/audit_events']) assert.equal((await manage('GET', read)).status, 200);
  assert.equal((await manage('DELETE', `/vaults/${vault.body.id}`)).body.error_code, 'vault_not_empty');
  assert.equal((await manage('DELETE', path)).status, 204);
  assert.equal((await manage('DELETE', `/vaults/${vault.body.id}`)).status, 204);
});

/** The stated bound on what a gateway remembers. */
function untilForgotten(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, cacheMs + 50));
}
