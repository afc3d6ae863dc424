import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { noUsage, type Usage } from '../../functions/core/usage.ts';
import type { EventReading, Surface } from '../../functions/providers/surface.ts';
import { surfaceAt } from '../../functions/providers/surfaces.ts';
import { readStream, toSse } from '../support/sse.ts';

interface Stream {
  file: string;
  path: string;
  usage: Partial<Usage> | undefined;
  text: string;
  /** Which event is the first with content, the finish and the terminator; the comment in front is event 0. */
  content: number;
  finish: number;
  end: number;
}

const streams: Stream[] = [
  {
    file: 'openai/chat-text.sse',
    path: '/v1/chat/completions',
    usage: { inputTokens: 9, outputTokens: 12 },
    text: 'Grüße 🙂\n',
    content: 2,
    finish: 4,
    end: 6,
  },
  {
    file: 'openai/chat-tool-call.sse',
    path: '/v1/chat/completions',
    usage: undefined,
    text: 'get_weather{"location":"Paris"}',
    content: 1,
    finish: 4,
    end: 5,
  },
  {
    file: 'openai/chat-two-choices.sse',
    path: '/v1/chat/completions',
    usage: { inputTokens: 9, outputTokens: 3 },
    text: 'abc',
    content: 1,
    finish: 5, // not when the first of two is done
    end: 7,
  },
  {
    file: 'openai/completions.sse',
    path: '/v1/completions',
    usage: { inputTokens: 5, outputTokens: 7 },
    text: 'This is',
    content: 2,
    finish: 3,
    end: 5,
  },
  {
    file: 'openai/responses-text.sse',
    path: '/v1/responses',
    usage: { inputTokens: 37, outputTokens: 11 },
    text: 'Hi there!',
    content: 5,
    finish: 9,
    end: 9,
  },
  {
    file: 'openai/responses-function-call.sse',
    path: '/v1/responses',
    usage: { inputTokens: 50, cachedInputTokens: 32, outputTokens: 20, reasoningTokens: 5 },
    text: 'get_weather{"location":"Paris"}',
    content: 4,
    finish: 7,
    end: 7,
  },
  {
    file: 'anthropic/text.sse',
    path: '/v1/messages',
    usage: { inputTokens: 125, cachedInputTokens: 100, outputTokens: 15 },
    text: 'Hello!',
    content: 4,
    finish: 7,
    end: 8,
  },
  {
    file: 'anthropic/tool-use.sse',
    path: '/v1/messages',
    usage: { inputTokens: 472, outputTokens: 89 },
    text: 'get_weather{"location": "Paris"}',
    content: 2,
    finish: 6,
    end: 7,
  },
  {
    file: 'anthropic/thinking.sse',
    path: '/v1/messages',
    usage: { inputTokens: 30, outputTokens: 60, reasoningTokens: 48 },
    text: '27 * 453 = 1223112,231',
    content: 3,
    finish: 9,
    end: 10,
  },
  {
    file: 'openai/transcription.sse',
    path: '/v1/audio/transcriptions',
    usage: { inputTokens: 14, outputTokens: 45 },
    text: '',
    content: 1,
    finish: 1, // of what is not known, any event may be the last
    end: 4,
  },
];

const surfaceOf = (path: string) => surfaceAt(path) as Surface;

for (const { file, path, usage, text, content, finish, end } of streams) {
  test(`${file} reads the same however its bytes are split`, () => {
    const surface = surfaceOf(path);
    const lines = readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8');
    for (const bytes of [Buffer.from(lines), Buffer.from(lines.replaceAll('\n', '\r\n'))]) {
      const whole = readStream(surface, [bytes]);
      assert.deepEqual(whole.usage, usage && { ...noUsage, ...usage });
      assert.equal(whole.text, text);
      const first = (is: (reading: EventReading) => boolean) => whole.readings.findIndex(is);
      assert.deepEqual(
        [first(r => r.hasContent), first(r => r.isFinish), first(r => r.isEnd), first(r => r.error !== undefined)],
        [content, finish, end, -1],
      );
      for (let at = 1; at < bytes.length; at++) {
        assert.deepEqual(readStream(surface, [bytes.subarray(0, at), bytes.subarray(at)]), whole, `split at ${at}`);
      }
      const singly = Array.from(bytes, byte => Buffer.from([byte]));
      assert.deepEqual(readStream(surface, singly), whole, 'byte by byte');
    }
  });
}

test('errors in a stream are seen in every form in which providers send them', () => {
  const error = (path: string, payload: object | string) => {
    const text = typeof payload === 'string' ? payload : toSse([payload]);
    return readStream(surfaceOf(path), [Buffer.from(text)]).readings[0]?.error;
  };
  const [chat, responses, messages] = ['/v1/chat/completions', '/v1/responses', '/v1/messages'] as const;
  assert.equal(error(chat, { error: { message: 'overloaded', code: 'x' } }), 'overloaded');
  assert.equal(error(chat, { error: 'overloaded' }), 'overloaded');
  assert.equal(error(chat, { error: { code: 502 }, choices: [{ delta: {}, finish_reason: 'error' }] }), '{"code":502}');
  assert.equal(error(chat, { object: 'error', message: 'out of memory', code: 500 }), 'out of memory');
  assert.equal(error('/v1/completions', { error: { message: 'overloaded' } }), 'overloaded');
  assert.equal(error(responses, { type: 'error', message: 'flat', code: null, sequence_number: 2 }), 'flat');
  assert.equal(error(responses, { type: 'error', error: { message: 'nested' } }), 'nested');
  assert.equal(error(responses, { type: 'response.failed', response: { error: { message: 'failed' } } }), 'failed');
  assert.equal(error(responses, { type: 'response.failed', response: {} }), 'a failed response');
  assert.equal(error(responses, { error: { message: 'untyped' } }), 'untyped');
  assert.equal(
    error(messages, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    'Overloaded',
  );
  assert.equal(error('/v1/images/generations', { type: 'error', error: { message: 'no' } }), 'no');
  assert.equal(error('/v1/images/generations', 'event: error\ndata: plain text\n\n'), 'plain text');
  for (const path of [chat, '/v1/completions', responses, messages]) {
    for (const data of ['{"choices":[', 'null', '[]', '7', '"text"', '<html>']) {
      assert.equal(error(path, `data: ${data}\n\n`), 'an event that is not a JSON object', `${path} ${data}`);
    }
  }
});

test('events that announce, ping or are not known commit to nothing', () => {
  const nothing = (path: string, payload: object) => {
    const [reading] = readStream(surfaceOf(path), [Buffer.from(toSse([payload]))]).readings;
    const { hasContent, isFinish, isEnd, error, text } = reading as EventReading;
    assert.deepEqual(
      [hasContent, isFinish, isEnd, error, text],
      [false, false, false, undefined, ''],
      JSON.stringify(payload),
    );
  };
  const delta = (delta: unknown) => ({ choices: [{ index: 0, delta, finish_reason: null }] });
  for (const value of [{ role: 'assistant' }, { content: '' }, { content: null, tool_calls: [] }, {}, null, 'text']) {
    nothing('/v1/chat/completions', delta(value));
  }
  nothing('/v1/chat/completions', { choices: [], prompt_filter_results: [{ prompt_index: 0 }] });
  nothing('/v1/chat/completions', { object: 'keep-alive' });
  nothing('/v1/completions', { choices: [{ text: '', index: 0, finish_reason: null }] });
  for (const type of ['response.queued', 'response.output_text.delta', 'keepalive', 'response.of.the.future']) {
    nothing('/v1/responses', { type, delta: '' });
  }
  nothing('/v1/responses', { type: 'response.output_item.added', item: { type: 'reasoning', summary: [] } });
  nothing('/v1/messages', { type: 'ping' });
  nothing('/v1/messages', { type: 'event_of_the_future', text: 'x' });
  nothing('/v1/messages', { type: 'content_block_start', content_block: { type: 'thinking', thinking: '' } });
});

test('only a chunk that does nothing but report usage is one that may be dropped', () => {
  const isUsageOnly = (payload: object) =>
    readStream(surfaceOf('/v1/chat/completions'), [Buffer.from(toSse([payload]))]).readings[0]?.isUsageOnly;
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  assert.equal(isUsageOnly({ choices: [], usage }), true);
  assert.equal(isUsageOnly({ choices: [], usage: null }), false);
  assert.equal(isUsageOnly({ choices: [{ index: 0, delta: { content: 'x' } }], usage }), false);
  assert.equal(isUsageOnly({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], x_groq: { usage } }), false);
});
