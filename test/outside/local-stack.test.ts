import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { newDataFolder, run, type Stack, startStack } from './start-stack.ts';

const data = newDataFolder();
let stack: Stack;

before(async () => {
  stack = await startStack(data.folder);
});

after(async () => {
  await stack.kill('SIGTERM');
  data.remove();
});

async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

async function balance(): Promise<Record<string, string>> {
  for (;;) {
    const answer = (await json(await stack.manage('GET', '/credits/balance'))) as Record<string, string>;
    if (answer.held_nano_usd === '0') return answer;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

const hello = { model: 'demo-chat', messages: [{ role: 'user' as const, content: 'Hi' }] };

test('the openai SDK chats, streams and lists models, and pays what the records say', async () => {
  const openai = new OpenAI({ baseURL: `${stack.gatewayUrl}/v1`, apiKey: stack.gatewayKey, maxRetries: 0 });
  const before = BigInt((await balance()).available_nano_usd ?? '');
  const plain = await openai.chat.completions.create(hello).withResponse();
  assert.match(plain.data.choices[0]?.message.content ?? '', /You said: Hi/);
  const streamed = await openai.chat.completions.create({ ...hello, stream: true }).withResponse();
  let text = '';
  for await (const chunk of streamed.data) text += chunk.choices[0]?.delta.content ?? '';
  assert.equal(text, plain.data.choices[0]?.message.content);
  const ids = [];
  for await (const model of openai.models.list()) ids.push(model.id);
  assert.ok(ids.includes('demo-chat'));
  const spent = before - BigInt((await balance()).available_nano_usd ?? '');
  let recorded = 0n;
  for (const { response } of [plain, streamed]) {
    const record = await json(
      await stack.manage('GET', `/usage/requests/${response.headers.get('ngrok-aig-request-id')}`),
    );
    assert.equal(record.outcome, 'succeeded');
    recorded += BigInt(record.cost_nano_usd as string);
  }
  assert.ok(spent > 0n);
  assert.equal(spent, recorded);
});

test('the demo model answers every SDK on its default path', async () => {
  const openai = new OpenAI({ baseURL: `${stack.gatewayUrl}/v1`, apiKey: stack.gatewayKey, maxRetries: 0 });
  const response = await openai.responses.create({ model: 'demo-chat', input: 'Hi' });
  assert.match(response.output_text, /You said: Hi/);
  let streamed = '';
  for await (const event of await openai.responses.create({ model: 'demo-chat', input: 'Hi', stream: true })) {
    if (event.type === 'response.output_text.delta') streamed += event.delta;
  }
  assert.equal(streamed, response.output_text);
  const anthropic = new Anthropic({ baseURL: stack.gatewayUrl, apiKey: stack.gatewayKey, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hi' }] }];
  const message = await anthropic.messages.create({ model: 'demo-chat', max_tokens: 100, messages });
  assert.match(message.content[0]?.type === 'text' ? message.content[0].text : '', /You said: Hi /);
  assert.ok((await anthropic.messages.countTokens({ model: 'demo-chat', messages })).input_tokens > 0);
});

test('the printed curl line names the key and the gateway, and first-run.json is private', () => {
  assert.ok(
    stack.printed.includes(
      `curl -N ${stack.gatewayUrl}/v1/chat/completions -H 'Authorization: Bearer ${stack.gatewayKey}'`,
    ),
  );
  assert.equal(statSync(join(data.folder, 'first-run.json')).mode & 0o777, 0o600);
});

test('gateway keys: made, shown once, changed, used and deleted', async () => {
  const made = await stack.manage('POST', '/ai_gateway_api_keys', {
    endpoint_id: stack.endpointId,
    description: 'app',
  });
  assert.equal(made.status, 201);
  const { token, ...key } = await json(made);
  assert.match(String(token), /^ng-[^-]+-g1-[^-]+$/);
  const path = `/ai_gateway_api_keys/${key.id}`;
  assert.deepEqual(await json(await stack.manage('GET', path)), key);
  const changed = await json(await stack.manage('PATCH', path, { description: 'other' }));
  assert.equal(changed.description, 'other');
  const page = await json(await stack.manage('GET', '/ai_gateway_api_keys?limit=1'));
  assert.deepEqual(
    (page.ai_gateway_api_keys as { id: string }[]).map(({ id }) => id),
    [key.id],
    'newest first',
  );
  assert.ok(page.next_page_uri);
  const call = () =>
    fetch(`${stack.gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-api-key': String(token) },
      body: JSON.stringify(hello),
    });
  assert.equal((await call()).status, 200);
  await balance();
  assert.notEqual((await json(await stack.manage('GET', path))).last_used, null);
  assert.equal((await stack.manage('DELETE', path)).status, 204);
  assert.equal((await stack.manage('GET', path)).status, 404);
  await new Promise(resolve => setTimeout(resolve, 250)); // the stated bound on revocation is 200 ms here
  const refused = await call();
  assert.equal(refused.status, 401);
  assert.equal(refused.headers.get('ngrok-error-code'), 'ERR_NGROK_27007');
});

const refusals: [
  what: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
  status: number,
  code: string,
][] = [
  ['no endpoint', 'POST', '/ai_gateway_api_keys', {}, {}, 422, 'ERR_NGROK_27006'],
  ['unknown endpoint', 'POST', '/ai_gateway_api_keys', { endpoint_id: 'ep_x' }, {}, 404, 'ERR_NGROK_27002'],
  [
    'long description',
    'POST',
    '/ai_gateway_api_keys',
    { endpoint_id: 'e', description: 'x'.repeat(256) },
    {},
    422,
    'ERR_NGROK_27004',
  ],
  [
    'long metadata',
    'POST',
    '/ai_gateway_api_keys',
    { endpoint_id: 'e', metadata: 'x'.repeat(4097) },
    {},
    422,
    'ERR_NGROK_27005',
  ],
  ['unknown field', 'POST', '/ai_gateway_api_keys', { endpoint_id: 'e', colour: 1 }, {}, 400, 'ERR_NGROK_214'],
  ['bad limit', 'GET', '/ai_gateway_api_keys?limit=1000', undefined, {}, 400, 'ERR_NGROK_215'],
  ['wrong version', 'GET', '/credits/balance', undefined, { 'ngrok-version': '1' }, 400, 'ERR_NGROK_217'],
  ['no key', 'GET', '/credits/balance', undefined, { authorization: '' }, 401, 'authentication_required'],
  [
    'a broken key',
    'GET',
    '/credits/balance',
    undefined,
    { authorization: 'Bearer ng-x-m1-y' },
    401,
    'authentication_required',
  ],
  ['negative grant', 'POST', '/credits/grants', { amount_usd: '-5', reason: 'r' }, {}, 400, 'ERR_NGROK_215'],
  ['infinite grant', 'POST', '/credits/grants', { amount_usd: '1e309', reason: 'r' }, {}, 400, 'ERR_NGROK_215'],
  ['grant as a number', 'POST', '/credits/grants', { amount_usd: 5, reason: 'r' }, {}, 400, 'ERR_NGROK_215'],
  [
    'grant that has ended',
    'POST',
    '/credits/grants',
    { amount_usd: '5', reason: 'r', expires_at: '2020-01-01T00:00:00Z' },
    {},
    400,
    'ERR_NGROK_215',
  ],
  ['unknown request', 'GET', '/usage/requests/rq_000000000000000', undefined, {}, 404, 'not_found'],
  [
    'broken policy',
    'PATCH',
    '/endpoints/{endpoint}',
    { traffic_policy: 'on_http_request: [{ type: ai-gateway, config: { colour: red } }]' },
    {},
    422,
    'invalid_policy',
  ],
];

test('whatever is wrong is said with a code, and nothing changes', async () => {
  const before = await balance();
  for (const [what, method, path, body, headers, status, code] of refusals) {
    const response = await stack.manage(method, path.replace('{endpoint}', stack.endpointId), body, headers);
    const answer = await json(response);
    assert.deepEqual([response.status, answer.error_code, answer.status_code], [status, code, status], what);
    assert.match((answer.details as { operation_id: string }).operation_id, /^op_/, what);
  }
  assert.deepEqual(await balance(), before);
});

test('each kind of key is refused where the other belongs', async () => {
  const onManagement = await stack.manage('GET', '/credits/balance', undefined, {
    authorization: `Bearer ${stack.gatewayKey}`,
  });
  assert.equal(onManagement.status, 401);
  const onGateway = await fetch(`${stack.gatewayUrl}/v1/models`, {
    headers: { authorization: `Bearer ${stack.managementKey}` },
  });
  assert.equal(onGateway.status, 401);
});

test('a grant with an idempotency key is made once', async () => {
  const before = BigInt((await balance()).purchased_nano_usd ?? '');
  const grant = { amount_usd: '1.25', reason: 'test' };
  const headers = { 'idempotency-key': 'one' };
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => stack.manage('POST', '/credits/grants', grant, headers)),
  );
  const bodies = await Promise.all(answers.map(json));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201, 201, 201, 201],
  );
  assert.equal(new Set(bodies.map(({ id }) => id)).size, 1);
  assert.equal(BigInt((await balance()).purchased_nano_usd ?? '') - before, 1_250_000_000n);
  const other = await stack.manage('POST', '/credits/grants', { ...grant, amount_usd: '2' }, headers);
  assert.equal(other.status, 409);
  const { transactions } = (await json(await stack.manage('GET', '/credits/transactions?limit=100'))) as {
    transactions: { kind: string; amount_nano_usd: string }[];
  };
  const total = transactions.reduce((sum, { amount_nano_usd }) => sum + BigInt(amount_nano_usd), 0n);
  assert.equal(total.toString(), (await balance()).available_nano_usd, 'the transactions add up to the balance');
});

test('a policy change takes effect within the stated bound', async () => {
  const policy = (id: string) =>
    `on_http_request:\n  - actions:\n      - type: ai-gateway\n        config:\n          providers:\n            - id: ${id}\n              base_url: https://ollama.internal\n              models: [{ id: llama3 }]\n`;
  const patched = await json(
    await stack.manage('PATCH', `/endpoints/${stack.endpointId}`, { traffic_policy: policy('ollama') }),
  );
  assert.equal(patched.policy_version, 2);
  await new Promise(resolve => setTimeout(resolve, 250));
  const models = await json(
    await fetch(`${stack.gatewayUrl}/v1/models`, { headers: { authorization: `Bearer ${stack.gatewayKey}` } }),
  );
  assert.ok((models.data as { id: string }[]).some(({ id }) => id === 'llama3'));
});

test('keys and balance survive kill -9', async () => {
  const before = await balance();
  await stack.kill('SIGKILL');
  const { gatewayKey, managementKey, accountId, endpointId } = stack;
  stack = await startStack(data.folder);
  assert.deepEqual(
    { gatewayKey, managementKey, accountId, endpointId },
    {
      gatewayKey: stack.gatewayKey,
      managementKey: stack.managementKey,
      accountId: stack.accountId,
      endpointId: stack.endpointId,
    },
  );
  assert.deepEqual(await balance(), before);
});

test('a second gateway process serves the same keys from the same store', async () => {
  const second = await run({
    TOLLGATE_ROLE: 'gateway',
    AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManagerUrl,
  });
  const url = /http:\S+/.exec(second.stdout)?.[0];
  const models = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${stack.gatewayKey}` } });
  assert.equal(models.status, 200);
  second.child.kill('SIGTERM');
});

test('what prevents a start is said in one line', async () => {
  const taken = createServer();
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const other = newDataFolder();
  const cases: [variables: Record<string, string>, message: RegExp][] = [
    [{ TOLLGATE_DATA: data.folder }, /data folder ".*" is in use by another process/],
    [{ TOLLGATE_DATA: other.folder, TOLLGATE_PORT: String(port) }, new RegExp(`port ${port} is in use`)],
    [{ TOLLGATE_DATA: other.folder, TOLLGATE_PORT: 'eighty' }, /TOLLGATE_PORT is "eighty"; use a port/],
    [
      { TOLLGATE_CLOCK_OFFSET: 'soon', TOLLGATE_FEE: 'much' },
      /TOLLGATE_CLOCK_OFFSET is "soon".*TOLLGATE_FEE is "much"/,
    ],
    [{ TOLLGATE_PROVIDER_BASE_URLS: '[]' }, /TOLLGATE_PROVIDER_BASE_URLS is/],
    [{ TOLLGATE_ROLE: 'gateway' }, /TOLLGATE_ROLE=gateway needs/],
    [{ TOLLGATE_ROLE: 'king' }, /TOLLGATE_ROLE is "king"/],
  ];
  const check = async ([variables, message]: (typeof cases)[number]) => {
    const { child, stderr } = await run(variables);
    assert.equal(child.exitCode, 1, stderr);
    assert.match(stderr.trim(), message);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  };
  await Promise.all(cases.map(check));
  taken.close();
  other.remove();
});

test('SIGTERM lets a running stream finish and exits 0', async () => {
  const response = await fetch(`${stack.gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.gatewayKey}` },
    body: JSON.stringify({ ...hello, model: 'demo:demo-chat', stream: true }),
  });
  const code = stack.kill('SIGTERM');
  assert.match(await response.text(), /\[DONE\]/);
  assert.equal(await code, 0);
});

test('the clock can be moved: credits end after 365 days', async () => {
  stack = await startStack(data.folder, { TOLLGATE_CLOCK_OFFSET: '366d' });
  assert.equal((await balance()).available_nano_usd, '0');
});
