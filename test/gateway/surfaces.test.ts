import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { brokenRules } from '../../functions/core/balance.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

before(async () => {
  upstream = await startUpstream(() => {});
  gateway = await startTestGateway({
    baseUrls: { openai: upstream.baseUrl, anthropic: upstream.baseUrl },
    managedKeys: { openai: 'sk-managed', anthropic: 'sk-ant-managed' },
  });
  await gateway.grant(5_000_000_000n);
});

afterEach(async () => {
  upstream.requests.length = 0;
  const balance = await gateway.settled();
  assert.deepEqual(balance && brokenRules(balance), []);
  assert.deepEqual(gateway.reports.splice(0), []);
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

const openai = () => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
const anthropic = () => new Anthropic({ baseURL: gateway.url, apiKey: gateway.token, maxRetries: 0 });
const messages = [{ role: 'user' as const, content: 'Hi' }];

const answerWith = (body: object) => {
  upstream.script = (_, response) => sendJson(response, 200, body);
};

function fixture(file: string): string {
  return readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8');
}

const streamWith = (file: string) => {
  upstream.script = (_, response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(fixture(file));
};

async function costOf({ response }: { response: Response }) {
  const record = await gateway.usageRecord(response);
  return { surface: record?.surface, cost: record?.costNanoUsd, estimated: record?.estimated };
}

test('text completions, whole and streamed: the usage that only the gateway asked for is dropped', async () => {
  const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'Say this is a test', max_tokens: 7 };
  const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
  answerWith({ object: 'text_completion', choices: [{ text: 'This is', index: 0, finish_reason: 'length' }], usage });
  const whole = await openai().completions.create(body).withResponse();
  assert.equal(whole.data.choices[0]?.text, 'This is');
  const expected = { surface: 'completions', cost: String(5 * 1_500 + 7 * 2_000), estimated: undefined };
  assert.deepEqual(await costOf(whole), expected);

  streamWith('openai/completions.sse');
  const streamed = await openai()
    .completions.create({ ...body, stream: true })
    .withResponse();
  let text = '';
  for await (const chunk of streamed.data) {
    assert.equal(chunk.choices.length, 1);
    text += chunk.choices[0]?.text;
  }
  assert.equal(text, 'This is');
  assert.deepEqual(upstream.requests.at(-1)?.body.stream_options, { include_usage: true });
  assert.deepEqual(await costOf(streamed), expected);
});

test('responses, whole and streamed, pass as they are', async () => {
  const body = { model: 'gpt-4o-mini', input: 'Hi', max_output_tokens: 50 };
  const output = [
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi there!', annotations: [] }] },
  ];
  const usage = { input_tokens: 37, output_tokens: 11, total_tokens: 48 };
  answerWith({ object: 'response', status: 'completed', error: null, output, usage });
  const whole = await openai().responses.create(body).withResponse();
  assert.equal(whole.data.output_text, 'Hi there!');
  const expected = { surface: 'responses', cost: String(37 * 150 + 11 * 600), estimated: undefined };
  assert.deepEqual(await costOf(whole), expected);

  streamWith('openai/responses-text.sse');
  const streamed = await openai()
    .responses.create({ ...body, stream: true })
    .withResponse();
  const types: string[] = [];
  for await (const { type } of streamed.data) types.push(type);
  assert.equal(types.length, 9);
  assert.equal(types.at(-1), 'response.completed');
  assert.deepEqual(await costOf(streamed), expected);
});

test('embeddings', async () => {
  const data = [{ object: 'embedding', index: 0, embedding: [0.5] }];
  answerWith({ object: 'list', data, usage: { prompt_tokens: 8, total_tokens: 8 } });
  const body = { model: 'text-embedding-3-small', input: 'Hi', encoding_format: 'float' as const };
  const { data: answer, response } = await openai().embeddings.create(body).withResponse();
  assert.deepEqual(answer.data[0]?.embedding, [0.5]);
  assert.deepEqual(await costOf({ response }), { surface: 'embeddings', cost: String(8 * 20), estimated: undefined });

  answerWith({ object: 'list', data });
  const uncounted = await openai()
    .embeddings.create({ ...body, input: [[1, 2, 3], [4]] })
    .withResponse();
  assert.deepEqual(await costOf(uncounted), { surface: 'embeddings', cost: String(4 * 20), estimated: true });
});

test('messages, whole and streamed', async () => {
  const body = { model: 'claude-haiku-4-5', messages, max_tokens: 50 };
  const usage = { input_tokens: 25, cache_read_input_tokens: 100, output_tokens: 15 };
  answerWith({ type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Hello!' }], usage });
  const whole = await anthropic().messages.create(body).withResponse();
  assert.deepEqual(whole.data.content, [{ type: 'text', text: 'Hello!' }]);
  assert.equal(upstream.requests[0]?.headers['x-api-key'], 'sk-ant-managed');
  // Haiku: $1 for a million tokens of input, $0.10 cached, $5 of output.
  const expected = { surface: 'messages', cost: String(25 * 1_000 + 100 * 100 + 15 * 5_000), estimated: undefined };
  assert.deepEqual(await costOf(whole), expected);

  streamWith('anthropic/text.sse');
  const streamed = await anthropic()
    .messages.create({ ...body, stream: true })
    .withResponse();
  let text = '';
  for await (const event of streamed.data) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
  }
  assert.equal(text, 'Hello!');
  assert.deepEqual(await costOf(streamed), expected);
});

test('counting tokens is free, and that is not an estimate', async () => {
  answerWith({ input_tokens: 8 });
  const body = { model: 'claude-haiku-4-5', messages };
  const { data, response } = await anthropic().messages.countTokens(body).withResponse();
  assert.equal(data.input_tokens, 8);
  assert.equal(upstream.requests[0]?.path, '/v1/messages/count_tokens');
  assert.deepEqual(await costOf({ response }), { surface: 'count-tokens', cost: '0', estimated: undefined });

  upstream.script = (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"inp');
  await assert.rejects(anthropic().messages.countTokens(body));
});
