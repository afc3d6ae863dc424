import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Surface } from '../../functions/providers/surface.ts';
import { surfaceAt, surfacePaths } from '../../functions/providers/surfaces.ts';
import { readStream, toEvent } from '../support/sse.ts';

const at = (path: string) => surfaceAt(path) as Surface;
const all = [...surfacePaths, '/v1/images/generations'].map(at);

test('what the model wrote is read, for our own count', () => {
  const text = (path: string, answer: object) => at(path).readAnswer(answer).text;
  const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
  const message = { role: 'assistant', content: 'a', reasoning_content: 'b', refusal: 'c', tool_calls: [call] };
  assert.equal(text('/v1/chat/completions', { choices: [{ message }, { message: { content: 'd' } }] }), 'abcf{"a":1}d');
  assert.equal(
    text('/v1/chat/completions', { choices: [{ message: { content: [{ type: 'text', text: 'part' }] } }] }),
    'part',
  );
  assert.equal(
    text('/v1/chat/completions', { choices: [{ message: { audio: { data: 'AAAA', transcript: 'spoken' } } }] }),
    'spoken',
  );
  assert.equal(text('/v1/completions', { choices: [{ text: 'a' }, { text: 'b' }] }), 'ab');
  const output = [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'a' }], encrypted_content: 'AAAA' },
    { type: 'message', content: [{ type: 'output_text', text: 'b', annotations: [{ title: 'no' }] }] },
    { type: 'message', content: [{ type: 'refusal', refusal: 'c' }] },
    { type: 'function_call', call_id: 'x', name: 'f', arguments: '{}' },
  ];
  assert.equal(text('/v1/responses', { output }), 'abcf{}');
  const content = [
    { type: 'thinking', thinking: 'a', signature: 'AAAA' },
    { type: 'text', text: 'b' },
    { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } },
    { type: 'web_search_tool_result', content: [{ type: 'web_search_result', title: 'not written by the model' }] },
  ];
  assert.equal(text('/v1/messages', { content }), 'abf{"a":1}');
  assert.equal(text('/v1/embeddings', { data: [{ embedding: [1] }] }), '');
});

test('an error in place of an answer is one, whatever its status was', () => {
  const error = (path: string, answer: unknown) => at(path).readAnswer(answer).error;
  for (const path of [...surfacePaths, '/v1/images/generations']) {
    assert.equal(error(path, { error: { message: 'no quota' } }), 'no quota', path);
    assert.equal(error(path, { error: null }), undefined, path);
    assert.equal(error(path, {}), undefined, path);
  }
  assert.equal(error('/v1/messages', { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }), 'busy');
  assert.equal(error('/v1/responses', { status: 'failed', error: { code: 'x', message: 'failed' } }), 'failed');
  assert.equal(error('/v1/chat/completions', { choices: [], error: { message: 'a warning' } }), undefined);
});

test('no answer and no event is too strange to be read', () => {
  const names = [
    'type',
    'usage',
    'choices',
    'delta',
    'message',
    'error',
    'response',
    'output',
    'content',
    'data',
    'item',
    'x_groq',
    'content_block',
    'index',
    'finish_reason',
    'prompt_tokens',
    'completion_tokens',
    'total_tokens',
    'input_tokens',
    'output_tokens',
    'prompt_tokens_details',
    'cached_tokens',
    'iterations',
    'cache_creation',
    'tool_calls',
    'function',
  ];
  const types = ['message_start', 'message_delta', 'content_block_start', 'content_block_delta', 'response.completed'];
  const leaf = fc.oneof(fc.jsonValue(), fc.constantFrom(...types), fc.double(), fc.integer());
  const { value } = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 8 }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), values => {
      for (const surface of all) {
        for (const answer of values) {
          const { usage, text } = surface.readAnswer(answer);
          assert.equal(typeof text, 'string');
          for (const count of Object.values(usage ?? {})) assert.ok(Number.isSafeInteger(count) && count >= 0);
        }
        if (!surface.createStreamReader) continue;
        const events = values.map(answer => `data: ${JSON.stringify(answer)}\n\n`).join('');
        const { usage, readings } = readStream(surface, [Buffer.from(events)]);
        for (const { text } of readings) assert.equal(typeof text, 'string');
        for (const count of Object.values(usage ?? {})) assert.ok(Number.isSafeInteger(count) && count >= 0);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('any sequence of events passes byte for byte and reads the same however it is split', () => {
  const event = fc.oneof(
    fc.jsonValue().map(value => `data: ${JSON.stringify(value)}\n\n`),
    fc.dictionary(fc.constantFrom('type', 'choices', 'usage', 'delta', 'error'), fc.jsonValue()).map(toEvent),
    fc.constantFrom('data: [DONE]\n\n', ': comment\r\n\r\n', 'event: ping\n\n', '\n', 'data: broken', 'data:\r\r'),
    fc.string().map(text => `data: ${text}\n\n`),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 6 }), (events, cuts) => {
      const bytes = Buffer.from(events.join(''));
      const ends = [...cuts.map(cut => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      for (const surface of all) {
        if (!surface.createStreamReader) continue;
        const split = readStream(surface, chunks);
        const whole = readStream(surface, [bytes]);
        assert.deepEqual(split.bytes, bytes);
        assert.deepEqual([split.usage, split.text], [whole.usage, whole.text]);
      }
    }),
    { numRuns: 500 },
  );
});
