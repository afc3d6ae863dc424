import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { brokenRules } from '../../functions/core/balance.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { intercept } from '../support/store-faults.ts';
import {
  chatAnswer,
  chatEvents,
  chatScript,
  doneEvent,
  sendEvents,
  sendJson,
  startUpstream,
  type Upstream,
} from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

before(async () => {
  upstream = await startUpstream(chatScript(['Hello'], 9, 1));
  gateway = await startTestGateway({ baseUrls: { openai: upstream.baseUrl }, managedKeys: { openai: 'sk-managed' } });
  await gateway.grant(5_000_000_000n);
});

afterEach(async () => {
  const balance = await gateway.settled();
  assert.deepEqual(balance && brokenRules(balance), []);
  assert.deepEqual(gateway.reports.splice(0), []);
  upstream.script = chatScript(['Hello'], 9, 1);
  upstream.requests.length = 0;
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 };
const models = { type: 'ai-gateway' };

interface Rule {
  name?: string;
  expressions?: string[];
  actions: object[];
}

function use(request: Rule[], response: Rule[] = [], message: Rule[] = []): Promise<void> {
  return gateway.setPolicy(
    JSON.stringify({ on_http_request: request, on_http_response: response, on_event_stream_message: message }),
  );
}

async function errorOf(response: Response) {
  const { error } = (await response.json()) as { error: { message: string; code: string } };
  return { status: response.status, code: error.code, message: error.message };
}

test('an expression that fails refuses the request, names itself and its rule, and nobody is called', async () => {
  await use([{ name: 'by number', expressions: ["int(req.headers['x-level'][0]) > 3"], actions: [models] }]);
  const { status, code, message } = await errorOf(await gateway.chat(hello, { 'x-level': 'high' }));
  assert.deepEqual([status, code], [422, 'ERR_NGROK_2254']);
  assert.match(message, /int\(req\.headers\['x-level'\]\[0\]\) > 3/);
  assert.match(message, /"by number"/);
  assert.equal(upstream.requests.length, 0);
  assert.equal((await gateway.chat(hello, { 'x-level': '4' })).status, 200);
});

test('a request that no rule answers is 404, and the answer says what is missing', async () => {
  await use([{ expressions: ["req.method == 'GET'"], actions: [models] }]);
  const { status, code, message } = await errorOf(await gateway.chat(hello));
  assert.deepEqual([status, code], [404, 'no_rule_answered']);
  assert.match(message, /POST \/v1\/chat\/completions/);
});

test('on_error: continue with nothing behind it answers with the error of the models', async () => {
  await use([
    { actions: [{ type: 'ai-gateway', config: { on_error: 'continue' } }] },
    { actions: [{ type: 'log', config: { metadata: {} } }] },
  ]);
  upstream.script = (_, response) => sendJson(response, 503, { error: { message: 'busy' } });
  assert.equal((await gateway.chat(hello)).status, 503);
});

test('the second ai-gateway action answers when the first has failed, and each request is charged once', async () => {
  const config = (strategy: string, onError = 'halt') => ({
    on_error: onError,
    model_selection: { strategy: [strategy] },
  });
  await use([
    {
      actions: [
        { type: 'ai-gateway', config: config("ai.models.filter(m, m.id == 'gpt-4o')", 'continue') },
        { type: 'ai-gateway', config: config("ai.models.filter(m, m.id == 'gpt-4o-mini')") },
      ],
    },
  ]);
  upstream.script = (request, response) =>
    request.body.model === 'gpt-4o'
      ? sendJson(response, 500, { error: { message: 'no' } })
      : sendJson(response, 200, chatAnswer('Hello', 9, 1));
  const before = await gateway.settled();
  const response = await gateway.chat({ messages: hello.messages, max_tokens: 50 });
  assert.equal(response.headers.get('ngrok-aig-model'), 'gpt-4o-mini');
  await response.text();
  const record = await gateway.usageRecord(response);
  const after = await gateway.settled();
  assert.equal((before?.availableNanoUsd ?? 0n) - (after?.availableNanoUsd ?? 0n), BigInt(record?.costNanoUsd ?? 0));
});

test('a rule that answers in place of the models still pays for what they said', async () => {
  await use(
    [{ actions: [models] }],
    [
      {
        actions: [{ type: 'custom-response', config: { status_code: 418, body: '${res.headers["content-type"][0]}' } }],
      },
    ],
  );
  for (const stream of [false, true]) {
    const before = await gateway.settled();
    const response = await gateway.chat({ ...hello, stream });
    assert.deepEqual(
      [response.status, await response.text()],
      [418, stream ? 'text/event-stream' : 'application/json'],
    );
    const record = await gateway.usageRecord(response);
    assert.equal(record?.usage?.outputTokens, 1);
    const after = await gateway.settled();
    assert.equal((before?.availableNanoUsd ?? 0n) - (after?.availableNanoUsd ?? 0n), BigInt(record?.costNanoUsd ?? 0));
  }
});

test('rules for responses see refusals too', async () => {
  await use(
    [{ actions: [{ type: 'deny', config: { status_code: 410 } }] }],
    [
      {
        expressions: ['res.status_code == 410'],
        actions: [{ type: 'add-headers', config: { headers: { 'x-why': 'gone' } } }],
      },
    ],
  );
  const response = await gateway.chat(hello);
  assert.deepEqual([response.status, response.headers.get('x-why'), await response.text()], [410, 'gone', '']);
});

test('variables of one phase are not seen by the next', async () => {
  await use(
    [{ actions: [{ type: 'set-vars', config: { vars: [{ a: 'x' }] } }, models] }],
    [{ actions: [{ type: 'add-headers', config: { headers: { 'x-a': '${vars.a == null ? "none" : vars.a}' } } }] }],
  );
  assert.equal((await gateway.chat(hello)).headers.get('x-a'), 'none');
});

test('a replacement that breaks the JSON of a request is refused, names its rule, and is never sent', async () => {
  const replacements = [
    { from: 'Hi', to: 'Hello' },
    { from: 'Hello', to: '"' },
  ];
  await use([{ name: 'tidy', actions: [{ type: 'request-body-find-replace', config: { replacements } }, models] }]);
  const { status, code, message } = await errorOf(await gateway.chat(hello));
  assert.deepEqual([status, code], [422, 'policy_broke_body']);
  assert.match(message, /replacements\[1\] of request-body-find-replace of rule "tidy"/);
  assert.equal(upstream.requests.length, 0);
});

test('a rule that fails in the middle of a stream ends it with an error event, and the answer is paid for', async () => {
  await use(
    [{ actions: [models] }],
    [],
    [{ actions: [{ type: 'sse-find-replace', config: { replacements: [{ from: 'secret', to: '"' }] } }] }],
  );
  upstream.script = (_, response) => sendEvents(response, [...chatEvents(['It ', 'is ', 'secret']), doneEvent]);
  const text = await (await gateway.chat({ ...hello, stream: true })).text();
  assert.match(text, /It /);
  assert.doesNotMatch(text, /secret|\[DONE\]/);
  assert.match(text, /"code":"policy_failed"|policy_failed/);
});

test('a store that fails makes a rate limit refuse with 503, or let through, as on_error says', async () => {
  const limit = (onError: string) => ({ capacity: 5, rate: '60s', bucket_key: ["'all'"], on_error: onError });
  const fail = () =>
    intercept(gateway.store.dynamo, ({ input }, send) =>
      /WINDOW#/.test(JSON.stringify(input)) ? Promise.reject(new Error('the store is down')) : send(),
    );
  for (const [onError, status] of [
    ['halt', 503],
    ['continue', 200],
  ] as const) {
    await use([{ actions: [{ type: 'rate-limit', config: limit(onError) }, models] }]);
    const restore = fail();
    const response = await gateway.chat(hello);
    restore();
    assert.equal(response.status, status);
    if (status === 503) assert.ok(Number(response.headers.get('retry-after')) >= 1);
    await response.text();
    assert.match(gateway.reports.splice(0).join(), /could not count a request/);
  }
});

test('no template carries a token of ours to a provider or into a record', async () => {
  const copy = '${req.headers["authorization"][0]}';
  await use([
    {
      actions: [
        { type: 'add-headers', config: { headers: { 'x-copy': copy } } },
        { type: 'log', config: { metadata: { who: copy } } },
        { type: 'ai-gateway', config: { headers: { 'x-other': copy } } },
      ],
    },
  ]);
  const response = await gateway.chat(hello);
  assert.equal(response.status, 200, await response.text());
  assert.ok(upstream.requests[0]?.headers['x-copy']);
  const record = await gateway.usageRecord(response);
  assert.equal(record?.logs?.length, 1);
  for (const seen of [JSON.stringify(upstream.requests[0]?.headers), JSON.stringify(record)]) {
    assert.ok(!seen.includes(gateway.token));
  }
});
