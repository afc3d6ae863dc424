import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { generateText, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { answer, type Reply } from '../../support/answers.ts';
import { type ClaimStack, startClaimStack } from './claim-stack.ts';

/** Unmodified clients; only their base URL and key are Tollgate's. */
let stack: ClaimStack;
let reply: Reply;
let openai: OpenAI;
let anthropic: Anthropic;

const words = 'Hello from the provider';
const weather = { name: 'weather', arguments: { city: 'Paris' } };
const cityParameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

before(async () => {
  stack = await startClaimStack();
  openai = new OpenAI({ baseURL: `${stack.gatewayUrl}/v1`, apiKey: stack.gatewayKey, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: stack.gatewayUrl, apiKey: stack.gatewayKey, maxRetries: 0 });
  reset();
});
afterEach(() => {
  stack.forget();
  reset();
});
after(() => stack.close());

function reset(): void {
  reply = { text: words, inputTokens: 20, outputTokens: 5 };
  stack.upstream.script = (request, response) => answer(request, response, reply);
}

const messages = [{ role: 'user' as const, content: 'Hello' }];
const sent = () => stack.upstream.requests.at(-1);

test('J3, J6, H8 openai: chat, streaming, tools, pictures and structured output', async () => {
  const plain = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, max_tokens: 50 });
  assert.equal(plain.choices[0]?.message.content, words);

  let streamed = '';
  const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, max_tokens: 50, stream: true });
  for await (const chunk of stream) streamed += chunk.choices[0]?.delta.content ?? '';
  assert.equal(streamed, words);

  reply.tool = weather;
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: cityParameters } }];
  const called = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, tools, max_tokens: 50 });
  const [call] = called.choices[0]?.message.tool_calls ?? [];
  assert.deepEqual(call?.type === 'function' && JSON.parse(call.function.arguments), weather.arguments);
  assert.deepEqual(sent()?.body.tools, tools, 'tools arrive untouched');
  delete reply.tool;

  const content = [
    { type: 'text' as const, text: 'What is this?' },
    { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
  ];
  await openai.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content }], max_tokens: 50 });
  assert.deepEqual(sent()?.body.messages, [{ role: 'user', content }]);

  reply.text = '{"city":"Paris"}';
  const parsed = await openai.chat.completions.parse({
    model: 'gpt-4o-mini',
    messages,
    max_tokens: 50,
    response_format: zodResponseFormat(z.object({ city: z.string() }), 'place'),
  });
  assert.deepEqual(parsed.choices[0]?.message.parsed, { city: 'Paris' });
});

test('J3, J6, H8 openai: responses, streamed responses, embeddings, completions and models', async () => {
  const response = await openai.responses.create({ model: 'gpt-4o-mini', input: 'Hello', max_output_tokens: 50 });
  assert.equal(response.output_text, words);
  let streamed = '';
  const stream = await openai.responses.create({
    model: 'gpt-4o-mini',
    input: 'Hello',
    max_output_tokens: 50,
    stream: true,
  });
  for await (const event of stream) if (event.type === 'response.output_text.delta') streamed += event.delta;
  assert.equal(streamed, words);
  for (const model of ['text-embedding-3-small', 'openai:text-embedding-3-small']) {
    const embedded = await openai.embeddings.create({ model, input: ['one', 'two'] });
    assert.deepEqual(embedded.data[1]?.embedding, [0.25, -0.5]);
  }
  const completed = await openai.completions.create({
    model: 'gpt-3.5-turbo-instruct',
    prompt: 'Hello',
    max_tokens: 5,
  });
  assert.equal(completed.choices[0]?.text, words);
  const ids: string[] = [];
  for await (const model of openai.models.list()) ids.push(model.id);
  assert.ok(ids.includes('gpt-4o') && ids.includes('claude-haiku-4-5'));
  assert.equal((await openai.models.retrieve('gpt-4o')).id, 'gpt-4o');
});

test('J4, H8 anthropic: messages, streaming, tools, pictures and token counting', async () => {
  const base = { model: 'claude-haiku-4-5', max_tokens: 50, messages };
  const plain = await anthropic.messages.create(base);
  assert.deepEqual(plain.content, [{ type: 'text', text: words }]);
  assert.equal(sent()?.headers['x-api-key'], 'sk-managed-anthropic');
  assert.equal(sent()?.headers.authorization, undefined);

  const stream = anthropic.messages.stream(base);
  assert.equal(await stream.finalText(), words);

  reply.tool = weather;
  const tools = [{ name: 'weather', input_schema: { ...cityParameters, type: 'object' as const } }];
  const called = await anthropic.messages.create({ ...base, tools });
  assert.deepEqual(called.content[0]?.type === 'tool_use' && called.content[0].input, weather.arguments);
  assert.deepEqual(sent()?.body.tools, tools);
  delete reply.tool;

  const source = { type: 'base64' as const, media_type: 'image/png' as const, data: 'iVBORw0KGgo=' };
  await anthropic.messages.create({ ...base, messages: [{ role: 'user', content: [{ type: 'image', source }] }] });
  assert.equal((await anthropic.messages.countTokens({ model: 'claude-haiku-4-5', messages })).input_tokens, 20);
});

test('H9 Claude is also reached through chat completions, without translation', async () => {
  await openai.chat.completions.create({ model: 'claude-haiku-4-5', messages, max_tokens: 50 });
  assert.equal(sent()?.path, '/anthropic/v1/chat/completions');
  assert.deepEqual(sent()?.body, { model: 'claude-haiku-4-5', messages, max_tokens: 50 });
  assert.equal(sent()?.headers.authorization, 'Bearer sk-managed-anthropic');
});

test('J2 Vercel AI SDK: its default path, streaming, tools, and Anthropic', async () => {
  const provider = createOpenAI({ baseURL: `${stack.gatewayUrl}/v1`, apiKey: stack.gatewayKey });
  const text = await generateText({ model: provider('gpt-4o-mini'), prompt: 'Hello', maxOutputTokens: 50 });
  assert.equal(text.text, words);
  assert.equal(sent()?.path, '/openai/v1/responses');
  const streaming = streamText({ model: provider('gpt-4o-mini'), prompt: 'Hello', maxOutputTokens: 50 });
  assert.equal(await streaming.text, words);
  const chat = await generateText({ model: provider.chat('gpt-4o-mini'), prompt: 'Hello', maxOutputTokens: 50 });
  assert.equal(chat.text, words);
  reply.tool = weather;
  const withTool = await generateText({
    model: provider('gpt-4o-mini'),
    prompt: 'Hello',
    maxOutputTokens: 50,
    tools: { weather: tool({ inputSchema: z.object({ city: z.string() }) }) },
  });
  assert.deepEqual(withTool.toolCalls[0]?.input, weather.arguments);
  delete reply.tool;
  const claude = createAnthropic({ baseURL: `${stack.gatewayUrl}/v1`, apiKey: stack.gatewayKey });
  assert.equal(
    (await generateText({ model: claude('claude-haiku-4-5'), prompt: 'Hello', maxOutputTokens: 50 })).text,
    words,
  );
  const claudeStream = streamText({ model: claude('claude-haiku-4-5'), prompt: 'Hello', maxOutputTokens: 50 });
  assert.equal(await claudeStream.text, words);
});

test('J5 LangChain: chat, streaming and embeddings', async () => {
  const configuration = { baseURL: `${stack.gatewayUrl}/v1` };
  const apiKey = stack.gatewayKey;
  const model = new ChatOpenAI({ model: 'gpt-4o-mini', apiKey, configuration, maxTokens: 50, maxRetries: 0 });
  assert.equal((await model.invoke('Hello')).text, words);
  let streamed = '';
  for await (const chunk of await model.stream('Hello')) streamed += chunk.text;
  assert.equal(streamed, words);
  const embeddings = new OpenAIEmbeddings({ model: 'text-embedding-3-small', apiKey, configuration });
  assert.deepEqual(await embeddings.embedQuery('Hello'), [0.25, -0.5]);
});

test('every gateway error reaches each SDK as its typed error, with the code', async () => {
  const wrongKey = `${stack.gatewayKey.slice(0, -1)}_`;
  const clients = (apiKey: string) => ({
    openai: new OpenAI({ baseURL: `${stack.gatewayUrl}/v1`, apiKey, maxRetries: 0 }),
    anthropic: new Anthropic({ baseURL: stack.gatewayUrl, apiKey, maxRetries: 0 }),
  });
  const cases = [
    { apiKey: wrongKey, model: ['gpt-4o', 'claude-haiku-4-5'], status: 401, code: 'ERR_NGROK_27007' },
    { apiKey: stack.gatewayKey, model: ['nothing', 'nothing'], status: 422, code: 'ERR_NGROK_3804' },
    {
      apiKey: stack.gatewayKey,
      model: ['google:gemini-2.5-flash', 'gpt-4o'],
      status: [400, 422],
      code: ['ERR_NGROK_3817', 'ERR_NGROK_3813'],
    },
  ];
  for (const { apiKey, model, status, code } of cases) {
    const [openaiStatus, anthropicStatus] = [status, status].map((value, index) =>
      Array.isArray(value) ? value[index] : value,
    );
    const [openaiCode, anthropicCode] = [code, code].map((value, index) =>
      Array.isArray(value) ? value[index] : value,
    );
    await assert.rejects(
      clients(apiKey).openai.chat.completions.create({ model: model[0] as string, messages }),
      (error: unknown) => {
        assert(error instanceof OpenAI.APIError);
        assert.deepEqual([error.status, error.code], [openaiStatus, openaiCode]);
        return error.message.includes(openaiCode as string);
      },
    );
    await assert.rejects(
      clients(apiKey).anthropic.messages.create({ model: model[1] as string, max_tokens: 5, messages }),
      (error: unknown) => {
        assert(error instanceof Anthropic.APIError);
        assert.equal(error.status, anthropicStatus);
        return error.message.includes(anthropicCode as string);
      },
    );
  }
});

test('a stream that breaks makes each SDK throw', async () => {
  const cut = (path: string) => {
    stack.upstream.script = (request, response) => {
      const { write } = response;
      let events = 0;
      response.write = ((chunk: string) => {
        const written = write.call(response, chunk, 'utf8');
        if (++events === 5) response.destroy();
        return written;
      }) as typeof response.write;
      return answer(request, response, reply);
    };
    return path;
  };
  cut('chat');
  await assert.rejects(async () => {
    const stream = await openai.chat.completions.create({
      model: 'gpt-4o-mini',
      messages,
      max_tokens: 50,
      stream: true,
    });
    for await (const _ of stream);
  }, OpenAI.APIError);
  cut('responses');
  await assert.rejects(async () => {
    const stream = await openai.responses.create({
      model: 'gpt-4o-mini',
      input: 'Hello',
      max_output_tokens: 50,
      stream: true,
    });
    for await (const _ of stream);
  }, OpenAI.APIError);
  cut('messages');
  await assert.rejects(
    anthropic.messages.stream({ model: 'claude-haiku-4-5', max_tokens: 50, messages }).finalText(),
    Anthropic.APIError,
  );
});
