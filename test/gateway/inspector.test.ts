import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '../../functions/core/ids.ts';
import { masked } from '../../functions/core/mask-credentials.ts';
import { changeEndpoint } from '../../functions/store/endpoints.ts';
import { findInspection, type Inspection } from '../../functions/store/inspections.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { chatScript, sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

before(async () => {
  upstream = await startUpstream(chatScript(['Hello'], 9, 1));
  gateway = await startTestGateway({
    baseUrls: { openai: upstream.baseUrl },
    managedKeys: { openai: 'managed-key-without-a-prefix' },
  });
  await gateway.grant(10_000_000_000n);
});
after(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(async () => {
  upstream.script = chatScript(['Hello'], 9, 1);
  await gateway.setPolicy('on_http_request:\n  - actions:\n      - type: ai-gateway\n');
  await setInspector(true);
});

async function setInspector(inspector: boolean, inspectorHours = 24) {
  const by = { changedBy: 'ak', claimId: newId('op', Date.now(), randomBytes), nowMs: Date.now() };
  const endpoint = { accountId: gateway.accountId, id: gateway.endpointId };
  await changeEndpoint(gateway.store, endpoint, { inspector, inspectorHours }, by);
}

function inspectionOf(response: Response): Promise<Inspection> {
  const id = response.headers.get('ngrok-aig-request-id') as string;
  return eventually('inspection', () => findInspection(gateway.store, gateway.accountId, id, Date.now()));
}

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] };

test('a request is kept as it came and as it was answered, with who answered and without its key', async () => {
  const response = await gateway.chat(hello, { 'x-team': 'blue' });
  const answer = await response.text();
  const kept = await inspectionOf(response);
  assert.equal(kept.method, 'POST');
  assert.equal(kept.path, '/v1/chat/completions');
  assert.equal(kept.gatewayKeyId, gateway.gatewayKeyId);
  assert.deepEqual([kept.provider, kept.model, kept.outcome, kept.status], ['openai', 'gpt-4o-mini', 'succeeded', 200]);
  assert.equal(kept.request.body, JSON.stringify(hello));
  assert.equal(kept.request.headers['x-team'], 'blue');
  assert.equal(kept.request.headers.authorization, `Bearer ${masked}`);
  assert.deepEqual(kept.request.masked, ['headers.authorization']);
  assert.deepEqual(kept.request.cut, []);
  assert.equal(kept.response.body, answer);
  assert.equal(kept.response.headers['ngrok-aig-model'], 'gpt-4o-mini');
  assert.equal(Date.parse(kept.expiresAt) - Date.parse(kept.createdAt) - kept.totalMs, 24 * 3_600_000);
});

test('a stream is kept as the client got it, and for as long as the endpoint says', async () => {
  await setInspector(true, 72);
  const response = await gateway.chat({ ...hello, stream: true });
  const answer = await response.text();
  const kept = await inspectionOf(response);
  assert.equal(kept.response.body, answer);
  assert.equal(Date.parse(kept.expiresAt) - Date.parse(kept.createdAt) - kept.totalMs, 72 * 3_600_000);
});

test('a request that the second ai-gateway action answers is kept under the id that the client has', async () => {
  await gateway.setPolicy(`on_http_request:
  - actions:
      - { type: ai-gateway, config: { on_error: continue } }
      - { type: ai-gateway }`);
  upstream.script = (_, response) => sendJson(response, 500, { error: { message: 'no' } });
  const response = await gateway.chat(hello);
  await response.text();
  const kept = await inspectionOf(response);
  const record = await gateway.usageRecord(response);
  assert.equal(kept.requestId, record?.requestId);
  assert.equal(record?.attempts.length, 2);
});

test('bodies over 10 KB and values over 1 KB are cut and marked, never inside a character', async () => {
  const content = 'ä'.repeat(20_000);
  upstream.script = (_, response) => sendJson(response, 200, { text: 'ö'.repeat(20_000) });
  const response = await gateway.chat(
    { ...hello, messages: [{ role: 'user', content }] },
    { 'x-long': 'y'.repeat(2_000) },
  );
  const answer = await response.text();
  const kept = await inspectionOf(response);
  for (const [side, whole] of [
    [kept.request, JSON.stringify({ ...hello, messages: [{ role: 'user', content }] })],
    [kept.response, answer],
  ] as const) {
    assert.ok(side.cut.includes('body'));
    assert.equal(side.bodyBytes, Buffer.byteLength(whole));
    assert.ok(whole.startsWith(side.body));
    const bytes = Buffer.byteLength(side.body);
    assert.ok(bytes > 10_200 && bytes <= 10_240, String(bytes));
  }
  assert.equal(kept.request.headers['x-long'], 'y'.repeat(1024));
  assert.deepEqual(kept.request.cut, ['headers.x-long', 'body']);
});

test('requests that the policy or the gateway refuses, and those that it answers itself, are kept too', async () => {
  await gateway.setPolicy(
    'on_http_request:\n  - actions:\n      - type: custom-response\n        config: { status_code: 418, body: "no tea" }\n',
  );
  const answered = await inspectionOf(await gateway.chat(hello));
  assert.deepEqual([answered.status, answered.response.body, answered.outcome], [418, 'no tea', undefined]);
  await gateway.setPolicy('on_http_request:\n  - actions:\n      - type: ai-gateway\n');
  const refused = await inspectionOf(await gateway.chat({ model: 'nobody:nothing', messages: [] }));
  assert.equal(refused.status, 422);
  assert.match(refused.response.body, /ERR_NGROK_3804/);
  const listed = await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${gateway.token}` } });
  assert.ok((await inspectionOf(listed)).response.body.startsWith('{"object":"list"'));
});

test('keys and secrets that an answer gives away are masked, whatever they look like', async () => {
  upstream.script = (_, response) =>
    sendJson(response, 400, {
      error: { message: 'key managed-key-without-a-prefix of session plain-session-value is bad' },
    });
  const response = await gateway.chat(hello, { cookie: 'session=plain-session-value; a=b' });
  const kept = await inspectionOf(response);
  assert.match(kept.response.body, new RegExp(`key ${masked.replace('[', '\\[')} of session`));
  assert.ok(!JSON.stringify(kept).includes('managed-key-without-a-prefix'));
  assert.ok(!JSON.stringify(kept).includes('plain-session-value'));
  gateway.secrets[`accounts/${gateway.accountId}`] = { 'v/s': 'quiet-secret-value' };
  await gateway.setPolicy(
    `on_http_request:\n  - actions:\n      - type: custom-response\n        config: { status_code: 200, body: "it is \${secrets.get('v', 's')}" }\n`,
  );
  const told = await gateway.chat(hello);
  assert.equal(await told.text(), 'it is quiet-secret-value');
  assert.equal((await inspectionOf(told)).response.body, `it is ${masked}`);
});

test('what is no text is kept as well as may be, and counts as cut', async () => {
  const body = Buffer.from([0xff, 0xfe, 0x00, 0x41]);
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}` },
    body,
  });
  const kept = await inspectionOf(response);
  assert.equal(kept.request.bodyBytes, 4);
  assert.deepEqual(kept.request.cut, ['body']);
});

test('with the inspector off nothing is kept', async () => {
  await setInspector(false);
  const response = await gateway.chat(hello);
  await response.text();
  await gateway.settled();
  const id = response.headers.get('ngrok-aig-request-id') as string;
  assert.ok(await gateway.usageRecord(response));
  assert.equal(await findInspection(gateway.store, gateway.accountId, id, Date.now()), undefined);
  assert.deepEqual(gateway.reports, []);
});

test('an inspector that cannot write is reported, and the client has its answer', async () => {
  const { dynamo } = gateway.store;
  const { send } = dynamo;
  dynamo.send = ((command: { input: { Item?: { sk?: { S?: string }; expiryShard?: unknown } } }) => {
    if (command.input.Item?.expiryShard) throw new Error('no room');
    return send.call(dynamo, command as never);
  }) as never;
  try {
    const response = await gateway.chat(hello);
    assert.equal(response.status, 200);
    await eventually('report', async () => gateway.reports.find(report => report.includes('Traffic Inspector')));
  } finally {
    dynamo.send = send;
  }
});
