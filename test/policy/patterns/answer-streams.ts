import { SseSplitter } from '../../../functions/core/sse.ts';
import type { TextSurface } from '../../../functions/policy/patterns/stream-text-editor.ts';

/** Texts by what they belong to: `text`, `reasoning` and `arguments`, each cut into pieces. */
export type Pieces = Readonly<Record<'text' | 'reasoning' | 'arguments', readonly string[]>>;
export type Texts = Record<'text' | 'reasoning' | 'arguments', string>;

type Named = [name: string | undefined, data: unknown];

/** A whole streamed answer. */
export function answerStream(surface: TextSurface, pieces: Pieces): string {
  const write = { 'chat-completions': chatEvents, responses: responseEvents, messages: messageEvents }[surface];
  const events = write(pieces).map(([name, data]) => {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`;
  });
  return events.join('');
}

function chatEvents(pieces: Pieces): Named[] {
  const chunk = (delta: unknown, finish: string | null = null): Named => [
    undefined,
    {
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason: finish }],
    },
  ];
  const call = (fields: object) => ({ tool_calls: [{ index: 0, ...fields }] });
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces.reasoning.map(piece => chunk({ reasoning_content: piece })),
    ...pieces.text.map(piece => chunk({ content: piece })),
    chunk(call({ id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } })),
    ...pieces.arguments.map(piece => chunk(call({ function: { arguments: piece } }))),
    chunk({}, 'tool_calls'),
    [undefined, '[DONE]'],
  ];
}

function responseEvents(pieces: Pieces): Named[] {
  let number = 0;
  const event = (type: string, fields: object): Named => [type, { type, sequence_number: number++, ...fields }];
  const part = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
  const summary = (text: string) => ({ type: 'summary_text', text });
  const [text, reasoning, args] = [pieces.text.join(''), pieces.reasoning.join(''), pieces.arguments.join('')];
  const thought = (parts: unknown[]) => ({ id: 'rs_1', type: 'reasoning', summary: parts });
  const message = (content: unknown[], status: string) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status,
    content,
  });
  const call = (written: string) => ({
    id: 'fc_1',
    type: 'function_call',
    call_id: 'c',
    name: 'f',
    arguments: written,
  });
  const output = [thought([summary(reasoning)]), message([part(text)], 'completed'), call(args)];
  const response = (status: string, items: unknown[]) => ({ id: 'resp_1', object: 'response', status, output: items });
  const inSummary = { item_id: 'rs_1', output_index: 0, summary_index: 0 };
  const inPart = { item_id: 'msg_1', output_index: 1, content_index: 0 };
  const inCall = { item_id: 'fc_1', output_index: 2 };
  return [
    event('response.created', { response: response('in_progress', []) }),
    event('response.output_item.added', { output_index: 0, item: thought([]) }),
    event('response.reasoning_summary_part.added', { ...inSummary, part: summary('') }),
    ...pieces.reasoning.map(delta => event('response.reasoning_summary_text.delta', { ...inSummary, delta })),
    event('response.reasoning_summary_text.done', { ...inSummary, text: reasoning }),
    event('response.reasoning_summary_part.done', { ...inSummary, part: summary(reasoning) }),
    event('response.output_item.done', { output_index: 0, item: output[0] }),
    event('response.output_item.added', { output_index: 1, item: message([], 'in_progress') }),
    event('response.content_part.added', { ...inPart, part: part('') }),
    ...pieces.text.map(delta => event('response.output_text.delta', { ...inPart, delta })),
    event('response.output_text.done', { ...inPart, text }),
    event('response.content_part.done', { ...inPart, part: part(text) }),
    event('response.output_item.done', { output_index: 1, item: output[1] }),
    event('response.output_item.added', { output_index: 2, item: call('') }),
    ...pieces.arguments.map(delta => event('response.function_call_arguments.delta', { ...inCall, delta })),
    event('response.function_call_arguments.done', { ...inCall, arguments: args }),
    event('response.output_item.done', { output_index: 2, item: output[2] }),
    event('response.completed', { response: response('completed', output) }),
  ];
}

function messageEvents(pieces: Pieces): Named[] {
  const event = (type: string, fields: object): Named => [type, { type, ...fields }];
  const block = (index: number, start: object, deltas: object[]): Named[] => [
    event('content_block_start', { index, content_block: start }),
    ...deltas.map(delta => event('content_block_delta', { index, delta })),
    event('content_block_stop', { index }),
  ];
  const message = { id: 'msg_1', type: 'message', role: 'assistant', content: [], usage: { input_tokens: 1 } };
  const [opening = '', ...rest] = pieces.text;
  return [
    event('message_start', { message }),
    ...block(0, { type: 'thinking', thinking: '' }, [
      ...pieces.reasoning.map(thinking => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: '078-05-1120' },
    ]),
    ['ping', { type: 'ping' }],
    ...block(
      1,
      { type: 'text', text: opening },
      rest.map(text => ({ type: 'text_delta', text })),
    ),
    ...block(
      2,
      { type: 'tool_use', id: 't', name: 'f', input: {} },
      pieces.arguments.map(partial_json => ({ type: 'input_json_delta', partial_json })),
    ),
    event('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 1 } }),
    event('message_stop', {}),
  ];
}

/** What a client puts together from the pieces of an answer. */
export function readAnswerStream(surface: TextSurface, stream: string): Texts {
  const texts: Texts = { text: '', reasoning: '', arguments: '' };
  for (const { data } of new SseSplitter().push(Buffer.from(stream))) {
    if (data === undefined || data === '[DONE]') continue;
    for (const [what, piece] of piecesOf(surface, JSON.parse(data))) texts[what] += piece;
  }
  return texts;
}

interface AnyEvent {
  type?: string;
  delta?: string | Record<string, string>;
  content_block?: { text?: string };
  choices?: {
    delta: { content?: string; reasoning_content?: string; tool_calls?: { function: { arguments: string } }[] };
  }[];
}

function piecesOf(surface: TextSurface, event: AnyEvent): [keyof Texts, string][] {
  const { delta } = event;
  if (surface === 'chat-completions') {
    const chat = event.choices?.[0]?.delta;
    return [
      ['text', chat?.content ?? ''],
      ['reasoning', chat?.reasoning_content ?? ''],
      ['arguments', chat?.tool_calls?.[0]?.function.arguments ?? ''],
    ];
  }
  if (typeof delta === 'string') {
    const what = {
      'response.output_text.delta': 'text',
      'response.function_call_arguments.delta': 'arguments',
    } as const;
    return [[what[event.type as keyof typeof what] ?? 'reasoning', delta]];
  }
  return [
    ['text', (delta?.text ?? '') + (event.content_block?.text ?? '')],
    ['reasoning', delta?.thinking ?? ''],
    ['arguments', delta?.partial_json ?? ''],
  ];
}
