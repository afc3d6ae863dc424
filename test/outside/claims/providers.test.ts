import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type ClaimStack, hello, startClaimStack } from './claim-stack.ts';

let stack: ClaimStack;
before(async () => {
  stack = await startClaimStack();
});
afterEach(() => stack.forget());
after(() => stack.close());

const providers: [id: string, names: string[]][] = [
  ['openai', ['openai', 'open-ai', 'openAI']],
  ['anthropic', ['anthropic', 'Anthropic']],
  ['google', ['google', 'gemini']],
  ['groq', ['groq', 'groqcloud']],
  ['deepseek', ['deepseek', 'deep-seek']],
  ['openrouter', ['openrouter', 'open-router']],
  ['hyperbolic', ['hyperbolic']],
  ['inceptionlabs', ['inceptionlabs', 'inception-labs', 'inception']],
  ['inference-net', ['inference-net', 'inference.net', 'inference_net']],
];

for (const [id, names] of providers) {
  test(`J1, J7 ${id} is built in, under ${names.join(', ')}`, async () => {
    await stack.configure(`providers: [{ id: ${names.at(-1)}, api_keys: [{ value: own-key }] }]`);
    for (const name of names) {
      const answer = await stack.post('/v1/chat/completions', { model: `${name}:some/new-model`, messages: hello });
      assert.equal(answer.status, 200, await answer.text());
      assert.equal(answer.headers.get('ngrok-aig-provider'), id);
    }
    assert.deepEqual(stack.called(), Array(names.length).fill(`${id}:some/new-model`));
    assert.ok(stack.upstream.requests.every(({ headers }) => headers.authorization === 'Bearer own-key'));
  });
}

test('other paths pass through with own keys, and managed keys are refused there', async () => {
  await stack.configure('providers: [{ id: openai, api_keys: [{ value: sk-own }] }]');
  for (const [path, body] of [
    ['/v1/images/generations', { model: 'openai:gpt-image-1', prompt: 'a cat' }],
    ['/v1/moderations', { input: 'text' }],
    ['/v1/rerank', { model: 'openai:reranker', query: 'q', documents: [] }],
  ] as const) {
    stack.forget();
    const answer = await stack.post(path, body);
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(stack.upstream.requests[0]?.path, path.replace('/v1', '/openai/v1'));
  }
  stack.forget();
  await stack.configure('{}');
  const refused = await stack.post('/v1/images/generations', { model: 'openai:gpt-image-1', prompt: 'a cat' });
  assert.equal(refused.status, 400);
  assert.equal(refused.headers.get('ngrok-error-code'), 'ERR_NGROK_3814');
  assert.deepEqual(stack.called(), []);
});

test('H7 a stream is relayed as it comes, byte for byte', async () => {
  await stack.configure('{}');
  const chunk = (content: string) => `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`;
  const events = [
    chunk('a'),
    ': comment\r\n\r\n',
    chunk('b'),
    'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n',
    'data: [DONE]\n\n',
  ];
  let release = () => {};
  const released = new Promise<void>(resolve => {
    release = resolve;
  });
  stack.upstream.script = async (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(events[0]);
    await released;
    response.end(events.slice(1).join(''));
  };
  const body = { model: 'gpt-4o', messages: hello, stream: true, stream_options: { include_usage: true } };
  const answer = await stack.post('/v1/chat/completions', body);
  const received: Buffer[] = [];
  for await (const part of answer.body ?? []) {
    received.push(Buffer.from(part));
    release(); // the provider sends the rest only after the client has the beginning
  }
  assert.equal(Buffer.concat(received).toString(), events.join(''));
});
