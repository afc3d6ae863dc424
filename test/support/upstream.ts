import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a provider saw it. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  body: Record<string, unknown>;
}

export type Script = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A provider that does what a test says and remembers what it saw. */
export interface Upstream {
  /** Base URL with path `/v1`. */
  baseUrl: string;
  requests: SeenRequest[];
  /** What to do with the next requests. */
  script: Script;
  close(): Promise<void>;
}

export async function startUpstream(script: Script): Promise<Upstream> {
  const upstream: Upstream = { baseUrl: '', requests: [], script, close: async () => {} };
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      text,
      body: text.startsWith('{') ? JSON.parse(text) : {},
    };
    upstream.requests.push(request);
    await upstream.script(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  upstream.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  upstream.close = () => {
    server.closeAllConnections();
    return new Promise(resolve => server.close(() => resolve()));
  };
  return upstream;
}

/** A whole chat completion that used these tokens. */
export function chatAnswer(content: string, promptTokens: number, completionTokens: number): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  };
}

/** The same as stream events, without the usage that must be asked for. */
export function chatEvents(words: string[]): string[] {
  const chunk = (delta: object, finishReason: string | null) =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'gpt-4o-mini',
      choices: [{ index: 0, delta, finish_reason: finishReason }],
    })}\n\n`;
  return [
    chunk({ role: 'assistant', content: '' }, null),
    ...words.map(content => chunk({ content }, null)),
    chunk({}, 'stop'),
  ];
}

export function usageEvent(promptTokens: number, completionTokens: number): string {
  const usage = {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini', choices: [], usage })}\n\n`;
}

export const doneEvent = 'data: [DONE]\n\n';

export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Sends events one by one, `pauseMs` apart. */
export async function sendEvents(response: ServerResponse, events: string[], pauseMs = 0): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) {
    response.write(event);
    if (pauseMs > 0) await new Promise(resolve => setTimeout(resolve, pauseMs));
  }
  response.end();
}

/** Answers chat requests the way OpenAI does, with the usage given. */
export function chatScript(words: string[], promptTokens: number, completionTokens: number): Script {
  return async ({ body }, response) => {
    if (body.stream !== true)
      return sendJson(response, 200, chatAnswer(words.join(''), promptTokens, completionTokens));
    const options = body.stream_options as { include_usage?: boolean } | undefined;
    const usage = options?.include_usage ? [usageEvent(promptTokens, completionTokens)] : [];
    return sendEvents(response, [...chatEvents(words), ...usage, doneEvent]);
  };
}
