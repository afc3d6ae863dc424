import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { brokenRules } from '../../functions/core/balance.ts';
import { answer } from '../support/answers.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { type Script, sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

/** Answers with as many tokens as the request allows. */
const talkative: Script = (request, response) => {
  const { max_completion_tokens, max_output_tokens, max_tokens } = request.body;
  const outputTokens = Number(max_completion_tokens ?? max_output_tokens ?? max_tokens ?? 16_384);
  return answer(request, response, { text: 'Hello', inputTokens: Buffer.byteLength(request.text), outputTokens });
};

before(async () => {
  upstream = await startUpstream(talkative);
});

beforeEach(async () => {
  gateway = await startTestGateway({
    baseUrls: { openai: upstream.baseUrl, anthropic: upstream.baseUrl },
    managedKeys: { openai: 'sk-managed', anthropic: 'sk-ant-managed' },
  });
});

afterEach(async () => {
  const balance = await gateway.settled();
  assert.deepEqual(balance && brokenRules(balance), balance && []);
  assert.deepEqual(gateway.reports, []);
  await gateway.close();
  upstream.script = talkative;
  upstream.requests.length = 0;
});

after(() => upstream.close());

const messages = [{ role: 'user', content: 'Tell me everything' }];
/** $2.50 in and $10 out per million tokens. */
const hello = { model: 'gpt-4o', messages };
const cent = 10_000_000n;

function post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

test('with a cent left, a request without a limit gets one that the cent pays, and spends no more', async () => {
  await gateway.grant(cent);
  const response = await gateway.chat(hello);
  assert.equal(response.status, 200);
  const limit = Number(upstream.requests[0]?.body.max_completion_tokens);
  // A cent pays for 1,000 tokens of output, less some 380 tokens of input at a quarter of the price.
  assert.ok(limit > 850 && limit < 1_000, String(limit));
  assert.equal(response.headers.get('ngrok-aig-output-limit'), String(limit));
  const record = await gateway.usageRecord(response);
  assert.equal(record?.usage?.outputTokens, limit);
  assert.equal(record?.overrunNanoUsd, undefined);
  assert.equal(record?.heldNanoUsd, cent.toString());
  const balance = await gateway.settled();
  assert.equal(balance?.spentNanoUsd, BigInt(record?.costNanoUsd ?? -1));
  assert.ok((balance?.spentNanoUsd ?? 0n) <= cent);
});

test('a client’s own limit is never raised, and stays untouched when the balance covers it', async () => {
  await gateway.grant(cent);
  const response = await gateway.chat({ ...hello, max_tokens: 20 });
  assert.deepEqual(upstream.requests[0]?.body, {
    ...hello,
    max_tokens: 20,
    store: false,
    service_tier: 'default',
  });
  assert.equal(response.headers.get('ngrok-aig-output-limit'), null);
});

const surfaces: [path: string, body: object, member: string][] = [
  ['/v1/chat/completions', { ...hello, max_tokens: 9_000 }, 'max_tokens'],
  ['/v1/chat/completions', { ...hello, n: 3 }, 'max_completion_tokens'],
  ['/v1/chat/completions', { model: 'claude-haiku-4-5', messages, max_completion_tokens: 60_000 }, 'max_tokens'],
  [
    '/v1/completions',
    { model: 'gpt-3.5-turbo-instruct', prompt: ['a', 'b', 'c', 'd'], max_tokens: 4_000 },
    'max_tokens',
  ],
  ['/v1/responses', { model: 'gpt-4o', input: 'Tell me everything' }, 'max_output_tokens'],
  ['/v1/messages', { model: 'claude-haiku-4-5', max_tokens: 60_000, messages, stream: true }, 'max_tokens'],
];

for (const [path, body, member] of surfaces) {
  test(`${path} gets a lower "${member}" than ${Object.keys(body).join(', ')} ask for`, async () => {
    await gateway.grant(cent);
    const response = await post(path, body);
    assert.equal(response.status, 200);
    await response.text();
    const limit = upstream.requests[0]?.body[member];
    assert.ok(typeof limit === 'number' && limit >= 16 && limit < 4_000, String(limit));
    assert.equal(response.headers.get('ngrok-aig-output-limit'), String(limit));
    const record = await gateway.usageRecord(response);
    assert.equal(record?.overrunNanoUsd, undefined);
    assert.ok(BigInt(record?.costNanoUsd ?? -1) <= cent);
  });
}

test('below sixteen tokens a request is refused with what it needs, what is there and what to do', async () => {
  await gateway.grant(cent / 10n);
  const refused = await gateway.chat(hello);
  assert.equal(refused.status, 403);
  const { error } = (await refused.json()) as { error: { code: string; message: string } };
  assert.equal(error.code, 'ERR_NGROK_4026');
  assert.match(
    error.message,
    /may cost up to 0\.16\d+ USD \(0\.001\d+ USD with the shortest answer\) and 0\.001 USD are available; buy or grant credits, lower max_completion_tokens, or use your own provider key/,
  );
  assert.equal(upstream.requests.length, 0);
  assert.equal((await gateway.settled())?.availableNanoUsd, cent / 10n);
});

test('embeddings are not shortened, and the message does not say so', async () => {
  await gateway.grant(5_000n);
  const refused = await post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'Hi' });
  assert.equal(refused.headers.get('ngrok-error-code'), 'ERR_NGROK_4026');
  const text = await refused.text();
  assert.match(
    text,
    /may cost up to 0\.0000\d+ USD and 0\.000005 USD are available; buy or grant credits, shorten the input/,
  );
});

test('of several models those that the balance covers are tried, each with its own limit', async () => {
  await gateway.grant(cent / 2n);
  const models = ['gpt-4.5-preview', 'gpt-4o', 'gpt-4o-mini'];
  upstream.script = (request, response) =>
    request.body.model === 'gpt-4o-mini'
      ? talkative(request, response)
      : sendJson(response, 500, { error: { message: 'broken' } });
  const response = await gateway.chat({ models, messages });
  assert.equal(response.status, 200);
  const tried = upstream.requests.map(({ body }) => [body.model, Number(body.max_completion_tokens)] as const);
  assert.deepEqual(
    tried.map(([model]) => model),
    ['gpt-4o', 'gpt-4o-mini'],
  );
  const [[, dear], [, cheap]] = tried as [readonly [unknown, number], readonly [unknown, number]];
  assert.ok(cheap > 10 * dear, `${cheap} and ${dear} tokens`);
  const record = await gateway.usageRecord(response);
  assert.match(JSON.stringify(record?.resolution?.rejected), /gpt-4.5-preview.*with the shortest answer/);
});

test('counting tokens needs no credits', async () => {
  const response = await post('/v1/messages/count_tokens', { model: 'claude-haiku-4-5', messages });
  assert.equal(response.status, 200);
  const record = await gateway.usageRecord(response);
  assert.deepEqual([record?.costNanoUsd, record?.heldNanoUsd], ['0', undefined]);
});

test('a beta that costs more is refused before anything is set aside', async () => {
  await gateway.grant(cent);
  const body = { model: 'claude-haiku-4-5', max_tokens: 16, messages };
  const refused = await post('/v1/messages', body, { 'anthropic-beta': 'fast-mode-2026-02-01' });
  assert.equal(refused.headers.get('ngrok-error-code'), 'ERR_NGROK_3816');
  await gateway.setPolicy(
    'on_http_request:\n  - type: ai-gateway\n    config: { headers: { Anthropic-Beta: fast-mode-2026-02-01 } }\n',
  );
  const byPolicy = await post('/v1/messages', body);
  assert.equal(byPolicy.headers.get('ngrok-error-code'), 'ERR_NGROK_3816');
  assert.equal(upstream.requests.length, 0);
});

test('50 requests at once, each with a limit of its own, never spend more than there is', async () => {
  const granted = cent * 3n;
  await gateway.grant(granted);
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const response = await gateway.chat({ ...hello, ...(index % 2 === 0 && { max_tokens: 500 }) });
      await response.arrayBuffer();
      return response;
    }),
  );
  const served = answers.filter(({ status }) => status === 200);
  assert.ok(served.length > 0);
  for (const { status, headers } of answers) {
    if (status !== 200) assert.equal(headers.get('ngrok-error-code'), 'ERR_NGROK_4026');
  }
  assert.equal(upstream.requests.length, served.length);
  const records = [];
  for (const response of served) records.push(await gateway.usageRecord(response));
  const balance = await gateway.settled();
  const charged = records.reduce((sum, record) => sum + BigInt(record?.costNanoUsd ?? 0), 0n);
  assert.equal(balance?.spentNanoUsd, charged);
  assert.ok(charged <= granted);
  for (const record of records) {
    assert.equal(record?.overrunNanoUsd, undefined, 'no answer was longer than what was set aside for it');
    assert.ok(BigInt(record?.upstreamCostNanoUsd ?? -1) <= BigInt(record?.heldNanoUsd ?? 0));
  }
});
