import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProviderData } from '../../functions/core/catalog/catalog.ts';
import { readBody } from './function-event.ts';
import { type RunningServer, serveHttp } from './http-server.ts';

/** The key that the demo provider takes. It opens nothing else. */
export const demoKey = 'demo';

const wordPauseMs = 30;
const bodyBytesMax = 8 * 1024 * 1024;

/** What the local stack adds to the catalog, so that a first request needs no account anywhere. */
export function demoProvider(baseUrl: string): ProviderData {
  return {
    id: 'demo',
    displayName: 'Demo',
    baseUrl,
    formats: ['openai', 'anthropic'],
    managed: true,
    lastResort: true,
    models: [
      {
        id: 'demo-chat',
        displayName: 'Demo chat',
        contextWindow: 100_000,
        outputTokensMax: 1_000,
        surfaces: ['chat-completions', 'responses', 'messages'],
        price: { input: 1_000_000_000, output: 2_000_000_000 },
      },
    ],
  };
}

interface Question {
  model: string;
  stream: boolean;
  includesUsage: boolean;
  words: string[];
  inputTokens: number;
  isCut: boolean;
}

/** A small provider on this machine: OpenAI's chat completions and responses, Anthropic's messages, with usage. */
export async function startDemoProvider(): Promise<RunningServer & { baseUrl: string }> {
  const server = await serveHttp(answer, { drainMs: 1_000 });
  return { ...server, baseUrl: `${server.url}/v1` };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, bodyBytesMax);
  if (body === 'aborted') return;
  const isMessages = request.url?.startsWith('/v1/messages') === true;
  const sendError = (status: number, type: string, message: string) =>
    sendJson(
      response,
      status,
      isMessages ? { type: 'error', error: { type, message } } : { error: { message, type, param: null, code: null } },
    );
  const key = request.headers['x-api-key'] ?? request.headers.authorization?.replace(/^Bearer /, '');
  if (key !== demoKey) return sendError(401, 'authentication_error', 'the demo provider takes the key "demo"');
  const answerOn = answers[(request.url ?? '').split('?', 1)[0] ?? ''];
  if (!answerOn) return sendError(404, 'not_found_error', 'the demo provider has no such path');
  const question = body === 'too_large' ? undefined : readQuestion(body.toString('utf8'));
  if (!question) return sendError(400, 'invalid_request_error', 'send a JSON object with "messages" or "input"');
  await answerOn(question, response);
}

const answers: Record<string, (question: Question, response: ServerResponse) => Promise<void> | void> = {
  '/v1/chat/completions': answerChat,
  '/v1/responses': answerResponses,
  '/v1/messages': answerMessages,
  '/v1/messages/count_tokens': ({ inputTokens }, response) => sendJson(response, 200, { input_tokens: inputTokens }),
};

function readQuestion(text: string): Question | undefined {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const messages = body?.messages ?? (typeof body?.input === 'string' ? [{ content: body.input }] : body?.input);
  if (!Array.isArray(messages)) return undefined;
  const asked = textOf((messages.at(-1) as { content?: unknown } | undefined)?.content);
  const reply = `You said: ${asked.slice(0, 200)} This answer came from the demo provider through your own gateway, and your balance has just paid for it. Set OPENAI_API_KEY or ANTHROPIC_API_KEY to call real models.`;
  const limit = body.max_completion_tokens ?? body.max_tokens ?? body.max_output_tokens;
  const words = reply.split(/(?<= )/);
  const wordsMax = typeof limit === 'number' ? Math.min(words.length, limit) : words.length;
  return {
    model: String(body.model),
    stream: body.stream === true,
    includesUsage: (body.stream_options as { include_usage?: unknown } | undefined)?.include_usage === true,
    words: words.slice(0, wordsMax),
    inputTokens: Math.ceil(JSON.stringify(messages).length / 4),
    isCut: wordsMax < words.length,
  };
}

/** Of a message's content, in whatever parts it comes. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content : [];
  return parts.map(part => (typeof part?.text === 'string' ? part.text : '')).join('');
}

async function answerChat(
  { model, stream, includesUsage, words, inputTokens, isCut }: Question,
  response: ServerResponse,
) {
  const finishReason = isCut ? 'length' : 'stop';
  const usage = {
    prompt_tokens: inputTokens,
    completion_tokens: words.length,
    total_tokens: inputTokens + words.length,
  };
  const base = { id: 'chatcmpl-demo', created: 0, model };
  if (!stream) {
    const message = { role: 'assistant', content: words.join('') };
    const choices = [{ index: 0, message, finish_reason: finishReason }];
    return sendJson(response, 200, { ...base, object: 'chat.completion', choices, usage });
  }
  const chunk = (delta: object, reason: string | null) => ({
    ...base,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  const events = [
    chunk({ role: 'assistant', content: '' }, null),
    ...words.map(content => chunk({ content }, null)),
    chunk({}, finishReason),
    ...(includesUsage ? [{ ...base, object: 'chat.completion.chunk', choices: [], usage }] : []),
  ];
  await sendEvents(response, [...events.map(event => `data: ${JSON.stringify(event)}\n\n`), 'data: [DONE]\n\n']);
}

async function answerResponses({ model, stream, words, inputTokens, isCut }: Question, response: ServerResponse) {
  const text = words.join('');
  const status = isCut ? 'incomplete' : 'completed';
  const content = [{ type: 'output_text', text, annotations: [], logprobs: [] }];
  const item = { id: 'msg_demo', type: 'message', role: 'assistant', status, content };
  const whole = {
    id: 'resp_demo',
    object: 'response',
    created_at: 0,
    status,
    model,
    output: [item],
    error: null,
    incomplete_details: isCut ? { reason: 'max_output_tokens' } : null,
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: words.length,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + words.length,
    },
  };
  if (!stream) return sendJson(response, 200, whole);
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: { ...whole, status: 'in_progress', output: [], usage: null } },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...place, part: { type: 'output_text', text: '', annotations: [] } },
    ...words.map(delta => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: content[0] },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: `response.${status}`, response: whole },
  ];
  const numbered = events.map((event, index) => ({ ...event, sequence_number: index }));
  await sendEvents(
    response,
    numbered.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  );
}

async function answerMessages({ model, stream, words, inputTokens, isCut }: Question, response: ServerResponse) {
  const stopReason = isCut ? 'max_tokens' : 'end_turn';
  const message = { id: 'msg_demo', type: 'message', role: 'assistant', model };
  const usage = { input_tokens: inputTokens, output_tokens: words.length };
  if (!stream) {
    const content = [{ type: 'text', text: words.join('') }];
    return sendJson(response, 200, { ...message, content, stop_reason: stopReason, stop_sequence: null, usage });
  }
  const opening = { ...message, content: [], stop_reason: null, stop_sequence: null };
  const events = [
    { type: 'message_start', message: { ...opening, usage: { ...usage, output_tokens: 0 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...words.map(text => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: words.length },
    },
    { type: 'message_stop' },
  ];
  await sendEvents(
    response,
    events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`),
  );
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function sendEvents(response: ServerResponse, events: string[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) {
    if (response.destroyed) return;
    response.write(event);
    await new Promise(resolve => setTimeout(resolve, wordPauseMs));
  }
  response.end();
}
