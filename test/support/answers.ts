import type { ServerResponse } from 'node:http';
import { chatAnswer, chatEvents, doneEvent, type SeenRequest, sendEvents, sendJson, usageEvent } from './upstream.ts';

/** What the scripted provider says on every surface. */
export interface Reply {
  text: string;
  /** A call of this function instead of text. */
  tool?: { name: string; arguments: object };
  inputTokens: number;
  outputTokens: number;
}

/** Answers a request as the provider of its path would, in JSON or as a stream. */
export async function answer({ path, body }: SeenRequest, response: ServerResponse, reply: Reply): Promise<void> {
  const model = String(body.model);
  const isStream = body.stream === true;
  const surface = path.replace(/^.*\/v1/, '').replace(/\?.*$/, '');
  if (surface === '/chat/completions') {
    return isStream ? sendEvents(response, chatStream(reply)) : sendJson(response, 200, chat(model, reply));
  }
  if (surface === '/responses') {
    return isStream
      ? sendEvents(response, responsesStream(model, reply))
      : sendJson(response, 200, responsesAnswer(model, reply));
  }
  if (surface === '/messages') {
    return isStream
      ? sendEvents(response, messagesStream(model, reply))
      : sendJson(response, 200, message(model, reply));
  }
  if (surface === '/messages/count_tokens') return sendJson(response, 200, { input_tokens: reply.inputTokens });
  if (surface === '/embeddings') return sendJson(response, 200, embeddings(model, body, reply));
  if (surface === '/completions') return sendJson(response, 200, completion(model, reply));
  return sendJson(response, 200, { path: surface, model });
}

function chat(model: string, { text, tool, inputTokens, outputTokens }: Reply): object {
  const whole = chatAnswer(text, inputTokens, outputTokens);
  if (!tool) return { ...whole, model };
  const toolCall = {
    id: 'call_1',
    type: 'function',
    function: { name: tool.name, arguments: JSON.stringify(tool.arguments) },
  };
  const choice = {
    index: 0,
    message: { role: 'assistant', content: null, tool_calls: [toolCall] },
    finish_reason: 'tool_calls',
  };
  return { ...whole, model, choices: [choice] };
}

function chatStream({ text, inputTokens, outputTokens }: Reply): string[] {
  return [...chatEvents(text.split(/(?<= )/)), usageEvent(inputTokens, outputTokens), doneEvent];
}

/** @see https://platform.openai.com/docs/api-reference/responses/object */
function responsesAnswer(model: string, { text, tool, inputTokens, outputTokens }: Reply, status = 'completed') {
  const output = tool
    ? {
        type: 'function_call',
        id: 'fc_1',
        call_id: 'call_1',
        name: tool.name,
        arguments: JSON.stringify(tool.arguments),
        status,
      }
    : {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status,
        content: [{ type: 'output_text', text, annotations: [] }],
      };
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status,
    model,
    output: [output],
    error: null,
    incomplete_details: null,
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
}

function responsesStream(model: string, reply: Reply): string[] {
  const started = { ...responsesAnswer(model, reply, 'in_progress'), output: [], usage: null };
  const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] };
  const part = { item_id: 'msg_1', output_index: 0, content_index: 0 };
  const whole = responsesAnswer(model, reply);
  const events: Event[] = [
    { type: 'response.created', response: started },
    { type: 'response.output_item.added', output_index: 0, item },
    { type: 'response.content_part.added', ...part, part: { type: 'output_text', text: '', annotations: [] } },
    ...reply.text.split(/(?<= )/).map(delta => ({ type: 'response.output_text.delta', ...part, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...part, text: reply.text, logprobs: [] },
    { type: 'response.output_item.done', output_index: 0, item: whole.output[0] },
    { type: 'response.completed', response: whole },
  ];
  return events.map((event, index) => named({ ...event, sequence_number: index }));
}

/** @see https://platform.claude.com/docs/en/api/messages */
function message(model: string, { text, tool, inputTokens, outputTokens }: Reply): object {
  const block = tool
    ? { type: 'tool_use', id: 'toolu_1', name: tool.name, input: tool.arguments }
    : { type: 'text', text };
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [block],
    stop_reason: tool ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: inputTokens, output_tokens: outputTokens },
  };
}

function messagesStream(model: string, reply: Reply): string[] {
  const opening = { ...message(model, reply), content: [], stop_reason: null };
  const events = [
    { type: 'message_start', message: opening },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...reply.text
      .split(/(?<= )/)
      .map(text => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: reply.outputTokens },
    },
    { type: 'message_stop' },
  ];
  return events.map(named);
}

type Event = { type: string } & Record<string, unknown>;

function named(event: Event): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function embeddings(model: string, { input, encoding_format }: SeenRequest['body'], { inputTokens }: Reply): object {
  const vector = [0.25, -0.5];
  const inputs = Array.isArray(input) ? input : [input];
  const embedding =
    encoding_format === 'base64' ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector;
  return {
    object: 'list',
    model,
    data: inputs.map((_, index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  };
}

function completion(model: string, { text, inputTokens, outputTokens }: Reply): object {
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model,
    choices: [{ index: 0, text, finish_reason: 'stop', logprobs: null }],
    usage: { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens },
  };
}
