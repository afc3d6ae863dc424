import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createManagementClient, type ManagementClient } from '../../functions/management/client.generated.ts';
import { errorAnswer } from '../../functions/management/management-error.ts';
import { refused } from '../support/refused.ts';
import { chatScript, startUpstream, type Upstream } from '../support/upstream.ts';
import { newDataFolder, type Stack, startStack } from './start-stack.ts';

const data = newDataFolder();
const managedKey = 'sk-managed-0123456789';
const policy = 'on_http_request:\n  - actions:\n      - type: ai-gateway\n';
let stack: Stack;
let upstream: Upstream;
let operator: ManagementClient;

before(async () => {
  upstream = await startUpstream(chatScript(['Hello'], 10, 5));
  stack = await startStack(data.folder, {
    OPENAI_API_KEY: managedKey,
    TOLLGATE_PROVIDER_BASE_URLS: JSON.stringify({ openai: upstream.baseUrl }),
    TOLLGATE_MANAGEMENT_RATE_LIMIT: '100000',
  });
  operator = client(stack.managementKey);
  await operator.createCreditGrant({ body: { amount_usd: '100.00', reason: 'tests' } });
});

after(async () => {
  await stack.kill('SIGTERM');
  await upstream.close();
  data.remove();
});

function client(token: string): ManagementClient {
  return createManagementClient({ baseUrl: stack.managementUrl, token });
}

async function newKey(fields: object = {}) {
  const body = { endpoint_id: stack.endpointId, ...fields };
  const { token, ...key } = await operator.createAiGatewayApiKey({ body });
  return { token: token as string, key };
}

function call(headers: Record<string, string>, path = '/v1/chat/completions'): Promise<Response> {
  return fetch(stack.gatewayUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'openai:gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 5 }),
  });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Longer than the local stack remembers keys and endpoints. */
const untilForgotten = () => new Promise(resolve => setTimeout(resolve, 300));

test('A1, A13, A14: a gateway key replaces provider accounts, in either header, and never reaches a provider', async () => {
  const { token } = await newKey();
  for (const headers of [bearer(token), { 'x-api-key': token }]) {
    const before = upstream.requests.length;
    assert.equal((await call(headers)).status, 200);
    const seen = upstream.requests.slice(before);
    assert.deepEqual(
      seen.map(request => request.headers.authorization),
      [`Bearer ${managedKey}`],
    );
    assert.doesNotMatch(JSON.stringify(seen), new RegExp(token));
  }
});

test('A2: gateway keys and management keys are two things', async () => {
  const { token } = await newKey();
  await assert.rejects(client(token).listAiGatewayApiKeys(), refused(401, 'authentication_required'));
  assert.equal((await call(bearer(stack.managementKey))).status, 401);
});

test('A3, A11, A12: each key is revoked alone, within the stated time, and what is mutated or deleted calls nobody', async () => {
  const one = await newKey();
  const two = await newKey();
  assert.equal((await call(bearer(one.token))).status, 200);
  await operator.deleteAiGatewayApiKey({ id: one.key.id });
  await untilForgotten();
  const before = upstream.requests.length;
  const mutated = `${two.token.slice(0, -1)}${two.token.endsWith('a') ? 'b' : 'a'}`;
  for (const token of [one.token, mutated, 'ng-x-g1-y']) {
    const response = await call(bearer(token));
    assert.deepEqual([response.status, response.headers.get('ngrok-error-code')], [401, 'ERR_NGROK_27007']);
  }
  assert.equal(upstream.requests.length, before);
  assert.equal((await call(bearer(two.token))).status, 200);
});

test('A4, A5: the token is in the answer that creates the key, and nowhere else', async () => {
  const { token, key } = await newKey();
  const elsewhere = [
    await operator.getAiGatewayApiKey({ id: key.id }),
    await operator.listAiGatewayApiKeys(),
    await operator.updateAiGatewayApiKey({ id: key.id, body: { description: 'x' } }),
    await operator.listAuditEvents(),
  ];
  assert.doesNotMatch(JSON.stringify(elsewhere), new RegExp(token));
  const { paths } = (await (await fetch(`${stack.managementUrl}/openapi.json`)).json()) as { paths: object };
  const ofKeys = Object.keys(paths).filter(path => path.startsWith('/ai_gateway_api_keys'));
  assert.deepEqual(ofKeys, ['/ai_gateway_api_keys', '/ai_gateway_api_keys/{id}'], 'no operation shows or renews one');
});

test('A6, A16: what is missing, too long or not there has a code of its own', async () => {
  const post = async (body: object) => {
    const response = await stack.manage('POST', '/ai_gateway_api_keys', body);
    return [response.status, errorAnswer.parse(await response.json()).error_code];
  };
  const endpoint_id = stack.endpointId;
  assert.deepEqual(await post({}), [422, 'ERR_NGROK_27006']);
  assert.deepEqual(await post({ endpoint_id: 'ep_000000000000000' }), [404, 'ERR_NGROK_27002']);
  assert.deepEqual(await post({ endpoint_id, description: 'x'.repeat(256) }), [422, 'ERR_NGROK_27004']);
  assert.deepEqual(await post({ endpoint_id, metadata: 'x'.repeat(4097) }), [422, 'ERR_NGROK_27005']);
  await newKey({ description: 'x'.repeat(255), metadata: 'x'.repeat(4096) });
});

test('A7, A19: a key works on one endpoint, and can be moved to another', async () => {
  const other = await operator.createEndpoint({ body: { slug: 'other', traffic_policy: policy } });
  const { token, key } = await newKey();
  const onOther = () => call(bearer(token), '/e/other/v1/chat/completions');
  const onDefault = () => call(bearer(token), '/e/default/v1/chat/completions');
  assert.equal((await onDefault()).status, 200);
  const refusedThere = await onOther();
  assert.deepEqual([refusedThere.status, refusedThere.headers.get('ngrok-error-code')], [403, 'ERR_NGROK_27008']);
  await operator.updateAiGatewayApiKey({ id: key.id, body: { endpoint_id: other.id } });
  await untilForgotten();
  assert.equal((await onOther()).status, 200);
  assert.equal((await onDefault()).status, 403);
});

test('A9, A10: keys are described, say when they were used, and their usage can be told apart', async () => {
  const { token, key } = await newKey({ description: 'one', metadata: '{"team":"a"}' });
  assert.deepEqual([key.description, key.metadata, key.last_used], ['one', '{"team":"a"}', null]);
  const response = await call(bearer(token));
  const id = response.headers.get('ngrok-aig-request-id') as string;
  await response.text();
  const record = await untilThere(() => operator.getUsageRequest({ id }));
  assert.equal(record.ai_gateway_api_key?.id, key.id);
  const used = await untilThere(async () => {
    const { last_used } = await operator.getAiGatewayApiKey({ id: key.id });
    if (last_used === null) throw new Error('not used yet');
    return last_used;
  });
  assert.match(used, /^\d{4}-\d\d-\d\dT\d\d:\d\d:00(\.000)?Z$/);
});

async function untilThere<Value>(look: () => Promise<Value>): Promise<Value> {
  for (let tries = 0; ; tries++) {
    try {
      return await look();
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }
}

test('A15: keys are created, listed newest first in pages, read, changed and deleted', async () => {
  const made = [await newKey(), await newKey()].map(({ key }) => key.id).reverse();
  const first = await operator.listAiGatewayApiKeys({ query: { limit: 1 } });
  assert.deepEqual(
    first.ai_gateway_api_keys.map(({ id }) => id),
    [made[0]],
  );
  const next = new URL(first.next_page_uri as string);
  assert.equal(next.origin, stack.managementUrl);
  const second = await (await stack.manage('GET', next.pathname + next.search)).json();
  assert.deepEqual(
    (second as typeof first).ai_gateway_api_keys.map(({ id }) => id),
    [made[1]],
  );
  for (const id of made) await operator.deleteAiGatewayApiKey({ id });
  await assert.rejects(operator.getAiGatewayApiKey({ id: made[0] as string }), refused(404, 'not_found'));
});

test('A18: tokens and ids have their form', async () => {
  const { token, key } = await newKey();
  assert.match(token, /^ng-[0-9A-Za-z]+-g1-[0-9A-Za-z]+$/);
  assert.match(key.id, /^aigk_[0-9A-Za-z]+$/);
});

async function newAccount(plan: 'free' | 'hobbyist' | 'payg') {
  const { id } = await operator.createAccount({ body: { plan } });
  const { token } = await operator.createApiKey({ account: id, body: { role: 'admin' } });
  return { id, admin: client(token as string) };
}

test('B1: the gateway is for accounts on payg; others can have neither keys nor answers', async () => {
  const { id, admin } = await newAccount('payg');
  const endpoint = await admin.createEndpoint({ body: { slug: 'plans', traffic_policy: policy } });
  const { token } = await admin.createAiGatewayApiKey({ body: { endpoint_id: endpoint.id } });
  await operator.createCreditGrant({ account: id, body: { amount_usd: '5.00', reason: 'tests' } });
  assert.equal((await call(bearer(token as string))).status, 200);
  for (const plan of ['free', 'hobbyist'] as const) {
    await operator.updateAccount({ id, body: { plan } });
    await untilForgotten();
    const response = await call(bearer(token as string));
    assert.deepEqual([response.status, response.headers.get('ngrok-error-code')], [403, 'ERR_NGROK_27001']);
    const another = admin.createAiGatewayApiKey({ body: { endpoint_id: endpoint.id } });
    await assert.rejects(another, refused(403, 'ERR_NGROK_27001'));
  }
  await operator.updateAccount({ id, body: { plan: 'payg' } });
  await untilForgotten();
  assert.equal((await call(bearer(token as string))).status, 200);
});

test('B11: every account has credits of its own', async () => {
  const { id, admin } = await newAccount('payg');
  const before = await operator.getCreditBalance();
  await operator.createCreditGrant({ account: id, body: { amount_usd: '7.00', reason: 'tests' } });
  assert.equal((await admin.getCreditBalance()).available_usd, '7.00');
  assert.equal((await operator.getCreditBalance()).purchased_nano_usd, before.purchased_nano_usd);
});

test('a suspended account is refused with 403 at both doors', async () => {
  const { id, admin } = await newAccount('payg');
  const endpoint = await admin.createEndpoint({ body: { slug: 'suspended', traffic_policy: policy } });
  const { token } = await admin.createAiGatewayApiKey({ body: { endpoint_id: endpoint.id } });
  await operator.updateAccount({ id, body: { suspended: true } });
  await assert.rejects(admin.listEndpoints(), refused(403, 'account_suspended'));
  await untilForgotten();
  const response = await call(bearer(token as string));
  assert.deepEqual([response.status, response.headers.get('ngrok-error-code')], [403, 'account_suspended']);
});

test('L1: an endpoint is made from YAML or JSON, called, changed, rolled back and deleted', async () => {
  const json = JSON.stringify({ on_http_request: [{ actions: [{ type: 'ai-gateway' }] }] });
  const endpoint = await operator.createEndpoint({ body: { slug: 'crud', traffic_policy: json } });
  const { token } = await operator.createAiGatewayApiKey({ body: { endpoint_id: endpoint.id } });
  assert.equal((await call(bearer(token as string))).status, 200);
  const own = `on_http_request: [{ type: ai-gateway, config: { providers: [{ id: openai, api_keys: [{ value: sk-own }] }] } }]`;
  const changed = await operator.updateEndpoint({ id: endpoint.id, ifMatch: '"1"', body: { traffic_policy: own } });
  assert.deepEqual([changed.policy_version, changed.traffic_policy], [2, own]);
  await untilForgotten();
  await call(bearer(token as string));
  assert.equal(upstream.requests.at(-1)?.headers.authorization, 'Bearer sk-own');
  const back = await operator.rollbackEndpoint({ id: endpoint.id, body: { version: 1 } });
  assert.deepEqual([back.policy_version, back.traffic_policy], [3, json]);
  await untilForgotten();
  await call(bearer(token as string));
  assert.equal(upstream.requests.at(-1)?.headers.authorization, `Bearer ${managedKey}`);
  await operator.deleteEndpoint({ id: endpoint.id });
  await untilForgotten();
  const gone = await call(bearer(token as string));
  assert.deepEqual([gone.status, gone.headers.get('ngrok-error-code')], [404, 'ERR_NGROK_3200']);
  assert.equal((await call({}, '/e/crud/v1/chat/completions')).status, 404);
});

test('L3: version, paging, errors and CORS keep their conventions', async () => {
  assert.equal((await stack.manage('GET', '/endpoints', undefined, { 'ngrok-version': '2' })).status, 200);
  const old = await stack.manage('GET', '/endpoints', undefined, { 'ngrok-version': '1' });
  const error = errorAnswer.parse(await old.json());
  assert.deepEqual([old.status, error.error_code, error.status_code], [400, 'ERR_NGROK_217', 400]);
  for (const [method, path, status] of [
    ['GET', '/nothing', 404],
    ['PUT', '/endpoints', 405],
  ] as const) {
    const answer = await stack.manage(method, path);
    assert.equal(answer.status, status);
    assert.equal(errorAnswer.parse(await answer.json()).status_code, status);
  }
  const origin = 'https://console.example.com';
  const preflight = await fetch(`${stack.managementUrl}/endpoints`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  });
  assert.deepEqual(
    [
      preflight.status,
      preflight.headers.get('access-control-max-age'),
      preflight.headers.get('access-control-allow-origin'),
    ],
    [204, '600', origin],
  );
});

test('L3: the 121st request of a minute answers 429 and says when to come back', async () => {
  await stack.kill('SIGTERM');
  stack = await startStack(data.folder);
  const statuses: number[] = [];
  let refusedAt: Response | undefined;
  // A minute may begin in between; then at most another 120 are admitted.
  while (!refusedAt && statuses.length <= 240) {
    const response = await stack.manage('GET', '/credits/balance');
    if (response.status === 429) refusedAt = response;
    else statuses.push(response.status);
  }
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.ok(refusedAt);
  assert.equal(errorAnswer.parse(await refusedAt.json()).error_code, 'ERR_NGROK_226');
  const seconds = Number(refusedAt.headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 60);
});
