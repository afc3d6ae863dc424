import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Tiktoken } from 'js-tiktoken/lite';
import o200k from 'js-tiktoken/ranks/o200k_base';
import { countTokens } from '../../functions/gateway/count-tokens.ts';
import { estimateTokens } from '../../functions/gateway/estimate-usage.ts';
import { RelayedText } from '../../functions/gateway/relayed-text.ts';
import { chatCompletions } from '../../functions/providers/openai/chat-completions.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatScript, sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;
const script = chatScript(['Hello', ' there'], 1_000, 50);
before(async () => {
  upstream = await startUpstream(script);
  gateway = await startTestGateway({ baseUrls: { openai: upstream.baseUrl }, managedKeys: { openai: 'sk-managed' } });
  await gateway.grant(10_000_000_000n);
});
afterEach(() => {
  upstream.script = script;
});
after(async () => {
  await gateway.close();
  await upstream.close();
});

const messages = [{ role: 'user', content: 'x'.repeat(400) }];
const traceId = '0af7651916cd43dd8448eb211c80319c';

async function recordOf(body: object = {}, headers: Record<string, string> = {}) {
  const response = await gateway.chat({ model: 'gpt-4o-mini', max_tokens: 60, messages, ...body }, headers);
  await response.text();
  const record = await gateway.usageRecord(response);
  assert.ok(record);
  return record;
}

for (const stream of [false, true]) {
  test(`a record keeps both counts, the lines of the cost and why the model ended (stream: ${stream})`, async () => {
    const record = await recordOf({ stream });
    assert.deepEqual([record.usage?.inputTokens, record.usage?.outputTokens], [1_000, 50]);
    assert.deepEqual(record.estimate, { inputTokens: 100, outputTokens: 3 });
    assert.equal(record.finishReason, 'stop');
    assert.deepEqual(
      record.costLines?.map(line => [line.class, line.tokens]),
      [
        ['input', 1_000],
        ['output', 50],
      ],
    );
    const sum = (record.costLines ?? []).reduce(
      (total, line) => total + BigInt(line.tokens) * BigInt(line.nanoUsdPerMillion),
      0n,
    );
    assert.equal(BigInt(record.upstreamCostNanoUsd), sum / 1_000_000n);
    const [attempt] = record.attempts;
    assert.equal(attempt?.firstTokenMs !== undefined, stream, 'only streams have a first token');
    assert.equal(attempt?.isCustom, undefined);
  });
}

test('a request whose tokens cannot be counted is recorded and charged by what its provider reported', async () => {
  const { countTokens: counts } = gateway.gateway;
  gateway.gateway.countTokens = () => {
    throw new Error('no token table');
  };
  const record = await recordOf().finally(() => {
    gateway.gateway.countTokens = counts;
  });
  assert.deepEqual([record.usage?.inputTokens, record.estimate], [1_000, undefined]);
  assert.notEqual(record.costNanoUsd, '0');
  assert.ok(gateway.reports.some(line => /^counting the tokens of rq_\w+ failed: Error: no token table/.test(line)));
});

test('the time of an attempt that answered is that of its whole answer', async () => {
  upstream.script = async (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const text = JSON.stringify(chatAnswer('Hello', 9, 1));
    response.write(text.slice(0, 20));
    await new Promise(resolve => setTimeout(resolve, 120));
    response.end(text.slice(20));
  };
  const [attempt] = (await recordOf()).attempts;
  assert.ok(attempt && attempt.totalMs >= 100 && attempt.totalMs > (attempt.headersMs ?? 0));
});

const traces: [header: string, expected: string | undefined][] = [
  [`00-${traceId}-b7ad6b7169203331-01`, traceId],
  [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, undefined],
  ['nonsense', undefined],
];
for (const [header, expected] of traces) {
  test(`traceparent ${header} is recorded as ${expected}`, async () => {
    assert.equal((await recordOf({}, { traceparent: header })).traceId, expected);
  });
}

test('what the provider says about its limits is kept with the attempt', async () => {
  upstream.script = (_, response) =>
    sendJson(response, 200, chatAnswer('Hello', 9, 1), { 'x-ratelimit-remaining-requests': '7' });
  const [attempt] = (await recordOf()).attempts;
  assert.equal(attempt?.quota?.remaining_requests, 7);
});

test('text in the place of a finish reason is not recorded', async () => {
  const answer = { ...chatAnswer('Hello', 9, 1), choices: [{ index: 0, finish_reason: 'a secret of the user' }] };
  upstream.script = (_, response) => sendJson(response, 200, answer);
  assert.equal((await recordOf()).finishReason, undefined);
});

test('a provider that is the endpoint’s own is told apart', async () => {
  const providers = `          - id: openai\n            base_url: "${upstream.baseUrl}"\n            api_keys: [{ value: sk-own }]`;
  await gateway.setPolicy(
    `on_http_request:\n  - actions:\n      - type: ai-gateway\n        config:\n          providers:\n${providers}`,
  );
  assert.equal((await recordOf()).attempts[0]?.isCustom, true);
});

test('estimates for OpenAI models are js-tiktoken’s, on two hundred texts', () => {
  const reference = new Tiktoken(o200k);
  const words = [
    'tokens',
    ' and',
    'naïve ',
    '日本語',
    '🙂',
    '\n\n',
    '3.14159',
    'function(){',
    ' Überraschung',
    'а́',
    '\t',
  ];
  for (let index = 0; index < 200; index++) {
    const text = Array.from(
      { length: 1 + index },
      (_, at) => words[(at * 7 + index * 13 + at * at) % words.length],
    ).join('');
    const relayedText = new RelayedText();
    relayedText.add(text);
    const call = { surface: chatCompletions, body: { messages: [{ role: 'user', content: text }] } };
    const expected = reference.encode(text, [], []).length;
    const estimate = estimateTokens({ call, relayedText } as never, 'gpt-4o', { countTokens } as never);
    assert.deepEqual(estimate, { inputTokens: expected, outputTokens: expected, isRough: undefined }, text);
  }
});

test('the rest of a very long text is taken for a token every four bytes, and said to be', () => {
  const call = { surface: chatCompletions, body: { messages: [{ role: 'user', content: 'x'.repeat(300_000) }] } };
  const counted: number[] = [];
  const estimate = estimateTokens({ call, relayedText: new RelayedText() } as never, 'gpt-4o', {
    countTokens: (_: string, text: string) => counted.push(text.length) && 10,
  } as never);
  assert.deepEqual(estimate, { inputTokens: 10 + (300_000 - 262_144) / 4, outputTokens: 10, isRough: true });
  assert.deepEqual(
    counted.filter(length => length > 0),
    [262_144],
  );
});
