import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import OpenAI from 'openai';
import { brokenRules } from '../../functions/core/balance.ts';
import { noUsage } from '../../functions/core/usage.ts';
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
  upstream = await startUpstream(chatScript(['Hello', ' there'], 9, 2));
  gateway = await startTestGateway({ baseUrls: { openai: upstream.baseUrl }, managedKeys: { openai: 'sk-managed' } });
  await gateway.grant(5_000_000_000n);
});

afterEach(async () => {
  upstream.script = chatScript(['Hello', ' there'], 9, 2);
  upstream.requests.length = 0;
  const balance = await gateway.settled();
  assert.deepEqual(balance && brokenRules(balance), []);
  assert.deepEqual(gateway.reports.splice(0), []);
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 50 };
// gpt-4o-mini: $0.15 in and $0.60 out per million tokens, so 9 and 2 tokens cost 1,350 + 1,200 nano-USD.
const helloCostNanoUsd = 2_550n;

function client(): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
}

async function available(): Promise<bigint> {
  return (await gateway.balances.read(gateway.accountId))?.availableNanoUsd ?? 0n;
}

test('the openai SDK gets an answer, and the balance goes down by exactly what the record says', async () => {
  const before = await available();
  const { data, response } = await client().chat.completions.create(hello).withResponse();
  assert.equal(data.choices[0]?.message.content, 'Hello there');
  const record = await gateway.usageRecord(response);
  assert.equal(record?.costNanoUsd, helloCostNanoUsd.toString());
  assert.equal(before - (await available()), helloCostNanoUsd);
  assert.equal(response.headers.get('ngrok-aig-provider'), 'openai');
  assert.equal(response.headers.get('ngrok-aig-model'), 'gpt-4o-mini');
  assert.equal(response.headers.get('ngrok-aig-attempts'), '1');
});

test('the openai SDK streams, and pays the same', async () => {
  const before = await available();
  const { data: stream, response } = await client()
    .chat.completions.create({ ...hello, stream: true })
    .withResponse();
  let text = '';
  for await (const chunk of stream) {
    assert.equal(chunk.choices.length, 1, 'the usage event that only the gateway asked for is dropped');
    text += chunk.choices[0]?.delta.content ?? '';
  }
  assert.equal(text, 'Hello there');
  const record = await gateway.usageRecord(response);
  assert.equal(record?.estimated, undefined);
  assert.equal(before - (await available()), helloCostNanoUsd);
  assert.deepEqual(upstream.requests[0]?.body.stream_options, { include_usage: true });
});

test('a client that asks for usage gets it', async () => {
  const stream = await client().chat.completions.create({
    ...hello,
    stream: true,
    stream_options: { include_usage: true },
  });
  const usages = [];
  for await (const chunk of stream) if (chunk.usage) usages.push(chunk.usage.total_tokens);
  assert.deepEqual(usages, [11]);
});

test('a client that hangs up in the middle pays for the whole answer, which is read to its end', async () => {
  const before = await available();
  const words = Array.from({ length: 20 }, (_, index) => ` ${index}`);
  let ended = false;
  upstream.script = async (_, response) => {
    await sendEvents(response, [...chatEvents(words), usageEvent(9, 20), doneEvent], 10);
    ended = true;
  };
  const abort = new AbortController();
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}` },
    body: JSON.stringify({ ...hello, stream: true }),
    signal: abort.signal,
  });
  await response.body?.getReader().read();
  abort.abort();
  assert.ok(!ended);
  const record = await gateway.usageRecord(response);
  assert.ok(ended);
  assert.equal(record?.outcome, 'succeeded');
  assert.equal(before - (await available()), 9n * 150n + 20n * 600n);
});

test('a stream is relayed as it comes, byte for byte', async () => {
  const events = [...chatEvents(['one', 'two', 'three']), ': provider comment\r\n\r\n', doneEvent];
  const sentAt: number[] = [];
  upstream.script = async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const event of events) {
      sentAt.push(performance.now());
      response.write(event);
      await new Promise(resolve => setTimeout(resolve, 40));
    }
    response.end();
  };
  const response = await gateway.chat({ ...hello, stream: true });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  let bytes = '';
  const seenAt = new Map<string, number>();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += Buffer.from(chunk).toString('utf8');
    for (const event of events) if (bytes.endsWith(event) && !seenAt.has(event)) seenAt.set(event, performance.now());
  }
  assert.equal(bytes, events.join(''));
  const last = sentAt.length - 1;
  for (const [index, event] of events.entries()) {
    if (index < 2 || index >= last) continue; // the opening waits for the first content
    assert.ok(
      (seenAt.get(event) ?? Number.POSITIVE_INFINITY) < (sentAt[index + 1] as number),
      `event ${index} came before the next was sent`,
    );
  }
  await gateway.usageRecord(response);
});

test('the provider sees its own key and nothing of the client’s secrets', async () => {
  const response = await gateway.chat(
    { ...hello, models: ['gpt-4o'] },
    {
      cookie: 'session=1',
      'x-forwarded-for': '10.0.0.1',
      'x-api-key': '',
      'openai-organization': 'org-1',
      'user-agent': 'my-app/1',
    },
  );
  assert.equal(response.status, 200);
  const [seen] = upstream.requests;
  assert.equal(seen?.headers.authorization, 'Bearer sk-managed');
  assert.equal(seen?.headers['user-agent'], 'my-app/1');
  const text = JSON.stringify(seen);
  for (const secret of [gateway.token, 'session=1', 'x-forwarded', 'org-1']) assert.ok(!text.includes(secret), secret);
  assert.deepEqual(seen?.body, { ...hello, store: false, service_tier: 'default' });
  await gateway.usageRecord(response);
});

test('a provider’s cookies and pretended gateway errors do not reach the client', async () => {
  upstream.script = (_, response) =>
    sendJson(
      response,
      200,
      {},
      {
        'set-cookie': 'a=1',
        'ngrok-error-code': 'ERR_NGROK_1',
        'x-request-id': 'up_1',
        'x-ratelimit-limit-tokens': '7',
      },
    );
  const response = await gateway.chat(hello);
  assert.equal(response.headers.get('set-cookie'), null);
  assert.equal(response.headers.get('ngrok-error-code'), null);
  assert.equal(response.headers.get('x-request-id'), 'up_1');
  assert.equal(response.headers.get('x-ratelimit-limit-tokens'), '7');
  await gateway.usageRecord(response);
});

test('an answer without usage is counted here and marked as estimated', async () => {
  upstream.script = (_, response) =>
    sendJson(response, 200, {
      choices: [{ message: { role: 'assistant', content: 'twelve chars' }, finish_reason: 'stop' }],
    });
  const response = await gateway.chat(hello);
  const record = await gateway.usageRecord(response);
  assert.equal(record?.estimated, true);
  assert.equal(record?.usage?.outputTokens, 3);
  assert.ok(BigInt(record?.costNanoUsd ?? 0) > 0n);
});

const oddUsages: [what: string, usage: object, inputTokens: number | undefined][] = [
  ['no answer, beside an answer', { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 }, 9],
  ['nothing at all', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }, undefined],
  ['less than nothing', { prompt_tokens: -9, completion_tokens: -1, total_tokens: -10 }, undefined],
  ['more than there can be', { prompt_tokens: 1e300, completion_tokens: 1, total_tokens: 1e300 }, undefined],
  ['a part', { completion_tokens: 1 }, undefined],
  ['text', { prompt_tokens: '9', completion_tokens: '1' }, undefined],
  ['null', { prompt_tokens: null, completion_tokens: null }, undefined],
];
for (const [what, usage, inputTokens] of oddUsages) {
  test(`a provider that reports ${what} is not believed: what is missing is counted here`, async () => {
    const answer = { ...chatAnswer('twelve chars', 9, 1), usage };
    const events = [
      ...chatEvents(['twelve', ' chars']),
      `data: ${JSON.stringify({ choices: [], usage })}\n\n`,
      doneEvent,
    ];
    upstream.script = ({ body }, response) =>
      body.stream ? sendEvents(response, events) : sendJson(response, 200, answer);
    for (const stream of [false, true]) {
      const before = await available();
      const response = await gateway.chat({ ...hello, stream });
      await response.text();
      const record = await gateway.usageRecord(response);
      assert.equal(record?.estimated, true);
      assert.deepEqual(record?.usage, {
        ...noUsage,
        inputTokens: inputTokens ?? record?.usage?.inputTokens,
        outputTokens: 3,
      });
      assert.ok((record?.usage?.inputTokens ?? 0) > 0);
      assert.equal(before - (await available()), BigInt(record?.costNanoUsd ?? 0));
    }
  });
}

test('a cost beyond the hold is recorded and reported, and not charged', async () => {
  const before = await available();
  upstream.script = chatScript(['x'], 1_000_000, 1_000_000);
  const record = await gateway.usageRecord(await gateway.chat(hello));
  assert.equal(record?.costNanoUsd, record?.heldNanoUsd);
  assert.equal(before - (await available()), BigInt(record?.heldNanoUsd ?? 0));
  assert.equal(BigInt(record?.costNanoUsd ?? 0) + BigInt(record?.overrunNanoUsd ?? 0), 750_000_000n);
  const [report] = gateway.reports.splice(0);
  assert.match(
    report ?? '',
    /request rq_\w+ cost more than was set aside.* nano-USD beyond \d+, on openai:gpt-4o-mini/,
  );
});

test('the key’s last use and the usage record are there soon after the answer', async () => {
  const response = await gateway.chat(hello);
  const record = await gateway.usageRecord(response);
  assert.equal(record?.gatewayKeyId, gateway.gatewayKeyId);
  assert.equal(record?.surface, 'chat-completions');
  assert.equal(record?.status, 200);
  assert.deepEqual(
    record?.attempts.map(({ provider, status, keySource }) => [provider, status, keySource]),
    [['openai', 200, 'managed']],
  );
});

test('lists the models in OpenAI’s shape', async () => {
  const models = [];
  for await (const model of client().models.list()) models.push(model.id);
  assert.ok(models.includes('gpt-4o-mini') && models.includes('claude-haiku-4-5'));
});
