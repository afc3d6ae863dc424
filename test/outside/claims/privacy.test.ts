import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient, ListTablesCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import { eventually } from '../../support/eventually.ts';
import { type OtlpReceiver, startOtlpReceiver, valuesOf } from '../../support/otlp-receiver.ts';
import { chatAnswer, sendEvents, sendJson } from '../../support/upstream.ts';
import { type ClaimStack, startClaimStack } from './claim-stack.ts';

/** No part of any of these may be anywhere that it was not sent to. */
const canary = {
  prompt: 'canary-prompt-7f3a9c',
  answer: 'canary-answer-2b8e41',
  header: 'canary-header-9d0c56',
  secret: 'canary-secret-4e6a17',
  ownKey: 'canary-provider-key-c35b80',
  clientKey: 'sk-canary-client-key-1a2b3c4d5e6f',
  cookie: 'canary-cookie-a81f02',
  query: 'canary-query-5c7d93',
};

let stack: ClaimStack;
let receiver: OtlpReceiver;
let dynamo: DynamoDBClient;

before(async () => {
  receiver = await startOtlpReceiver();
  stack = await startClaimStack({
    TOLLGATE_LOG: 'file',
    TOLLGATE_ROLLUP_SECONDS: '1',
    TOLLGATE_OTLP_ENDPOINT: receiver.endpoint,
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  dynamo = new DynamoDBClient({ endpoint: stack.dynamodbUrl, region: 'us-east-1', credentials });
  await stack.saveSecret('canaries', 'secret', canary.secret);
  await stack.saveSecret('canaries', 'own-key', canary.ownKey);
  await stack.setPolicy(policy());
});
after(async () => {
  await stack.close();
  dynamo.destroy();
  await receiver.close();
});
beforeEach(async () => {
  stack.forget();
  stack.upstream.script = (_, response) => sendJson(response, 200, chatAnswer(canary.answer, 9, 1));
  await setInspector(false);
});

/** Secrets in a header of ours to the provider, and the endpoint's own key. */
function policy(): string {
  return `on_http_request:
  - actions:
      - type: add-headers
        config: { headers: { x-from-secret: "\${secrets.get('canaries', 'secret')}" } }
      - type: ai-gateway
        config:
          providers:
            - id: mine
              base_url: ${stack.providerUrl('mine')}
              api_keys: [{ value: "\${secrets.get('canaries', 'own-key')}" }]
              models: [{ id: tale }]
`;
}

async function setInspector(inspector: boolean, more: object = {}) {
  const answer = await stack.manage('PATCH', `/endpoints/${stack.endpointId}`, { inspector, ...more });
  assert.equal(answer.status, 200, await answer.text());
}

const call = { model: 'mine:tale', messages: [{ role: 'user', content: canary.prompt }] };

function send(body: object = call, headers: Record<string, string> = {}, query = '') {
  return stack.post(`/v1/chat/completions${query}`, body, headers);
}

const idOf = (response: Response) => response.headers.get('ngrok-aig-request-id') ?? '';

async function manage(path: string): Promise<Record<string, never>> {
  return (await stack.manage('GET', path)).json() as Promise<Record<string, never>>;
}

async function inspected(id: string) {
  return eventually(`inspected ${id}`, async () => {
    const answer = await stack.manage('GET', `/inspector/requests/${id}`);
    return answer.status === 200 ? ((await answer.json()) as Inspected) : undefined;
  });
}

interface Inspected {
  expires_at: string;
  created_at: string;
  total_ms: number;
  replay_of: string | null;
  request: Message & { query: string };
  response: Message;
}

interface Message {
  headers: Record<string, string>;
  body: string;
  body_bytes: number;
  truncated: string[];
  masked: string[];
}

const logFile = () => join(stack.dataFolder, 'requests.log');

const logLines = () => (existsSync(logFile()) ? readFileSync(logFile(), 'utf8') : '');

/** Every item of every table, as JSON. */
async function everyItem(): Promise<string> {
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand());
  assert.ok(TableNames.length >= 4);
  let text = '';
  for (const TableName of TableNames) {
    for await (const { Items } of paginateScan({ client: dynamo }, { TableName })) text += JSON.stringify(Items);
  }
  return text;
}

/** All that is kept or shown of requests, by what shows it. */
async function everythingKept(ids: string[]): Promise<Record<string, string>> {
  const shown = [
    '/usage',
    '/usage/overview',
    '/usage/export?format=jsonl',
    '/metrics',
    '/metrics/prometheus',
    '/audit_events',
  ];
  const answers = [...shown, ...ids.map(id => `/usage/requests/${id}`)].map(async path => {
    const answer = await stack.manage('GET', path);
    assert.equal(answer.status, 200, path);
    return [path, await answer.text()] as const;
  });
  return {
    ...Object.fromEntries(await Promise.all(answers)),
    tables: await everyItem(),
    log: logLines(),
    telemetry: receiver.text,
    printed: stack.output(),
  };
}

async function recorded(ids: string[]): Promise<void> {
  for (const id of ids) {
    await eventually(
      `record of ${id}`,
      async () => (await stack.manage('GET', `/usage/requests/${id}`)).ok || undefined,
    );
    await eventually(`line of ${id}`, async () => logLines().includes(id) || undefined);
  }
  const sent = () => new Set(receiver.spans.map(({ attributes }) => valuesOf(attributes)['tollgate.request.id']));
  // A slot is sent when it has been closed for the grace.
  for (let seconds = 0; seconds < 60 && !ids.every(id => sent().has(id)); seconds++) await setTimeout(1_000);
  assert.ok(
    ids.every(id => sent().has(id)),
    'traces came',
  );
}

/** Requests that succeed, stream, fail over, fail and are refused, each with all canaries. */
async function sendCanaries(): Promise<string[]> {
  const headers = { 'x-canary': canary.header, cookie: `session=${canary.cookie}` };
  const query = `?trail=${canary.query}`;
  const whole = await send(call, headers, query);
  assert.match(await whole.text(), new RegExp(canary.answer));
  stack.upstream.script = (_, response) =>
    sendJson(response, 401, {
      error: { message: `bad key ${canary.ownKey} for "${canary.prompt}": ${canary.answer}` },
    });
  const failed = await send(call, headers, query);
  await failed.text();
  stack.upstream.script = (_, response) => sendEvents(response, [`data: ${canary.answer} {\n\n`]);
  const broken = await send({ ...call, stream: true }, headers, query);
  await broken.text();
  const refused = await send({ ...call, messages: canary.prompt, temperature: canary.prompt }, headers, query);
  await refused.text();
  const foreign = await stack.post(
    `/e/${stack.slug}/v1/chat/completions`,
    { ...call, model: 'openai:gpt-4o-mini' },
    {
      ...headers,
      authorization: `Bearer ${canary.clientKey}`,
    },
  );
  await foreign.text();
  const nonsense = await stack.post('/v1/chat/completions', `{"${canary.prompt}`, headers);
  await nonsense.text();
  return [whole, failed, broken].map(idOf);
}

test('I5: no prompt, answer, key, header, cookie, query or secret is in any table, log, metric, trace or answer about requests', async () => {
  const ids = await sendCanaries();
  await recorded(ids);
  assert.equal(stack.upstream.requests[0]?.headers['x-from-secret'], canary.secret, 'the secret was in use');
  const kept = await everythingKept(ids);
  for (const id of ids) assert.ok(kept.tables?.includes(id) && kept.log?.includes(id), 'what is searched is there');
  for (const [place, text] of Object.entries(kept)) {
    for (const [what, value] of Object.entries(canary)) assert.ok(!text.includes(value), `the ${what} is in ${place}`);
    assert.ok(!text.includes(stack.gatewayKey), `the gateway key is in ${place}`);
    assert.ok(!text.includes(stack.managementKey), `the management key is in ${place}`);
  }
});

test('I6: with the Traffic Inspector on, bodies are there to be seen, to 10 KB, and credentials never', async () => {
  await setInspector(true);
  const ids = await sendCanaries();
  await recorded(ids);
  const [first] = ids;
  const seen = await inspected(first as string);
  assert.equal(seen.request.body, JSON.stringify(call));
  assert.ok(seen.response.body.includes(canary.answer));
  assert.equal(seen.request.headers['x-canary'], canary.header);
  assert.ok(seen.request.query.includes(canary.query));
  for (const id of ids) await inspected(id);
  const { requests } = (await manage('/inspector/requests')) as unknown as { requests: { id: string }[] };
  assert.ok(requests.length >= 5, 'refused ones are there too');
  const kept = await everythingKept(ids);
  for (const { id } of requests)
    kept[`/inspector/requests/${id}`] = JSON.stringify(await manage(`/inspector/requests/${id}`));
  for (const [place, text] of Object.entries(kept)) {
    for (const what of ['secret', 'ownKey', 'clientKey', 'cookie'] as const) {
      assert.ok(!text.includes(canary[what]), `the ${what} is in ${place}`);
    }
    assert.ok(!text.includes(stack.gatewayKey), `the gateway key is in ${place}`);
    if (place === 'tables' || place.startsWith('/inspector')) continue;
    for (const what of ['prompt', 'answer', 'header'] as const) {
      assert.ok(!text.includes(canary[what]), `the ${what} is in ${place}`);
    }
  }
  const long = await send(
    { ...call, messages: [{ role: 'user', content: 'x'.repeat(20_000) }] },
    { 'x-long': 'y'.repeat(2_000) },
  );
  await long.text();
  const cut = await inspected(idOf(long));
  assert.equal(Buffer.byteLength(cut.request.body), 10_240);
  assert.equal(cut.request.headers['x-long']?.length, 1_024);
  assert.deepEqual(cut.request.truncated, ['headers.x-long', 'body']);
});

test('K6: what the Traffic Inspector has kept is found by status, model, key and time', async () => {
  await setInspector(true);
  const good = idOf(await send());
  stack.upstream.script = (_, response) => sendJson(response, 500, { error: { message: 'no' } });
  const bad = idOf(await send());
  for (const id of [good, bad]) await inspected(id);
  const found = async (query: string) => {
    const { requests } = (await manage(`/inspector/requests?${query}`)) as unknown as { requests: { id: string }[] };
    return requests.map(({ id }) => id);
  };
  const ofModel = await found('model=tale&limit=1');
  assert.deepEqual(ofModel, [good]);
  assert.equal((await found('statusCode=500'))[0], bad);
  assert.ok(!(await found('statusCode=200')).includes(bad));
  assert.deepEqual(await found('accessKeyId=aigk_0000000000000AA'), []);
  assert.deepEqual(await found(`endTime=${new Date(Date.now() - 3_600_000).toISOString()}`), []);
});

test('I7: the Traffic Inspector is off unless somebody turns it on, which the audit log says', async () => {
  const policyText = 'on_http_request:\n  - actions:\n      - type: ai-gateway\n';
  const made = await stack.manage('POST', '/endpoints', { slug: 'quiet', traffic_policy: policyText });
  const endpoint = (await made.json()) as { id: string; inspector: boolean };
  assert.equal(endpoint.inspector, false);
  await setInspector(true, { inspector_retention_hours: 24 });
  const { audit_events } = (await manage('/audit_events?limit=1')) as unknown as { audit_events: { note: string }[] };
  assert.equal(audit_events[0]?.note, 'Traffic Inspector on, requests kept for 24 hours');
});

test('I8: requests are kept 24 hours, at most 72', async () => {
  await setInspector(true, { inspector_retention_hours: 24 });
  const hours = async () => {
    const { expires_at, created_at, total_ms } = await inspected(idOf(await send()));
    return (Date.parse(expires_at) - Date.parse(created_at) - total_ms) / 3_600_000;
  };
  assert.equal(await hours(), 24);
  await setInspector(true, { inspector_retention_hours: 72 });
  assert.equal(await hours(), 72);
  const refused = await stack.manage('PATCH', `/endpoints/${stack.endpointId}`, { inspector_retention_hours: 73 });
  assert.equal(refused.status, 400);
});

test('K12: a kept request is sent again through the present policy, with a key that is given anew', async () => {
  await setInspector(true);
  const original = idOf(await send(call, { 'x-team': 'blue' }));
  await inspected(original);
  const replay = (id: string, body: object) => stack.manage('POST', `/inspector/requests/${id}/replay`, body);
  const problem = async (answer: Response) => [answer.status, ((await answer.json()) as { msg: string }).msg] as const;

  assert.match((await problem(await replay(original, {})))[1], /give a key of its endpoint as "gateway_key"/);
  const [status, message] = await problem(await replay(original, { gateway_key: canary.clientKey }));
  assert.equal(status, 422);
  assert.ok(!message.includes(canary.clientKey));

  await stack.setPolicy(
    policy().replace(
      'on_http_request:',
      `on_http_request:
  - expressions: ["!('ngrok-replay-original-request-id' in req.headers)"]
    actions:
      - type: custom-response
        config: { status_code: 418, body: "only repetitions are answered" }`,
    ),
  );
  assert.equal((await send()).status, 418);
  stack.forget();
  stack.upstream.script = (_, response) => sendJson(response, 200, chatAnswer('again', 9, 1));
  const answer = await replay(original, { gateway_key: stack.gatewayKey });
  const again = (await answer.json()) as { request_id: string; status_code: number; original_request_id: string };
  assert.equal(answer.status, 200, JSON.stringify(again));
  assert.equal(again.status_code, 200);
  assert.equal(again.original_request_id, original);
  assert.deepEqual(stack.upstream.requests[0]?.body, { ...call, model: 'tale' });
  assert.equal(stack.upstream.requests[0]?.headers['ngrok-replay-original-request-id'], undefined);
  const seen = await inspected(again.request_id);
  assert.equal(seen.replay_of, original);
  assert.equal(seen.request.headers['x-team'], 'blue');
  assert.equal(seen.request.body, JSON.stringify(call));

  const long = idOf(await send({ ...call, messages: [{ role: 'user', content: 'x'.repeat(20_000) }] }));
  await inspected(long);
  assert.match((await problem(await replay(long, { gateway_key: stack.gatewayKey })))[1], /its body was too long/);
  const crumbly = idOf(await send(call, { cookie: 'a=b' }));
  await inspected(crumbly);
  assert.match(
    (await problem(await replay(crumbly, { gateway_key: stack.gatewayKey })))[1],
    /headers\.cookie is masked/,
  );
});

test('K12: every attempt is a span of the trace that the client began', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  await stack.setPolicy(policy());
  const id = idOf(await send(call, { traceparent }));
  await recorded([id]);
  assert.equal(stack.upstream.requests.at(-1)?.headers.traceparent, traceparent);
  const spans = receiver.spans.filter(span => span.traceId === traceId);
  const [request] = spans.filter(span => span.parentSpanId === '00f067aa0ba902b7');
  assert.equal(valuesOf(request?.attributes ?? [])['tollgate.request.id'], id);
  const attempts = spans.filter(span => span.parentSpanId === request?.spanId);
  assert.deepEqual(
    attempts.map(({ name }) => name),
    ['chat tale'],
  );
  assert.deepEqual(receiver.problems, []);
});
