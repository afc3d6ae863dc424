import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import {
  chatAnswer,
  chatEvents,
  chatScript,
  doneEvent,
  sendEvents,
  sendJson,
  startUpstream,
  type Upstream,
  usageEvent,
} from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

before(async () => {
  upstream = await startUpstream(chatScript(['Hello'], 9, 1));
  gateway = await startTestGateway({
    baseUrls: { openai: upstream.baseUrl, anthropic: upstream.baseUrl },
    managedKeys: { openai: 'sk-managed' },
  });
  await gateway.grant(5_000_000_000n);
});

beforeEach(() => {
  gateway.reports.length = 0;
  upstream.requests.length = 0;
  upstream.script = chatScript(['Hello'], 9, 1);
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 };

function use(request: object[], response: object[] = [], message: object[] = []): Promise<void> {
  return gateway.setPolicy(
    JSON.stringify({ on_http_request: request, on_http_response: response, on_event_stream_message: message }),
  );
}

/** The first model fails, the second answers. */
const chain = [
  {
    actions: ['gpt-4o', 'gpt-4o-mini'].map((id, index) => ({
      type: 'ai-gateway',
      config: {
        on_error: index === 0 ? 'continue' : 'halt',
        model_selection: { strategy: [`ai.models.filter(m, m.id == '${id}')`] },
      },
    })),
  },
];

test('an answer after a failed ai-gateway action is paid for, also when a rule keeps it from the client', async () => {
  const events = [...chatEvents(['a ', 'b ', 'c ', 'secret ', 'd ', 'e ', 'f ']), usageEvent(9, 7), doneEvent];
  upstream.script = (request, response) =>
    request.body.model === 'gpt-4o'
      ? sendJson(response, 500, { error: { message: 'no' } })
      : sendEvents(response, events, 10);
  const { model: _, ...unnamed } = hello;
  for (const [response, message] of [
    [[{ actions: [{ type: 'custom-response', config: { status_code: 200, body: 'no' } }] }], []],
    [[], [{ actions: [{ type: 'sse-find-replace', config: { replacements: [{ from: 'secret', to: '"' }] } }] }]],
  ] as [object[], object[]][]) {
    await use(chain, response, message);
    const before = await gateway.settled();
    const answer = await gateway.chat({ ...unnamed, stream: true });
    await answer.text();
    const record = await gateway.usageRecord(answer);
    const after = await gateway.settled();
    assert.equal(record?.model, 'gpt-4o-mini');
    assert.ok((before?.availableNanoUsd ?? 0n) > (after?.availableNanoUsd ?? 0n), 'the answer was free');
  }
});

test('the record of a request tells of every ai-gateway action', async () => {
  upstream.script = (request, response) =>
    request.body.model === 'gpt-4o'
      ? sendJson(response, 500, { error: { message: 'no' } })
      : sendJson(response, 200, chatAnswer('Hello', 9, 1));
  await use(chain);
  const { model: _, ...unnamed } = hello;
  const answer = await gateway.chat(unnamed);
  await answer.text();
  const record = await gateway.usageRecord(answer);
  assert.deepEqual(
    record?.attempts.map(({ model }) => model),
    ['gpt-4o', 'gpt-4o-mini'],
  );
});

test('a response-body-find-replace that fails in the middle of a stream ends it with an error event', async () => {
  upstream.script = (_, response) => sendEvents(response, [...chatEvents(['It ', 'is ', 'secret']), doneEvent]);
  const replacements = [{ from: 'secret', to: '"' }];
  await use(
    [{ actions: [{ type: 'ai-gateway' }] }],
    [{ actions: [{ type: 'response-body-find-replace', config: { replacements } }] }],
  );
  const text = await (await gateway.chat({ ...hello, stream: true })).text();
  assert.match(text, /policy_broke_body/);
});

test('replacements that make a body ever longer are refused', async () => {
  const replacements = Array.from({ length: 14 }, () => ({ from: 'Z', to: 'ZZ' }));
  await use([
    {
      actions: [
        { type: 'request-body-find-replace', config: { replacements } },
        { type: 'deny', config: {} },
      ],
    },
  ]);
  const response = await gateway.chat({ ...hello, messages: [{ role: 'user', content: 'Z'.repeat(1_000) }] });
  assert.equal(response.status, 422, 'a body of 16 MB was made of 1 KB');
});

test('the recipe of a rate limit for each key counts a key once, however it is shown', async () => {
  const recipe = await readFile('docs/policies/rate-limit-per-key.yaml', 'utf8');
  await gateway.setPolicy(recipe.replace('capacity: 100', 'capacity: 1'));
  const call = async (headers: Record<string, string>) => {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(hello),
    });
    await response.text();
    return response.status;
  };
  const statuses = [
    await call({ authorization: `Bearer ${gateway.token}` }),
    await call({ authorization: `bearer ${gateway.token}` }),
    await call({ authorization: `Bearer  ${gateway.token}` }),
    await call({ authorization: 'anything', 'x-api-key': gateway.token }),
  ];
  assert.deepEqual(statuses, [200, 429, 429, 429]);
});

test('the token of the bearer-list recipe reaches no provider', async () => {
  gateway.secrets[`accounts/${gateway.accountId}`] = {
    'clients/web': 'tok-web',
    'clients/batch': 'tok-batch',
    'providers/openai': 'sk-own',
  };
  await gateway.setPolicy(await readFile('docs/policies/bearer-list.yaml', 'utf8'));
  const endpoint = await gateway.gateway.endpoint(gateway.accountId, gateway.endpointId);
  const response = await fetch(`${gateway.url}/e/${endpoint?.slug}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer tok-web' },
    body: JSON.stringify({ ...hello, model: 'anthropic:claude-3-5-haiku-20241022' }),
  });
  await response.text();
  const seen = upstream.requests.map(({ headers }) => JSON.stringify(headers)).join();
  assert.ok(!seen.includes('tok-web'), 'the token was sent to a provider');
});

test('a binary answer that breaks off behind a custom-response has its record', async () => {
  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    response.write('abc');
    setTimeout(() => response.destroy(), 20);
  };
  await use(
    [
      {
        actions: [
          {
            type: 'ai-gateway',
            config: { total_timeout: '3s', providers: [{ id: 'openai', api_keys: [{ value: 'sk-own' }] }] },
          },
        ],
      },
    ],
    [{ actions: [{ type: 'custom-response', config: { status_code: 200, body: 'x' } }] }],
  );
  const response = await fetch(`${gateway.url}/v1/audio/speech`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.token}` },
    body: JSON.stringify({ model: 'openai:tts-1', input: 'x' }),
  });
  await response.text();
  assert.ok(await gateway.usageRecord(response));
});

test('a Host that is none is no fault of the gateway, and hides no path', async () => {
  await use([
    {
      expressions: ["req.url.path == '/v1/chat/completions'"],
      actions: [{ type: 'deny', config: { status_code: 403 } }],
    },
    { actions: [{ type: 'ai-gateway' }] },
  ]);
  for (const host of ['a/b', 'a?b', '[']) {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host, authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' };
      request(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers }, response => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end(JSON.stringify(hello));
    });
    assert.ok(status === 403 || status === 400, `host ${host}: ${status}`);
  }
});

test('the recipe against social security numbers finds them however JSON writes them', async () => {
  await gateway.setPolicy(await readFile('docs/policies/redact-ssn.yaml', 'utf8'));
  const escaped = '{"model":"gpt-4o-mini","max_tokens":5,"messages":[{"role":"user","content":"12\\u0033-45-6789"}]}';
  await (await gateway.chat(escaped)).text();
  assert.ok(!JSON.stringify(upstream.requests[0]?.body).includes('123-45-6789'), 'the provider got the number');
});

test('the recipe against social security numbers finds split ones in streams of legacy completions', async () => {
  await gateway.setPolicy(await readFile('docs/policies/redact-ssn.yaml', 'utf8'));
  const events = ['My number is 123-4', '5-6789 .'].map(
    (text, index) =>
      `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, text, finish_reason: index === 1 ? 'stop' : null }] })}\n\n`,
  );
  upstream.script = (_, response) => sendEvents(response, [...events, usageEvent(9, 3), doneEvent]);
  const response = await fetch(`${gateway.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gateway.token}` },
    body: JSON.stringify({ model: 'gpt-3.5-turbo-instruct', prompt: 'Hi', max_tokens: 9, stream: true }),
  });
  const text = [...(await response.text()).matchAll(/"text":"([^"]*)"/g)].map(([, part]) => part).join('');
  assert.equal(response.status, 200);
  assert.ok(!text.includes('123-45-6789'), text);
});

test('a stream that begins with a byte order mark is looked through from its first event', async () => {
  const [first, ...rest] = chatEvents(['secret ', 'or not']);
  const marked = `\ufeff${first?.replace('"content":""', '"content":"secret"')}`;
  upstream.script = (_, response) => sendEvents(response, [marked, ...rest, usageEvent(9, 3), doneEvent]);
  await use(
    [{ actions: [{ type: 'ai-gateway' }] }],
    [],
    [{ actions: [{ type: 'sse-find-replace', config: { replacements: [{ from: 'secret', to: 'X' }] } }] }],
  );
  const text = await (await gateway.chat({ ...hello, stream: true })).text();
  assert.ok(!text.includes('secret'), text.slice(0, 300));
});

test('what a failed ai-gateway action set aside is free for the next one', async () => {
  upstream.script = (request, response) =>
    request.body.model === 'gpt-4o'
      ? sendJson(response, 500, { error: { message: 'no' } })
      : sendJson(response, 200, chatAnswer('Hello', 9, 1));
  await use([{ actions: [chain[0]?.actions[0], chain[0]?.actions[0], chain[0]?.actions[1]] }]);
  const { model: _, ...unnamed } = hello;
  const response = await gateway.chat({ ...unnamed, max_tokens: 16_384, n: 30 });
  assert.equal(response.status, 200, await response.text());
});
