import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { brokenRules } from '../../functions/core/balance.ts';
import { sseEventBytesMax } from '../../functions/core/sse.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { toSse } from '../support/sse.ts';
import { chatEvents, chatScript, doneEvent, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

before(async () => {
  upstream = await startUpstream(chatScript(['Hello'], 9, 1));
  gateway = await startTestGateway({
    baseUrls: { openai: upstream.baseUrl, anthropic: upstream.baseUrl },
    managedKeys: { openai: 'sk-managed', anthropic: 'sk-ant-managed' },
  });
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

function post(path: string, body: object): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** A surface as its own SDK uses it, and the beginning of a stream whose content so far is "Hello". */
interface Client {
  surface: string;
  path: string;
  body: object;
  beginning: string;
  terminator: string;
  /** Gives each piece of text to `seen`; throws what the SDK throws. */
  read(seen: (text: string) => void): Promise<void>;
}

const openai = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: gateway.token, maxRetries: 0 });
const messages = [{ role: 'user' as const, content: 'Hi' }];

const chatBody = { model: 'gpt-4o-mini', messages, max_tokens: 50 };
const messageBody = { model: 'claude-haiku-4-5', messages, max_tokens: 50 };
const messageStart = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    content: [],
    usage: { input_tokens: 40, cache_read_input_tokens: 1000, output_tokens: 1 },
  },
};

const clients: Client[] = [
  {
    surface: 'chat-completions',
    path: '/v1/chat/completions',
    body: { ...chatBody, stream: true },
    beginning: chatEvents(['Hello']).slice(0, 2).join(''),
    terminator: doneEvent,
    async read(seen) {
      for await (const { choices } of await openai().chat.completions.create({ ...chatBody, stream: true })) {
        seen(choices[0]?.delta.content ?? '');
      }
    },
  },
  {
    surface: 'completions',
    path: '/v1/completions',
    body: { model: 'gpt-3.5-turbo-instruct', prompt: 'Hi', max_tokens: 50, stream: true },
    beginning: toSse([{ choices: [{ text: 'Hello', index: 0, finish_reason: null }] }]),
    terminator: doneEvent,
    async read(seen) {
      const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'Hi', max_tokens: 50 };
      for await (const { choices } of await openai().completions.create({ ...body, stream: true })) {
        seen(choices[0]?.text ?? '');
      }
    },
  },
  {
    surface: 'responses',
    path: '/v1/responses',
    body: { model: 'gpt-4o-mini', input: 'Hi', max_output_tokens: 50, stream: true },
    beginning: toSse([
      { type: 'response.created', sequence_number: 0, response: { id: 'resp_1', status: 'in_progress' } },
      { type: 'response.output_text.delta', sequence_number: 1, item_id: 'msg_1', delta: 'Hello' },
    ]),
    terminator: toSse([{ type: 'response.completed', sequence_number: 2, response: { status: 'completed' } }]),
    async read(seen) {
      const body = { model: 'gpt-4o-mini', input: 'Hi', max_output_tokens: 50 };
      for await (const event of await openai().responses.create({ ...body, stream: true })) {
        if (event.type === 'response.output_text.delta') seen(event.delta);
      }
    },
  },
  {
    surface: 'messages',
    path: '/v1/messages',
    body: { ...messageBody, stream: true },
    beginning: toSse([
      messageStart,
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'ping' },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
    ]),
    terminator: toSse([{ type: 'message_stop' }]),
    async read(seen) {
      for await (const event of await anthropic().messages.create({ ...messageBody, stream: true })) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') seen(event.delta.text);
      }
    },
  },
];

/** What a provider does after its beginning. Each way must look like a failure, though the terminator may follow. */
const breaks: [what: string, message: RegExp, act: (response: ServerResponse, client: Client) => void][] = [
  ['cut', /connection .* failed/, response => setTimeout(() => response.destroy(), 20)],
  ['ended early', /end of the stream before the end of the answer/, response => response.end()],
  ['ended inside an event', /end of the stream inside an event/, response => response.end('data: {"choi')],
  [
    'malformed',
    /an event that is not a JSON object/,
    (response, { beginning, terminator }) => response.end(`data: {"half":\n\n${beginning}${terminator}`),
  ],
  [
    'an error and then the terminator',
    /overloaded/,
    (response, { surface, terminator }) => {
      const error = { type: 'overloaded_error', message: 'overloaded' };
      const event = surface === 'chat-completions' || surface === 'completions' ? { error } : { type: 'error', error };
      response.end(toSse([event]) + terminator);
    },
  ],
];

for (const client of clients) {
  for (const [what, message, act] of breaks) {
    test(`${client.surface}, ${what}: the SDK throws, nothing looks complete, and what was relayed is paid for`, async () => {
      let connectionClosed = Promise.resolve();
      upstream.script = (_, response) => {
        connectionClosed = new Promise(resolve => response.once('close', () => resolve()));
        response.writeHead(200, stream).write(client.beginning);
        act(response, client);
      };
      let text = '';
      const thrown = await client
        .read(seen => (text += seen))
        .then(
          () => assert.fail('the stream looked complete'),
          (error: Error) => error,
        );
      assert.ok(thrown instanceof OpenAI.APIError || thrown instanceof Anthropic.APIError, String(thrown));
      assert.match(thrown.message, message);
      assert.equal(text, 'Hello');
      await connectionClosed;

      const response = await post(client.path, client.body);
      const body = await response.text();
      assert.ok(body.startsWith(client.beginning), 'what came before passes untouched');
      assert.ok(!body.includes(client.terminator), 'no terminator');
      assert.match(body, /stream_failed/);
      const record = await gateway.usageRecord(response);
      assert.equal(record?.outcome, 'stream_failed');
      assert.equal(record?.estimated, true);
      assert.ok(BigInt(record?.costNanoUsd ?? 0) > 0n);
    });
  }
}

test('a stream that stalls ends with an error event', async () => {
  await gateway.setPolicy('on_http_request: [{ type: ai-gateway, config: { per_request_timeout: 300ms } }]');
  for (const client of clients) {
    upstream.script = (_, response) => void response.writeHead(200, stream).write(client.beginning);
    await assert.rejects(
      client.read(() => {}),
      /silent for 300 ms/,
      client.surface,
    );
  }
  await gateway.setPolicy('on_http_request: [{ type: ai-gateway }]');
});

test('an event that never ends is given up, and the connection with it', async () => {
  let closed = Promise.resolve();
  upstream.script = (_, response) => {
    closed = new Promise(resolve => response.once('close', () => resolve()));
    response.writeHead(200, stream).write(`${chatEvents(['Hello']).slice(0, 2).join('')}data: `);
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const more = (): void => {
      if (!response.destroyed) response.write(chunk, more);
    };
    more();
  };
  const response = await post('/v1/chat/completions', { ...chatBody, stream: true });
  const body = await response.text();
  assert.ok(body.includes(`an event of over ${sseEventBytesMax} bytes`));
  assert.ok(!body.includes('xxx'));
  await closed;
  assert.equal((await gateway.usageRecord(response))?.outcome, 'stream_failed');
});

test('what a stream had reported before it broke is the least that it costs', async () => {
  // Haiku: $1 for a million tokens of input, $0.10 cached, $5 of output; "Hello" is two tokens of four letters here.
  upstream.script = (_, response) => void response.writeHead(200, stream).end((clients[3] as Client).beginning);
  const response = await post('/v1/messages', { ...messageBody, stream: true });
  await response.text();
  const record = await gateway.usageRecord(response);
  const { inputTokens, cachedInputTokens, outputTokens } = record?.usage ?? {};
  assert.deepEqual([inputTokens, cachedInputTokens, outputTokens], [1040, 1000, 2]);
  assert.equal(record?.costNanoUsd, String(40 * 1_000 + 1000 * 100 + 2 * 5_000));

  const usage = { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 };
  const chunk = { choices: [{ index: 0, delta: { content: 'Hello' }, finish_reason: null }], usage };
  upstream.script = (_, response) => void response.writeHead(200, stream).end(toSse([chunk]));
  const repeated = await post('/v1/chat/completions', { ...chatBody, stream: true });
  await repeated.text();
  assert.equal((await gateway.usageRecord(repeated))?.costNanoUsd, String(9 * 150 + 7 * 600));
});

test('a stream that breaks after its usage costs what was reported', async () => {
  const usage = { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 };
  upstream.script = (_, response) => {
    response.writeHead(200, stream).write(chatEvents(['Hello']).join('') + toSse([{ choices: [], usage }]));
    setTimeout(() => response.destroy(), 20);
  };
  const response = await post('/v1/chat/completions', { ...chatBody, stream: true });
  assert.match(await response.text(), /stream_failed/);
  const record = await gateway.usageRecord(response);
  assert.deepEqual([record?.estimated, record?.costNanoUsd], [undefined, String(9 * 150 + 7 * 600)]);
});

test('a last event without its blank line counts, and the client gets it whole', async () => {
  const events = chatEvents(['Hello']).join('');
  upstream.script = (_, response) => void response.writeHead(200, stream).end(`${events}data: [DONE]\n`);
  const response = await post('/v1/chat/completions', { ...chatBody, stream: true });
  assert.equal(await response.text(), `${events}data: [DONE]\n\n\n`);
  assert.equal((await gateway.usageRecord(response))?.outcome, 'succeeded');
});

test('an answer is over with its terminator, though the provider keeps the connection', async () => {
  upstream.script = (_, response) => {
    response.writeHead(200, stream).write(chatEvents(['Hello']).join('') + doneEvent);
  };
  const response = await post('/v1/chat/completions', { ...chatBody, stream: true });
  assert.ok((await response.text()).endsWith(doneEvent));
  assert.equal((await gateway.usageRecord(response))?.outcome, 'succeeded');
});
