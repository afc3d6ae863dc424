import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { brokenRules } from '../../functions/core/balance.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { toSse } from '../support/sse.ts';
import {
  chatAnswer,
  chatEvents,
  chatScript,
  doneEvent,
  startUpstream,
  type Upstream,
  usageEvent,
} from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

before(async () => {
  upstream = await startUpstream(chatScript(['Hello'], 9, 1));
  gateway = await startTestGateway({ baseUrls: { openai: upstream.baseUrl }, managedKeys: { openai: 'sk-managed' } });
  await gateway.grant(5_000_000_000n);
});

afterEach(async () => {
  upstream.script = chatScript(['Hello'], 9, 1);
  const balance = await gateway.settled();
  assert.deepEqual(balance && brokenRules(balance), []);
  assert.deepEqual(gateway.reports.splice(0), []);
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

const stream = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };
const chatBody = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 50 };

function post(path: string, body: object): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const whole = JSON.stringify(chatAnswer('Hello', 9, 1));
const unusable: [what: string, streaming: boolean, act: (response: ServerResponse) => void][] = [
  ['JSON where a stream was asked for', true, response => void response.writeHead(200, json).end(whole)],
  [
    'a stream where JSON was asked for',
    false,
    response => void response.writeHead(200, stream).end(chatEvents(['No']).join('')),
  ],
  ['a web page', false, response => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ['no content type', false, response => void response.writeHead(200).end(whole)],
  ['an empty answer', false, response => void response.writeHead(200, { ...json, 'content-length': 0 }).end()],
  ['an empty stream', true, response => void response.writeHead(200, { ...stream, 'content-length': 0 }).end()],
  ['a terminator and nothing before it', true, response => void response.writeHead(200, stream).end(doneEvent)],
  [
    'comments without end',
    true,
    response => void response.writeHead(200, stream).end(`: ${'x'.repeat(100)}\n\n`.repeat(200_000)),
  ],
  [
    'a compression that nobody knows',
    false,
    response => void response.writeHead(200, { ...json, 'content-encoding': 'snappy' }).end(whole),
  ],
];
for (const [what, streaming, act] of unusable) {
  test(`${what} fails over`, async () => {
    let calls = 0;
    upstream.script = (request, response) =>
      ++calls === 1 ? act(response) : chatScript(['Hello'], 9, 1)(request, response);
    const response = await post('/v1/chat/completions', { ...chatBody, models: ['gpt-4o'], stream: streaming });
    assert.match(await response.text(), /Hello/);
    assert.equal(response.headers.get('ngrok-aig-attempts'), '2');
    const record = await gateway.usageRecord(response);
    assert.equal(record?.costNanoUsd, String(9 * 2_500 + 10_000), 'only the answer that came is paid for');
  });
}

test('what a failed attempt had used is recorded with its price, and not charged', async () => {
  const error = toSse([{ error: { message: 'overloaded' } }]);
  let calls = 0;
  upstream.script = (request, response) =>
    ++calls === 1
      ? void response.writeHead(200, stream).end(usageEvent(1_000, 2) + error)
      : chatScript(['Hello'], 9, 1)(request, response);
  const response = await post('/v1/chat/completions', { ...chatBody, models: ['gpt-4o'], stream: true });
  assert.match(await response.text(), /Hello/);
  const record = await gateway.usageRecord(response);
  assert.deepEqual(
    record?.attempts.map(({ usage, upstreamCostNanoUsd }) => [usage?.inputTokens, upstreamCostNanoUsd]),
    [
      [1_000, String(1_000 * 150 + 2 * 600)],
      [undefined, undefined],
    ],
  );
  assert.equal(record?.costNanoUsd, String(9 * 2_500 + 10_000));
});

test('content types with parameters and in capitals are what they are', async () => {
  const types = [
    ['application/json; charset=utf-8', 'text/event-stream;charset=UTF-8'],
    ['Application/JSON;charset=UTF-8', 'text/event-stream; charset=utf-8; x=1'],
  ] as const;
  for (const [jsonType, streamType] of types) {
    upstream.script = ({ body }, response) => {
      if (body.stream)
        response.writeHead(200, { 'content-type': streamType }).end(chatEvents(['Hello']).join('') + doneEvent);
      else response.writeHead(200, { 'content-type': jsonType }).end(whole);
    };
    assert.equal((await post('/v1/chat/completions', chatBody)).headers.get('content-type'), jsonType);
    const streamed = await post('/v1/chat/completions', { ...chatBody, stream: true });
    assert.equal(streamed.headers.get('content-type'), streamType);
    assert.match(await streamed.text(), /Hello.*\[DONE\]/s);
  }
});

test('a compression that nobody asked for is undone', async () => {
  upstream.script = ({ body, headers }, response) => {
    assert.equal(headers['accept-encoding'], 'identity');
    const text = body.stream ? chatEvents(['Hello']).join('') + doneEvent : whole;
    response.writeHead(200, { ...(body.stream ? stream : json), 'content-encoding': 'gzip' }).end(gzipSync(text));
  };
  assert.equal(await (await post('/v1/chat/completions', chatBody)).text(), whole);
  const streamed = await post('/v1/chat/completions', { ...chatBody, stream: true });
  assert.equal(streamed.headers.get('content-encoding'), null);
  assert.match(await streamed.text(), /Hello.*\[DONE\]/s);
});

test('half a JSON answer stays half an answer', async () => {
  const halves: [what: string, act: (response: ServerResponse) => void][] = [
    [
      'shorter than its content-length',
      response => {
        response.writeHead(200, { ...json, 'content-length': whole.length }).write(whole.slice(0, -20));
        setTimeout(() => response.destroy(), 20);
      },
    ],
    ['ended early', response => void response.writeHead(200, json).end(whole.slice(0, -20))],
    [
      'compressed and cut',
      response =>
        response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync(whole).subarray(0, -12)),
    ],
  ];
  for (const [what, act] of halves) {
    upstream.script = (_, response) => act(response);
    const response = await post('/v1/chat/completions', chatBody);
    const text = await response.text();
    assert.ok(whole.startsWith(text) && text.length < whole.length, what);
    const record = await gateway.usageRecord(response);
    assert.deepEqual([record?.outcome, record?.estimated], ['stream_failed', true], what);
    assert.ok(BigInt(record?.costNanoUsd ?? 0) > 0n, what);
  }
});

test('an answer that is too long to be read is relayed all the same', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  upstream.script = async (_, response) => {
    response.writeHead(200, json);
    for (let megabytes = 0; megabytes < 33; megabytes++) {
      if (!response.write(chunk)) await new Promise(resolve => response.once('drain', resolve));
    }
    response.end(whole);
  };
  const response = await post('/v1/chat/completions', chatBody);
  assert.equal((await response.arrayBuffer()).byteLength, 33 * chunk.length + whole.length);
  const record = await gateway.usageRecord(response);
  assert.deepEqual([record?.outcome, record?.estimated], ['succeeded', true]);
  process.off('warning', onWarning);
  assert.match(String(gateway.reports.splice(0)), /cost more than was set aside/, 'nobody knows its tokens');
  assert.deepEqual(warnings, [], 'waiting for the client leaves no listeners behind');
});

test('an error under a 200 is relayed and costs nothing, and so does an answer without a byte', async () => {
  const answers: [text: string, outcome: string][] = [
    ['{"error":{"message":"no quota"}}', 'failed'],
    ['', 'stream_failed'],
  ];
  for (const [text, outcome] of answers) {
    upstream.script = (_, response) => {
      response.writeHead(200, json);
      response.flushHeaders();
      response.end(text);
    };
    const response = await post('/v1/chat/completions', chatBody);
    assert.equal(await response.text(), text);
    const record = await gateway.usageRecord(response);
    assert.deepEqual([record?.outcome, record?.costNanoUsd], [outcome, '0']);
  }
});

test('a path that is not known is relayed whatever it answers, and its cut reaches the client', async () => {
  await gateway.setPolicy(
    'on_http_request: [{ type: ai-gateway, config: { providers: [{ id: openai, api_keys: [{ value: sk-own }] }] } }]',
  );
  const sound = Buffer.from([0, 255, 10, 10, 13, 128]);
  const request = { model: 'openai:gpt-4o-mini-tts', input: 'Hi', voice: 'alloy' };
  upstream.script = (_, response) => void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(sound);
  const response = await post('/v1/audio/speech', request);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), sound);
  assert.equal((await gateway.usageRecord(response))?.outcome, 'succeeded');

  upstream.script = (_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' }).write(sound);
    setTimeout(() => response.destroy(), 20);
  };
  const cut = await post('/v1/audio/speech', request);
  await assert.rejects(cut.arrayBuffer());
  assert.equal((await gateway.usageRecord(cut))?.outcome, 'stream_failed');

  const events = toSse([
    { type: 'transcript.text.delta', delta: 'Hi' },
    { type: 'transcript.text.done', text: 'Hi' },
  ]);
  upstream.script = (_, response) => void response.writeHead(200, stream).end(events);
  const streamed = await post('/v1/audio/transcriptions', { ...request, stream: true });
  assert.equal(await streamed.text(), events);
  assert.equal((await gateway.usageRecord(streamed))?.outcome, 'succeeded');
  await gateway.setPolicy('on_http_request: [{ type: ai-gateway }]');
});
