import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import OpenAI from 'openai';
import { SseSplitter } from '../../../functions/core/sse.ts';
import {
  compileRule,
  MatchLog,
  type ReplacementRule,
  replaceInText,
} from '../../../functions/policy/patterns/replace.ts';
import {
  isTextSurface,
  StreamTextEditor,
  type TextSurface,
} from '../../../functions/policy/patterns/stream-text-editor.ts';
import { answerStream, type Pieces, readAnswerStream } from './answer-streams.ts';

const surfaces: TextSurface[] = ['chat-completions', 'responses', 'messages'];

function rules(...pairs: [from: string, to: string][]): ReplacementRule[] {
  return pairs.map(([from, to]) => {
    const compiled = compileRule(from, to);
    assert('rule' in compiled, from);
    return compiled.rule.fill([]);
  });
}

const ssn = rules(['\\b\\d{3}-\\d{2}-\\d{4}\\b', '***']);

/** @param cuts where the bytes are cut */
function edit(
  surface: TextSurface,
  stream: string,
  use: ReplacementRule[],
  cuts: number[] = [],
  log?: MatchLog,
): string {
  const editor = new StreamTextEditor(surface, use, log);
  const splitter = new SseSplitter();
  const bytes = Buffer.from(stream);
  const places = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const passed: Buffer[] = [];
  for (let at = 1; at < places.length; at++) {
    for (const event of splitter.push(bytes.subarray(places[at - 1], places[at]))) passed.push(editor.push(event));
  }
  passed.push(editor.end());
  return Buffer.concat(passed).toString();
}

const cutInTheMiddle: Pieces = {
  text: ['My number is 078', '-05-', '1120. Call', ' me 😀'],
  reasoning: ['He said 0', '7', '8-05-1120'],
  arguments: ['{"ssn":"078-0', '5-1120"}'],
};

for (const surface of surfaces) {
  test(`finds what ${surface} events cut in two`, () => {
    const log = new MatchLog();
    const edited = edit(surface, answerStream(surface, cutInTheMiddle), ssn, [], log);
    assert.deepEqual(readAnswerStream(surface, edited), {
      text: 'My number is ***. Call me 😀',
      reasoning: 'He said ***',
      arguments: '{"ssn":"***"}',
    });
    assert.equal(log.count, 3);
    assert.doesNotMatch(edited.replace('"signature":"078-05-1120"', ''), /1120/);
  });

  test(`leaves ${surface} events as they are when nothing is found`, () => {
    const stream = answerStream(surface, { text: ['Hel', 'lo'], reasoning: ['Hm'], arguments: ['{"a": 1.50}'] });
    assert.equal(edit(surface, stream, ssn), stream);
  });

  test(`the pieces of ${surface} give what the whole texts give, however they and the bytes are cut`, () => {
    const letter = fc.constantFrom(...'0078-112 ab"\\\n{}'.split(''), 'é', '語', '😀', '078-05-1120');
    const pieces = fc.array(
      fc.array(letter, { maxLength: 6 }).map(letters => letters.join('')),
      { maxLength: 6 },
    );
    const recut = pieces.chain(texts => {
      const whole = texts.join('');
      return fc.array(fc.nat(whole.length), { maxLength: 5 }).map(cuts => {
        const places = [0, ...cuts.sort((a, b) => a - b), whole.length];
        return places.slice(1).map((place, at) => whole.slice(places[at], place));
      });
    });
    const many = rules(['\\d{2,3}-\\d{2}(?:-\\d{4})?', '<$0>'], ['é語|a{1,3}"|😀', '"\\$1'], ['[78]>', '語']);
    fc.assert(
      fc.property(recut, recut, recut, fc.array(fc.nat(), { maxLength: 12 }), (text, reasoning, args, cuts) => {
        const stream = answerStream(surface, { text, reasoning, arguments: args });
        const expected = {
          text: replaceInText(text.join(''), many),
          reasoning: replaceInText(reasoning.join(''), many),
          arguments: replaceInText(args.join(''), many),
        };
        assert.deepEqual(readAnswerStream(surface, edit(surface, stream, many, cuts)), expected);
      }),
      { numRuns: 400 },
    );
  });
}

function eventsOf(stream: string): string[] {
  return stream.split('\n\n').filter(event => event !== '');
}

function chatChunk(choices: unknown[], more: object = {}): string {
  return `data: ${JSON.stringify({ id: 'c', ...more, choices })}\n\n`;
}

test('what is held back comes before the end of its text, in an event of its own', () => {
  const stream =
    chatChunk([{ index: 1, delta: { role: 'assistant', content: 'is 078-05' } }], { usage: { total_tokens: 1 } }) +
    chatChunk([{ index: 0, delta: { content: 'other' } }]) +
    chatChunk([{ index: 1, delta: {}, finish_reason: 'stop' }]) +
    'data: [DONE]\n\n';
  const [held, other, released, finish, done] = eventsOf(edit('chat-completions', stream, ssn));
  assert.match(held as string, /"content":"is "/);
  assert.match(other as string, /"content":"other"/);
  assert.equal(
    released,
    'data: {"id":"c","usage":null,"choices":[{"index":1,"delta":{"content":"078-05"},"finish_reason":null}]}',
  );
  assert.match(finish as string, /"finish_reason":"stop"/);
  assert.equal(done, 'data: [DONE]');
});

test('what is held back goes into the event that ends its text if that has text', () => {
  const stream =
    chatChunk([{ index: 0, delta: { content: '078-05-1' } }]) +
    chatChunk([{ index: 0, delta: { content: '120' }, finish_reason: 'stop' }]);
  const events = eventsOf(edit('chat-completions', stream, ssn));
  assert.equal(events.length, 2);
  assert.match(events[1] as string, /"content":"\*\*\*"/);
});

test('what is held back comes out before [DONE], before an error and at the end of the stream', () => {
  const held = chatChunk([{ index: 0, delta: { content: '078' } }]);
  for (const end of ['data: [DONE]\n\n', 'data: {"error":{"message":"x"}}\n\n', '']) {
    const events = eventsOf(edit('chat-completions', held + end, ssn));
    assert.match(events[1] as string, /"content":"078"/);
    assert.equal(events[2], end === '' ? undefined : end.trim());
  }
});

test('choices and calls have texts of their own', () => {
  const call = (index: number, written: string) => [
    { index: 0, delta: { tool_calls: [{ index, function: { arguments: written } }] } },
  ];
  const stream =
    chatChunk([
      { index: 0, delta: { content: '078-05' } },
      { index: 1, delta: { content: '-1120' } },
    ]) +
    chatChunk(call(0, '078-05')) +
    chatChunk(call(1, '-1120')) +
    chatChunk(call(0, '-1120'));
  const edited = edit('chat-completions', stream, ssn);
  assert.match(edited, /\{"index":1,"delta":\{"content":"-1120"\}\}/);
  assert.match(edited, /"delta":\{"tool_calls":\[\{"index":0,"function":\{"arguments":"\*\*\*"\}\}\]\}/);
  assert.match(edited, /"delta":\{"content":"078-05"\},"finish_reason":null/);
});

test('all that is not text stays as it was written', () => {
  const event =
    'id: 7\r\nevent: x\r\ndata:{ "big" : 12345678901234567890,"choices":[{"delta":{"content":"is 078-05-1120."} , "x":1.50}]}\r\n: note\r\n\r\n';
  assert.equal(edit('chat-completions', event, ssn), event.replace('078-05-1120', '***'));
  const lines = 'data: {"choices":[\ndata: {"delta":{"content":"078-05-1120."}}]}\n\n';
  assert.equal(edit('chat-completions', lines, ssn), lines.replace('078-05-1120', '***'));
  for (const other of [
    ': keep-alive\n\n',
    'data: not json\n\n',
    'data: [1]\n\n',
    'event: ping\ndata: {"type":"ping"}\n\n',
  ]) {
    for (const surface of surfaces) assert.equal(edit(surface, other, ssn), other);
  }
});

test('tokens that would give the text away are taken out', () => {
  const logprobs = { content: [{ token: '078', logprob: 0 }] };
  const chat = edit('chat-completions', chatChunk([{ index: 0, delta: { content: 'a' }, logprobs }]), ssn);
  assert.match(chat, /"logprobs":null/);
  const delta = {
    type: 'response.output_text.delta',
    output_index: 0,
    content_index: 0,
    delta: '0',
    logprobs: [{ token: '0' }],
  };
  const response = edit('responses', `data: ${JSON.stringify(delta)}\n\n`, ssn);
  assert.doesNotMatch(response, /token/);
});

test('reasoning, refusals and parts are text under all their names', () => {
  const number = '078-05-1120.';
  const deltas = [
    { reasoning: number },
    { refusal: number },
    { content: [{ type: 'text', text: number }] },
    { reasoning_details: [{ type: 'reasoning.text', index: 0, text: number }] },
    { audio: { transcript: number } },
    { function_call: { arguments: number } },
  ];
  for (const delta of deltas) {
    const edited = edit('chat-completions', chatChunk([{ index: 0, delta }]), ssn);
    assert.equal(edited, chatChunk([{ index: 0, delta }]).replace('078-05-1120', '***'));
  }
  const repeated = chatChunk([{ index: 0, delta: {}, message: { content: 'is 078-05-1120, or 078-05' } }]);
  assert.match(edit('chat-completions', repeated, ssn), /"message":\{"content":"is \*\*\*, or "\}/);
});

test('audio and images of responses are no text', () => {
  const audio = 'data: {"type":"response.audio.delta","delta":"078-05-1120"}\n\n';
  assert.equal(edit('responses', audio, ssn), audio);
});

test('surfaces are known by their names', () => {
  assert(isTextSurface('responses') && !isTextSurface('embeddings') && !isTextSurface('constructor'));
});

function answering(surface: TextSurface): typeof fetch {
  const body = edit(surface, answerStream(surface, cutInTheMiddle), ssn);
  return async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

test('the clients of the providers read the edited text', async () => {
  const openai = (surface: TextSurface) => new OpenAI({ apiKey: 'k', baseURL: 'http://x', fetch: answering(surface) });
  const chat = openai('chat-completions').chat.completions.stream({ model: 'm', messages: [] });
  const [choice] = (await chat.finalChatCompletion()).choices;
  const [call] = choice?.message.tool_calls ?? [];
  assert.equal(choice?.message.content, 'My number is ***. Call me 😀');
  assert(call?.type === 'function');
  assert.deepEqual(call.function, { name: 'f', arguments: '{"ssn":"***"}' });

  const response = await openai('responses').responses.stream({ model: 'm', input: '' }).finalResponse();
  assert.equal(response.output_text, 'My number is ***. Call me 😀');

  const anthropic = new Anthropic({ apiKey: 'k', baseURL: 'http://x', fetch: answering('messages') });
  const message = await anthropic.messages.stream({ model: 'm', max_tokens: 9, messages: [] }).finalMessage();
  const [thinking, text, tool] = message.content;
  assert(thinking?.type === 'thinking' && text?.type === 'text' && tool?.type === 'tool_use');
  assert.deepEqual(
    [thinking.thinking, text.text, tool.input],
    ['He said ***', 'My number is ***. Call me 😀', { ssn: '***' }],
  );
});
