import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import OpenAI from 'openai';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import {
  chatAnswer,
  chatEvents,
  chatScript,
  sendEvents,
  sendJson,
  startUpstream,
  type Upstream,
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

afterEach(async () => {
  upstream.script = chatScript(['Hello'], 9, 1);
  upstream.requests.length = 0;
  await gateway.settled();
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 50 };

async function refusal(response: Response) {
  const { error } = (await response.json()) as { error: { message: string; type: string; param: null; code: string } };
  assert.ok(error.message.includes(error.code), 'the message carries the code');
  assert.equal(response.headers.get('ngrok-error-code'), error.code);
  assert.match(response.headers.get('ngrok-aig-request-id') ?? '', /^rq_/);
  return { status: response.status, code: error.code, type: error.type };
}

const badBodies: [what: string, body: string][] = [
  ['no JSON', 'hello'],
  ['half JSON', '{"model":"gpt-4o"'],
  ['empty', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['a number as model', '{"model":5}'],
  ['a string as models', '{"models":"gpt-4o"}'],
  ['a number in models', '{"models":["gpt-4o",5]}'],
  ['a string as stream', '{"model":"gpt-4o-mini","stream":"yes"}'],
  ['a fraction as limit', '{"model":"gpt-4o-mini","max_tokens":1.5}'],
  ['a negative limit', '{"model":"gpt-4o-mini","max_tokens":-1}'],
  [
    'nesting that no code should follow',
    `{"model":"gpt-4o-mini","tools":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  ],
  ['too many choices', '{"model":"gpt-4o-mini","max_tokens":5,"n":1000000}'],
];

test('a body that cannot be used is refused with 3801 and nothing is sent or held', async () => {
  for (const [what, body] of badBodies) {
    assert.deepEqual(
      await refusal(await gateway.chat(body)),
      { status: 400, code: 'ERR_NGROK_3801', type: 'invalid_request_error' },
      what,
    );
  }
  assert.equal(upstream.requests.length, 0);
});

test('a key that is wrong in any way is 401, and no provider hears of it', async () => {
  const wrong = [
    'ng-abc',
    `${gateway.token}x`,
    gateway.token.slice(0, -1),
    gateway.token.replace('-g1-', '-m1-'),
    'ng_old',
  ];
  for (const token of wrong) {
    const carriers: Record<string, string>[] = [
      { authorization: `Bearer ${token}` },
      { authorization: '', 'x-api-key': token },
      { 'x-api-key': token },
      { authorization: '', 'x-api-key': `Bearer ${token}` },
    ];
    for (const headers of carriers) {
      assert.deepEqual(
        await refusal(await gateway.chat(hello, headers)),
        { status: 401, code: 'ERR_NGROK_27007', type: 'authentication_error' },
        token,
      );
    }
  }
  assert.equal(upstream.requests.length, 0);
});

test('a token of ours in the query goes no further, however it is written; the rest of the query does', async () => {
  const { token } = gateway;
  const percent = [...token].map(character => `%${character.charCodeAt(0).toString(16)}`).join('');
  for (const written of [token, `Bearer%20${token}`, `Bearer+${token}`, percent]) {
    const response = await fetch(`${gateway.url}/v1/chat/completions?a=1&key=${written}&b=%20ng`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(hello),
    });
    assert.equal(response.status, 200, written);
    assert.equal(upstream.requests.pop()?.path, '/v1/chat/completions?a=1&b=%20ng', written);
  }
});

test('without key, slug or host there is no endpoint, and the answer says where it would be', async () => {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(hello) });
  const text = await response.clone().text();
  assert.deepEqual(await refusal(response), { status: 404, code: 'ERR_NGROK_3200', type: 'not_found_error' });
  assert.match(text, /\/e\/\{slug\}\/v1/);
});

test('models that nobody knows, and names without a model, are told apart from mistakes of ours', async () => {
  for (const model of ['totally-new', 'nosuch:foo', 'openai:', 'anthropic/claude-3.5-sonnet']) {
    assert.deepEqual(
      await refusal(await gateway.chat({ ...hello, model })),
      { status: 422, code: 'ERR_NGROK_3804', type: 'model_unknown' },
      model,
    );
  }
});

test('managed keys refuse what has no bound', async () => {
  const cases: [change: object, status: number, code: string][] = [
    [{ model: 'openai:gpt-99-preview' }, 422, 'ERR_NGROK_3816'],
    [{ service_tier: 'priority' }, 422, 'ERR_NGROK_3815'],
    [{ tools: [{ type: 'web_search' }] }, 422, 'ERR_NGROK_3816'],
    [{ web_search_options: {} }, 422, 'ERR_NGROK_3816'],
    [{ messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] }, 422, 'ERR_NGROK_3816'],
    [{ model: 'google:gemini-2.5-flash' }, 400, 'ERR_NGROK_3817'],
    [{ model: 'claude-haiku-4-5' }, 400, 'ERR_NGROK_3817'],
  ];
  for (const [change, status, code] of cases) {
    const answer = await refusal(await gateway.chat({ ...hello, ...change }));
    assert.deepEqual([answer.status, answer.code], [status, code], JSON.stringify(change));
  }
  assert.equal(upstream.requests.length, 0);
});

test('managed keys serve only paths whose cost is known, and no path leaves the provider’s base URL', async () => {
  const call = (path: string, method: string) => {
    const body = method === 'POST' ? JSON.stringify({ model: 'gpt-4o-mini', prompt: 'a boat' }) : undefined;
    return fetch(`${gateway.url}${path}`, { method, headers: { authorization: `Bearer ${gateway.token}` }, body });
  };
  for (const path of ['/v1/images/generations', '/v1/__proto__']) {
    assert.equal((await refusal(await call(path, 'POST'))).code, 'ERR_NGROK_3814', path);
  }
  for (const path of ['/v1//chat/completions', '/v1/%2e%2e/admin', '/v2/chat/completions']) {
    assert.equal((await refusal(await call(path, 'POST'))).code, 'path_not_found', path);
  }
  assert.equal((await refusal(await call('/v1/chat/completions', 'GET'))).status, 405);
  assert.equal((await refusal(await call('/v1/models', 'DELETE'))).status, 405);
  assert.equal(upstream.requests.length, 0);
});

test('a body over 6 MB is 413', async () => {
  const response = await gateway.chat({ ...hello, messages: [{ role: 'user', content: 'x'.repeat(6 * 1024 * 1024) }] });
  assert.equal(response.status, 413);
});

test('the last provider’s error is relayed, and nothing is charged', async () => {
  const before = await gateway.settled();
  upstream.script = (_, response) =>
    sendJson(response, 429, { error: { message: 'slow down', type: 'rate_limit_error' } }, { 'retry-after': '7' });
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
  await assert.rejects(openai.chat.completions.create(hello), error => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.equal(error.headers?.get('retry-after'), '7');
    assert.equal(error.headers?.get('ngrok-error-code'), 'ERR_NGROK_3807');
    return true;
  });
  const after = await gateway.settled();
  assert.equal(after?.availableNanoUsd, before?.availableNanoUsd);
});

test('a redirect is not followed and not relayed: the provider has failed', async () => {
  upstream.script = (_, response) => void response.writeHead(307, { location: 'https://example.com/' }).end();
  const answer = await gateway.chat(hello);
  assert.deepEqual([answer.status, answer.headers.get('location')], [502, null]);
  assert.equal(answer.headers.get('ngrok-error-code'), 'ERR_NGROK_3807');
  assert.equal(upstream.requests.length, 1);
});

test('an error whose body never ends keeps nobody waiting', async () => {
  upstream.script = ({ body }, response) => {
    if (body.model !== 'gpt-4o') sendJson(response, 200, chatAnswer('Hello', 9, 1));
    else response.writeHead(500, { 'content-type': 'application/json' }).write('{"error":');
  };
  const answer = await gateway.chat({ ...hello, model: 'gpt-4o', models: ['gpt-4o-mini'] });
  assert.deepEqual([answer.status, answer.headers.get('ngrok-aig-attempts')], [200, '2']);
});

test('a provider that refuses the deployment’s own key is no fault of the client', async () => {
  for (const status of [401, 403]) {
    upstream.script = (_, response) =>
      sendJson(response, status, { error: { message: 'Incorrect API key provided: sk-m…ed' } });
    const response = await gateway.chat(hello);
    assert.deepEqual(await refusal(response), { status: 503, code: 'ERR_NGROK_3807', type: 'all_attempts_failed' });
  }
});

test('a key that cannot stand in a header is passed over for the next', async () => {
  await gateway.setPolicy(
    "on_http_request: [{ type: ai-gateway, config: { providers: [{ id: openai, api_keys: [{ value: \"${secrets.get('v', 'bad')}\" }, { value: sk-good }] }] } }]",
  );
  gateway.secrets[`accounts/${gateway.accountId}`] = { 'v/bad': 'sk-…\n' };
  const response = await gateway.chat(hello);
  assert.equal(response.status, 200, await response.text());
  assert.equal(upstream.requests[0]?.headers.authorization, 'Bearer sk-good');
  await gateway.setPolicy('on_http_request: [{ type: ai-gateway }]');
});

test('a provider that drops the connection as if to upgrade it is passed over', async () => {
  upstream.script = ({ body: { model } }, response) => {
    if (model === 'gpt-4o')
      response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
    else chatScript(['Hello'], 9, 1)({ body: { model } } as never, response);
  };
  const response = await gateway.chat({ ...hello, model: 'gpt-4o', models: ['gpt-4o-mini'] });
  assert.equal(response.status, 200, await response.text());
});

test('an unreachable provider is 502', async () => {
  upstream.script = (_, response) => void response.destroy();
  assert.deepEqual(await refusal(await gateway.chat(hello)), {
    status: 502,
    code: 'ERR_NGROK_3800',
    type: 'provider_unreachable',
  });
});

test('the next model is tried when one fails, and its answer is the one that is paid for', async () => {
  upstream.script = (request, response) =>
    request.body.model === 'gpt-4o'
      ? sendJson(response, 500, { error: { message: 'no' } })
      : chatScript(['Hello'], 9, 1)(request, response);
  const response = await gateway.chat({ ...hello, model: 'gpt-4o', models: ['gpt-4o-mini'] });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('ngrok-aig-attempts'), '2');
  const record = await gateway.usageRecord(response);
  assert.deepEqual(
    record?.attempts.map(({ model, status }) => [model, status]),
    [
      ['gpt-4o', 500],
      ['gpt-4o-mini', 200],
    ],
  );
  assert.equal(record?.costNanoUsd, (9n * 150n + 600n).toString());
});

const deadStreams: [what: string, events: string[]][] = [
  ['nothing', []],
  ['only a role', chatEvents([]).slice(0, 1)],
  ['an error', ['data: {"error":{"message":"overloaded"}}\n\n']],
  ['nonsense', ['data: <html>\n\n']],
];

test('a stream that fails before its first content fails over', async () => {
  for (const [what, events] of deadStreams) {
    let calls = 0;
    upstream.script = (request, response) => {
      calls++;
      return calls === 1 ? sendEvents(response, events) : chatScript(['Hello'], 9, 1)(request, response);
    };
    const response = await gateway.chat({ ...hello, models: ['gpt-4o'], stream: true });
    assert.match(await response.text(), /Hello.*\[DONE\]/s, what);
    assert.equal(calls, 2, what);
  }
});

test('a stream that breaks later ends with an error event and without its terminator', async () => {
  const cuts: [what: string, script: Upstream['script']][] = [
    [
      'cut',
      async (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chatEvents(['Hello']).slice(0, 2).join(''));
        setTimeout(() => response.destroy(), 20);
      },
    ],
    ['ended early', (_, response) => sendEvents(response, chatEvents(['Hello']).slice(0, 2))],
    ['half an event', (_, response) => sendEvents(response, [...chatEvents(['Hello']).slice(0, 2), 'data: {"choi'])],
  ];
  for (const [what, script] of cuts) {
    upstream.script = script;
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
    let text = '';
    const read = async () => {
      for await (const chunk of await openai.chat.completions.create({ ...hello, stream: true }))
        text += chunk.choices[0]?.delta.content ?? '';
    };
    await assert.rejects(read, OpenAI.APIError, what);
    assert.equal(text, 'Hello', what);
    const response = await gateway.chat({ ...hello, stream: true });
    assert.ok(!(await response.text()).includes('[DONE]'), what);
    const record = await gateway.usageRecord(response);
    assert.equal(record?.outcome, 'stream_failed', what);
    assert.ok(BigInt(record?.costNanoUsd ?? 0) > 0n, 'what was relayed is paid for');
  }
});

test('a finish without a terminator is a whole answer', async () => {
  upstream.script = (_, response) => sendEvents(response, chatEvents(['Hello']));
  const response = await gateway.chat({ ...hello, stream: true });
  assert.ok(!(await response.text()).includes('error'));
  assert.equal((await gateway.usageRecord(response))?.outcome, 'succeeded');
});

test('a silent provider is given up after per_request_timeout, and all of them after total_timeout', async () => {
  await gateway.setPolicy(
    'on_http_request: [{ type: ai-gateway, config: { per_request_timeout: 50ms, total_timeout: 120ms } }]',
  );
  upstream.script = () => {};
  assert.equal((await refusal(await gateway.chat(hello))).code, 'ERR_NGROK_3807');
  const response = await gateway.chat({ ...hello, models: ['gpt-4o', 'gpt-4.1', 'gpt-4.1-mini'] });
  assert.deepEqual(await refusal(response), { status: 504, code: 'ERR_NGROK_3810', type: 'total_timeout' });
  upstream.script = async (_, provider) => {
    provider.writeHead(200, { 'content-type': 'text/event-stream' });
    provider.write(chatEvents(['Hello']).slice(0, 2).join(''));
  };
  const stalled = await gateway.chat({ ...hello, stream: true });
  assert.match(await stalled.text(), /silent for 50 ms/);
  await gateway.setPolicy('on_http_request: [{ type: ai-gateway }]');
});

test('a web page where JSON was due fails over', async () => {
  let calls = 0;
  upstream.script = (request, response) => {
    calls++;
    if (calls > 1) return chatScript(['Hello'], 9, 1)(request, response);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
  };
  assert.equal((await gateway.chat({ ...hello, models: ['gpt-4o'] })).status, 200);
});
