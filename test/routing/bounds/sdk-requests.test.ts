import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { generateText, Output, stepCountIs, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { answer, type Reply } from '../../support/answers.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { startUpstream, type Upstream } from '../../support/upstream.ts';

/** What the usual clients send with managed keys has a bound: nothing of it is refused. */
let upstream: Upstream;
let gateway: TestGateway;
let reply: Reply;

const weather = { name: 'weather', arguments: { city: 'Paris' } };
const schema = z.object({ city: z.string() });
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const png = 'iVBORw0KGgo=';
const pictureUrl = `data:image/png;base64,${png}`;

before(async () => {
  upstream = await startUpstream((request, response) => answer(request, response, reply));
  gateway = await startTestGateway({
    baseUrls: { openai: upstream.baseUrl, anthropic: upstream.baseUrl },
    managedKeys: { openai: 'sk-managed', anthropic: 'sk-ant-managed' },
  });
  await gateway.grant(1_000_000_000_000n);
  reset();
});

afterEach(async () => {
  reset();
  await gateway.settled();
  assert.deepEqual(gateway.reports.splice(0), []);
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

function reset(): void {
  reply = { text: 'Hello there', inputTokens: 20, outputTokens: 5 };
}

const calling = () => {
  reply.tool = weather;
};
const answeringJson = () => {
  reply.text = '{"city":"Paris"}';
};

test('openai: chat', async () => {
  const { chat } = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
  const messages = [
    { role: 'developer' as const, content: 'Be brief' },
    { role: 'user' as const, content: 'Hi' },
  ];
  const base = { model: 'gpt-4o-mini', messages };
  const first = await chat.completions.create({
    ...base,
    max_completion_tokens: 50,
    temperature: 0,
    seed: 1,
    user: 'u',
  });
  const [said] = first.choices;
  assert(said);
  await chat.completions.create({ ...base, messages: [...messages, said.message, { role: 'user', content: 'And?' }] });
  for await (const _ of await chat.completions.create({ ...base, stream: true })) assert.ok(_);
  const content = [
    { type: 'text' as const, text: 'What is this?' },
    { type: 'image_url' as const, image_url: { url: pictureUrl, detail: 'high' as const } },
    { type: 'image_url' as const, image_url: { url: 'https://pictures.example/a.png' } },
    { type: 'file' as const, file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
  ];
  await chat.completions.create({ ...base, messages: [{ role: 'user', content }] });
  calling();
  const tools = [{ type: 'function' as const, function: { name: 'weather', parameters, strict: true } }];
  const called = await chat.completions.create({ ...base, tools, tool_choice: 'auto', parallel_tool_calls: false });
  const call = called.choices[0]?.message;
  assert(call?.tool_calls?.[0]);
  const result = { role: 'tool' as const, tool_call_id: call.tool_calls[0].id, content: 'sunny' };
  await chat.completions.create({ ...base, tools, messages: [...messages, call, result] });
  reset();
  answeringJson();
  await chat.completions.parse({ ...base, response_format: zodResponseFormat(schema, 'place') });
  assert.equal(upstream.requests.at(-1)?.body.store, false);
});

test('openai: responses, embeddings and completions', async () => {
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
  const base = { model: 'gpt-5-mini', input: 'Hi' };
  await openai.responses.create({
    ...base,
    instructions: 'Be brief',
    max_output_tokens: 50,
    reasoning: { effort: 'low', summary: 'auto' },
    include: ['reasoning.encrypted_content'],
    store: true,
  });
  assert.equal(upstream.requests.at(-1)?.body.store, false);
  for await (const _ of await openai.responses.create({ ...base, stream: true })) assert.ok(_);
  const image = { type: 'input_image' as const, image_url: pictureUrl, detail: 'auto' as const };
  await openai.responses.create({ ...base, input: [{ role: 'user', content: [image] }] });
  calling();
  const tools = [{ type: 'function' as const, name: 'weather', parameters, strict: true }];
  const { output } = await openai.responses.create({ ...base, tools });
  assert(output[0]?.type === 'function_call');
  const result = { type: 'function_call_output' as const, call_id: output[0].call_id, output: 'sunny' };
  await openai.responses.create({ ...base, tools, input: [{ role: 'user', content: 'Hi' }, output[0], result] });
  reset();
  answeringJson();
  await openai.responses.parse({ ...base, text: { format: zodTextFormat(schema, 'place') } });
  await openai.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'], dimensions: 2 });
  await openai.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: ['a', 'b'], max_tokens: 5, n: 2 });
});

test('anthropic: messages', async () => {
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.token, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const base = { model: 'claude-haiku-4-5', max_tokens: 2_000, messages };
  const cached = {
    type: 'text' as const,
    text: 'Be brief',
    cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
  };
  await anthropic.messages.create({ ...base, system: [cached], metadata: { user_id: 'u' }, stop_sequences: ['x'] });
  await anthropic.messages.stream({ ...base, thinking: { type: 'enabled', budget_tokens: 1_024 } }).finalText();
  const source = { type: 'base64' as const, media_type: 'image/png' as const, data: png };
  const pdf = { type: 'base64' as const, media_type: 'application/pdf' as const, data: 'JVBERi0=' };
  const content = [
    { type: 'image' as const, source },
    { type: 'document' as const, source: pdf, title: 'A' },
  ];
  await anthropic.messages.create({ ...base, messages: [{ role: 'user', content }] });
  calling();
  const tools = [
    { name: 'weather', input_schema: parameters },
    { type: 'bash_20250124' as const, name: 'bash' as const },
  ];
  const called = await anthropic.messages.create({ ...base, tools, tool_choice: { type: 'auto' } });
  const [use] = called.content;
  assert(use?.type === 'tool_use');
  const result = { type: 'tool_result' as const, tool_use_id: use.id, content: 'sunny' };
  const history = [
    ...messages,
    { role: 'assistant' as const, content: [use] },
    { role: 'user' as const, content: [result] },
  ];
  await anthropic.messages.create({ ...base, tools, messages: history });
  reset();
  const betas = ['interleaved-thinking-2025-05-14', 'context-management-2025-06-27'];
  const edits = [{ type: 'clear_tool_uses_20250919' as const }];
  await anthropic.beta.messages.create({ ...base, betas, context_management: { edits } });
  await anthropic.messages.countTokens({ model: 'claude-haiku-4-5', messages });
});

test('Vercel AI SDK: OpenAI and Anthropic', async () => {
  const openai = createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token });
  const anthropic = createAnthropic({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token });
  const image = { type: 'file' as const, data: png, mediaType: 'image/png' };
  for (const model of [
    openai('gpt-4o-mini'),
    openai('gpt-5-mini'),
    openai.chat('gpt-4o-mini'),
    anthropic('claude-haiku-4-5'),
  ]) {
    await generateText({ model, system: 'Be brief', prompt: 'Hi', maxRetries: 0 });
    await streamText({ model, prompt: 'Hi', maxOutputTokens: 50, maxRetries: 0 }).text;
    const content = [{ type: 'text' as const, text: 'What is this?' }, image];
    await generateText({ model, messages: [{ role: 'user', content }], maxRetries: 0 });
    answeringJson();
    await generateText({ model, prompt: 'Where?', output: Output.object({ schema }), maxRetries: 0 });
    reset();
    calling();
    await generateText({ model, prompt: 'Weather?', tools: { weather: tool({ inputSchema: schema }) }, maxRetries: 0 });
    reset();
  }
});

test('Vercel AI SDK: loops of tool calls, and conversations', async () => {
  const openai = createOpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token });
  const model = openai('gpt-5-mini');
  calling();
  const tools = { weather: tool({ inputSchema: schema, execute: async () => 'sunny' }) };
  const loop = await generateText({ model, prompt: 'Weather?', tools, stopWhen: stepCountIs(2), maxRetries: 0 });
  assert.equal(loop.steps.length, 2);
  reset();
  const first = await generateText({ model, prompt: 'Hi', maxRetries: 0 });
  const messages = [...first.response.messages, { role: 'user' as const, content: 'And?' }];
  assert.equal((await generateText({ model, messages, maxRetries: 0 })).text, 'Hello there');

  // To models that do not reason it sends references to what it takes to be stored, unless it is told otherwise.
  const goOn = { model: openai('gpt-4o-mini'), messages, maxRetries: 0 };
  await assert.rejects(generateText(goOn), /Send the item itself, with store: false/);
  const stateless = { providerOptions: { openai: { store: false } } };
  assert.equal((await generateText({ ...goOn, ...stateless })).text, 'Hello there');
});

test('LangChain: chat, responses and embeddings', async () => {
  const configuration = { baseURL: `${gateway.url}/v1` };
  const apiKey = gateway.token;
  const picture = new HumanMessage({ content: [{ type: 'image_url', image_url: { url: pictureUrl } }] });
  for (const useResponsesApi of [false, true]) {
    const model = new ChatOpenAI({ model: 'gpt-4o-mini', apiKey, configuration, maxRetries: 0, useResponsesApi });
    await model.invoke('Hi');
    for await (const _ of await model.stream('Hi')) assert.ok(_);
    await model.invoke([picture]);
    calling();
    await model.bindTools([{ type: 'function', function: { name: 'weather', parameters } }]).invoke('Weather?');
    reset();
    answeringJson();
    await model.withStructuredOutput(schema, { method: 'jsonSchema' }).invoke('Where?');
    reset();
  }
  const embeddings = new OpenAIEmbeddings({ model: 'text-embedding-3-small', apiKey, configuration, maxRetries: 0 });
  await embeddings.embedDocuments(['Hi', 'you']);
});
