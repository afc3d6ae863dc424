import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import OpenAI from 'openai';
import { eventually } from '../../support/eventually.ts';
import { chatAnswer, chatEvents, sendEvents, sendJson } from '../../support/upstream.ts';
import { type ClaimStack, hello, refusal, startClaimStack } from './claim-stack.ts';

let stack: ClaimStack;
before(async () => {
  stack = await startClaimStack();
});
afterEach(() => stack.forget());
after(() => stack.close());

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const recipe = (name: string) => read(`docs/policies/${name}.yaml`);
const fromFaq = (name: string) => read(`test/fixtures/policies/${name}.yaml`);

async function use(policy: string): Promise<void> {
  const answer = await stack.setPolicy(policy);
  assert.equal(answer.status, 200, await answer.text());
}

async function refused(policy: string): Promise<{ code: string; path: string; message: string }[]> {
  const answer = await stack.setPolicy(policy);
  assert.equal(answer.status, 422);
  return ((await answer.json()) as { details: { problems: [] } }).details.problems;
}

const chat = (body: object = {}, headers?: Record<string, string> | null) =>
  stack.post(
    '/v1/chat/completions',
    { model: 'openai:gpt-4o-mini', messages: hello, max_tokens: 20, ...body },
    headers,
  );

const ssnText = 'My SSN is 123-45-6789, and hers 987-65-4321.';
const redacted = 'My SSN is [REDACTED], and hers [REDACTED].';

function streamed(words: string[]): void {
  stack.upstream.script = (_, response) => sendEvents(response, [...chatEvents(words), 'data: [DONE]\n\n']);
}

/** The text of a streamed answer as the OpenAI SDK reads it. */
async function readStream(): Promise<string> {
  const client = new OpenAI({ baseURL: `${stack.gatewayUrl}/v1`, apiKey: stack.gatewayKey, maxRetries: 0 });
  const stream = await client.chat.completions.create({ model: 'openai:gpt-4o-mini', messages: hello, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

const withRequestRules = (actions: object[]) => JSON.stringify({ on_http_request: [{ actions }] });
const models = { type: 'ai-gateway' };

test('D13, K8, K9 on_error: continue lets the next action run, which reads what was tried, without any whole key', async () => {
  stack.upstream.script = (_, response) => sendJson(response, 500, { error: { message: 'no' } });
  const policy = (onError: string) =>
    withRequestRules([
      { type: 'ai-gateway', config: { on_error: onError } },
      ...(onError === 'continue'
        ? [{ type: 'custom-response', config: { status_code: 200, body: '${actions.ngrok.ai_gateway}' } }]
        : []),
    ]);
  await use(policy('halt'));
  assert.equal((await chat()).status, 500);
  await use(policy('continue'));
  const answer = await chat();
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  const result = (await answer.json()) as {
    status: string;
    error: { code: string };
    models_tried: { model: string; requests_made: { request: { api_key: string } }[] }[];
  };
  assert.deepEqual([result.status, result.error.code], ['error', 'ERR_NGROK_3807']);
  assert.equal(result.models_tried[0]?.model, 'gpt-4o-mini');
  assert.doesNotMatch(JSON.stringify(result), /sk-managed-openai/);
});

test('E2 a value from a vault is used, and its new value by the next call', async () => {
  await stack.saveSecret('keys', 'openai', 'sk-first');
  const config = { providers: [{ id: 'openai', api_keys: [{ value: "${secrets.get('keys', 'openai')}" }] }] };
  await use(withRequestRules([{ type: 'ai-gateway', config }]));
  await chat();
  const list = (await (await stack.manage('GET', '/secrets')).json()) as { secrets: { id: string; name: string }[] };
  const { id } = list.secrets.find(({ name }) => name === 'openai') ?? { id: '' };
  assert.equal((await stack.manage('PATCH', `/secrets/${id}`, { value: 'sk-second' })).status, 200);
  await chat();
  const keys = stack.upstream.requests.map(({ headers }) => headers.authorization);
  assert.deepEqual(keys, ['Bearer sk-first', 'Bearer sk-second']);
});

test('K10 ngrok-error-code is on errors of the gateway only: no provider can set it', async () => {
  await use(withRequestRules([models]));
  assert.equal((await chat({ model: 'no-such-model' })).headers.get('ngrok-error-code'), 'ERR_NGROK_3804');
  stack.upstream.script = (_, response) =>
    sendJson(response, 200, chatAnswer('Hello', 9, 1), {
      'ngrok-error-code': 'ERR_NGROK_4026',
      'ngrok-aig-provider': 'me',
    });
  const answer = await chat();
  assert.deepEqual([answer.status, answer.headers.get('ngrok-error-code')], [200, null]);
  assert.equal(answer.headers.get('ngrok-aig-provider'), 'openai');
});

test('K12 headers tell what answered after how many attempts, and the request’s record tells each of them', async () => {
  await use(withRequestRules([models]));
  let calls = 0;
  stack.upstream.script = (_, response) =>
    ++calls === 1
      ? sendJson(response, 500, { error: { message: 'no' } })
      : sendJson(response, 200, chatAnswer('Hello', 9, 1));
  const { headers } = await chat({ models: ['claude-haiku-4-5'] });
  const told = ['provider', 'model', 'attempts'].map(name => headers.get(`ngrok-aig-${name}`));
  assert.deepEqual(told, ['anthropic', 'claude-haiku-4-5', '2']);
  const id = headers.get('ngrok-aig-request-id');
  const record = await eventually(`the record of ${id}`, async () => {
    const found = await stack.manage('GET', `/usage/requests/${id}`);
    return found.ok ? ((await found.json()) as { attempts: { provider: string; status_code: number }[] }) : undefined;
  });
  assert.deepEqual(
    record.attempts.map(({ provider, status_code }) => [provider, status_code]),
    [
      ['openai', 500],
      ['anthropic', 200],
    ],
  );
});

test('E8 wrong tokens get the policy’s own 401 and reach nobody; those of the list pass', async () => {
  await stack.saveSecret('clients', 'web', 'token-of-web-1');
  await stack.saveSecret('clients', 'batch', 'token-of-batch-1');
  await stack.saveSecret('providers', 'openai', 'sk-own-openai');
  await use(recipe('bearer-list'));
  const path = `/e/${stack.slug}/v1/chat/completions`;
  const call = (token?: string) =>
    stack.post(path, { model: 'gpt-4o-mini', messages: hello }, { authorization: token ? `Bearer ${token}` : '' });
  for (const token of [undefined, 'token-of-nobody', 'token-of-web-12']) {
    const answer = await call(token);
    assert.equal(answer.status, 401);
    const { error } = (await answer.json()) as { error: { message: string } };
    assert.equal(error.message, 'show a token of this gateway');
  }
  assert.deepEqual(stack.called(), []);
  for (const token of ['token-of-web-1', 'token-of-batch-1']) assert.equal((await call(token)).status, 200);
  assert.equal(stack.upstream.requests[0]?.headers.authorization, 'Bearer sk-own-openai');
});

test('E8 an address outside the list is refused with 403, one inside passes', async () => {
  const ips = (allow: string[]) => withRequestRules([{ type: 'restrict-ips', config: { allow } }, models]);
  await use(recipe('ip-allow-list'));
  const { status, code } = await refusal(await chat());
  assert.deepEqual([status, code], [403, 'ip_not_allowed']);
  assert.deepEqual(stack.called(), []);
  await use(ips(['127.0.0.0/8', '::1/128']));
  assert.equal((await chat()).status, 200);
});

test('F5 there is no variable for the body', async () => {
  for (const expression of ["req.body == 'x'", "req.body.contains('urgent')", 'has(req.body)']) {
    const policy = JSON.stringify({ on_http_request: [{ expressions: [expression], actions: [models] }] });
    const [problem] = await refused(policy);
    assert.equal(problem?.code, 'ERR_NGROK_2200', expression);
    assert.match(problem.message, /body/);
  }
});

test('F6 the FAQ’s header routing: with the header OpenAI only, without it anything', async () => {
  for (const policy of [fromFaq('route-by-header'), recipe('header-routing')]) {
    await use(policy);
    stack.forget();
    const ask = (headers: Record<string, string>) =>
      chat({ model: undefined, models: ['claude-haiku-4-5', 'gpt-4o-mini'] }, headers);
    assert.equal((await ask({ 'x-priority': 'high' })).status, 200);
    assert.equal((await ask({})).status, 200);
    assert.equal((await ask({ 'x-priority': 'low' })).status, 200);
    assert.deepEqual(stack.called(), [
      'openai:gpt-4o-mini',
      'anthropic:claude-haiku-4-5',
      'anthropic:claude-haiku-4-5',
    ]);
  }
});

test('H1 the FAQ’s SSN redaction: the provider sees [REDACTED]', async () => {
  for (const policy of [fromFaq('redact-ssn'), recipe('redact-ssn')]) {
    await use(policy);
    stack.forget();
    assert.equal((await chat({ messages: [{ role: 'user', content: ssnText }] })).status, 200);
    assert.deepEqual(stack.upstream.requests[0]?.body.messages, [{ role: 'user', content: redacted }]);
  }
});

const perMessage = (field = 'data') =>
  JSON.stringify({
    on_http_request: [{ actions: [models] }],
    on_event_stream_message: [
      {
        actions: [
          {
            type: 'sse-find-replace',
            config: { field, replacements: [{ from: field === 'data' ? '\\d{3}-\\d{2}-\\d{4}' : '\\d+', to: '[X]' }] },
          },
        ],
      },
    ],
  });

test('H2 an SSN inside one message of a stream is redacted', async () => {
  await use(perMessage());
  streamed(['It is ', '123-45-6789', '.']);
  assert.equal(await readStream(), 'It is [X].');
});

test('H3 an SSN in a JSON answer is redacted', async () => {
  await use(recipe('redact-ssn'));
  stack.upstream.script = (_, response) => sendJson(response, 200, chatAnswer(ssnText, 9, 9));
  const answer = (await (await chat()).json()) as { choices: { message: { content: string } }[] };
  assert.equal(answer.choices[0]?.message.content, redacted);
});

test('H4 every match, in order, with groups; no "to" deletes; the length is right', async () => {
  const replacements = [
    { from: '(\\w+)@(\\w+)\\.example', to: '$2 at ${1}' },
    { from: ' at ', to: ' of ' },
    { from: 'secret ?' },
  ];
  await use(withRequestRules([{ type: 'request-body-find-replace', config: { replacements } }, models]));
  const content = 'secret mail ann@sales.example and bob@it.example secret';
  assert.equal((await chat({ messages: [{ role: 'user', content }] })).status, 200);
  const [request] = stack.upstream.requests;
  assert.deepEqual(request?.body.messages, [{ role: 'user', content: 'mail sales of ann and it of bob ' }]);
  assert.equal(Number(request.headers['content-length']), Buffer.byteLength(request.text));
});

test('H5 field: retry rewrites the retry line and nothing else', async () => {
  await use(perMessage('retry'));
  stack.upstream.script = (_, response) =>
    sendEvents(response, ['retry: 3000\n\n', ...chatEvents(['Room 3000']), 'data: [DONE]\n\n']);
  const text = await (await chat({ stream: true })).text();
  assert.match(text, /^retry: \[X\]$/m);
  assert.match(text, /Room 3000/);
});

test('H6 a pattern split over two messages is not found message by message, and is found with scope: text', async () => {
  const words = ['It is 123', '-45-', '6789.'];
  await use(perMessage());
  streamed(words);
  assert.equal(await readStream(), 'It is 123-45-6789.');
  await use(recipe('redact-ssn'));
  streamed(words);
  assert.equal(await readStream(), 'It is [REDACTED].');
});

test('L4 a policy with mistakes is refused with a code of its own for each', async () => {
  const mistakes: [policy: object, code: string][] = [
    [{ on_tcp_connect: [{ actions: [{ type: 'deny' }] }] }, 'ERR_NGROK_2205'],
    [{ on_http_response: [{ actions: [models] }] }, 'ERR_NGROK_2202'],
    [{ on_http_request: [{ actions: [{ type: 'deny', config: { code: 1 } }] }] }, 'ERR_NGROK_2203'],
    [{ on_http_request: [{ expressions: ['req.method =='], actions: [models] }] }, 'ERR_NGROK_2200'],
    [{ on_http_request: [{ expressions: ['res.status_code == 200'], actions: [models] }] }, 'ERR_NGROK_2200'],
    [
      {
        on_http_request: [
          { actions: [{ type: 'request-body-find-replace', config: { replacements: [{ from: '(?=a)' }] } }, models] },
        ],
      },
      'ERR_NGROK_2261',
    ],
    [{ on_http_request: [{ actions: [models, models] }] }, 'ERR_NGROK_2207'],
    [{ on_http_request: [{ actions: [{ type: 'oauth', config: {} }] }] }, 'ERR_NGROK_2201'],
  ];
  for (const [policy, code] of mistakes) {
    const problems = await refused(JSON.stringify(policy));
    assert.deepEqual([...new Set(problems.map(problem => problem.code))], [code], JSON.stringify(problems));
  }
});

test('L5 rate-limit lets its capacity through, then answers 429 with retry-after', async () => {
  await use(recipe('rate-limit-per-key').replace('capacity: 100', 'capacity: 3'));
  const statuses = [];
  for (let call = 0; call < 5; call++) statuses.push((await chat()).status);
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  const limited = await chat();
  assert.ok(Number(limited.headers.get('retry-after')) >= 1);
  assert.equal((await refusal(limited)).code, 'rate_limited');
  const other = { authorization: `Bearer ${await stack.newGatewayKey()}` };
  assert.equal((await chat({}, other)).status, 200, 'another key has a bucket of its own');
});

test('L5 basic-auth, deny, custom-response, redirect, url-rewrite, headers and log', async () => {
  const slugPath = `/e/${stack.slug}`;
  const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });
  await use(
    JSON.stringify({
      on_http_request: [
        { expressions: ["req.url.path == '/teapot'"], actions: [{ type: 'deny', config: { status_code: 418 } }] },
        {
          expressions: ["req.url.path == '/old'"],
          actions: [{ type: 'redirect', config: { to: 'https://example.com/new', status_code: 301 } }],
        },
        {
          expressions: ["req.url.path == '/health'"],
          actions: [{ type: 'custom-response', config: { body: 'fine' } }],
        },
        { actions: [{ type: 'basic-auth', config: { credentials: ['ann:correct-horse'] } }] },
        {
          actions: [
            { type: 'url-rewrite', config: { from: '/chat$', to: '/v1/chat/completions' } },
            { type: 'add-headers', config: { headers: { 'x-team': '${req.headers["x-of"][0]}' } } },
            { type: 'remove-headers', config: { headers: ['authorization'] } },
            { type: 'log', config: { metadata: { team: '${req.headers["x-of"][0]}' } } },
            { type: 'ai-gateway', config: { providers: [{ id: 'openai', api_keys: [{ value: 'sk-own' }] }] } },
          ],
        },
      ],
      on_http_response: [
        {
          actions: [{ type: 'add-headers', config: { headers: { 'x-status': '${string(res.status_code)}' } } }],
        },
      ],
    }),
  );
  const get = (path: string, headers = {}) =>
    fetch(`${stack.gatewayUrl}${slugPath}${path}`, { headers, redirect: 'manual' });
  assert.equal((await get('/teapot')).status, 418);
  const moved = await get('/old');
  assert.deepEqual([moved.status, moved.headers.get('location')], [301, 'https://example.com/new']);
  assert.equal(await (await get('/health')).text(), 'fine');

  const body = { model: 'gpt-4o-mini', messages: hello };
  const unknown = await stack.post(`${slugPath}/chat`, body, basic('ann:wrong-horse'));
  assert.deepEqual([unknown.status, unknown.headers.get('x-status')], [401, '401']);
  assert.match(unknown.headers.get('www-authenticate') ?? '', /^Basic realm=/);
  const known = await stack.post(`${slugPath}/chat`, body, { ...basic('ann:correct-horse'), 'x-of': 'blue' });
  assert.deepEqual([known.status, known.headers.get('x-status')], [200, '200']);
  const [request] = stack.upstream.requests;
  assert.deepEqual([request?.path, request?.headers['x-team']], ['/openai/v1/chat/completions', 'blue']);
  assert.equal(request?.headers.authorization, 'Bearer sk-own');
  assert.equal(stack.upstream.requests.length, 1);

  const id = known.headers.get('ngrok-aig-request-id') ?? '';
  const record = await eventually(`the record of ${id}`, async () => {
    const found = await stack.manage('GET', `/usage/requests/${id}`);
    return found.ok ? ((await found.json()) as { rules: string[]; logs: object[] }) : undefined;
  });
  assert.deepEqual(record.logs, [{ team: 'blue' }]);
  assert.deepEqual(record.rules, ['on_http_request[3]', 'on_http_request[4]', 'on_http_response[0]']);
});

test('L6 macros and variables show in an echo of a request', async () => {
  const shown: [expression: string, value: string | RegExp][] = [
    ['req.method', 'POST'],
    ['req.url.path', '/v1/anything'],
    ["req.url.query_params['team'][0]", 'blue'],
    ['req.user_agent.name', 'Firefox'],
    ["getReqHeader('x-of')[0]", 'sales'],
    ['req.content_length', '2'],
    ['conn.client_ip', '127.0.0.1'],
    ["inCidrRange(conn.client_ip, '127.0.0.0/8')", 'true'],
    ["hash.md5('abc')", '900150983cd24fb0d6963f7d28e17f72'],
    ["'a b'.escapeUrl()", 'a%20b'],
    ["base64.encode('hi')", 'aGk='],
    ["['b', 'a'].sort().join('-')", 'a-b'],
    ['vars.who', 'ANN'],
    ['endpoint.id', stack.endpointId],
    ['time.now', /^\d{4}-\d\d-\d\dT/],
    ['string(rand.int(1, 9))', /^[1-9]$/],
  ];
  await use(
    withRequestRules([
      { type: 'set-vars', config: { vars: [{ first: "${'ann'}" }, { who: '${vars.first.upperAscii()}' }] } },
      { type: 'custom-response', config: { body: shown.map(([expression]) => `\${${expression}}`).join('\n') } },
    ]),
  );
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const answer = await stack.post('/v1/anything?team=blue', {}, { 'user-agent': firefox, 'x-of': 'sales' });
  const lines = (await answer.text()).split('\n');
  for (const [index, [expression, value]] of shown.entries()) {
    if (typeof value === 'string') assert.equal(lines[index], value, expression);
    else assert.match(lines[index] ?? '', value, expression);
  }
});
