import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../functions/core/errors.ts';
import { chatCompletions } from '../../functions/providers/openai/chat-completions.ts';
import { parseModelCall } from '../../functions/routing/model-call.ts';

const parse = (text: string) => parseModelCall(Buffer.from(text), chatCompletions);
const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

test('a body may be nested 200 deep, and no deeper', () => {
  assert.ok(parse(nested(200)));
  assert.throws(() => parse(nested(201)), /nested more than 200 deep/);
});

test('brackets inside strings are text', () => {
  assert.ok(parse(JSON.stringify({ a: '['.repeat(1_000), b: `\\"${'{'.repeat(1_000)}`, 'c[[[': '\\\\' })));
});

test('any text is a call or a refusal, and any JSON object a call', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      try {
        parse(text);
      } catch (error) {
        assert(error instanceof GatewayError && error.code === 'ERR_NGROK_3801');
      }
    }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), members => {
      const { model: _, models: __, stream: ___, ...body } = members;
      assert.deepEqual(parse(JSON.stringify(body)).body, JSON.parse(JSON.stringify(body)));
    }),
  );
});

test('a request names at most 100 models, with names of at most 255 characters', () => {
  const names = (count: number) => JSON.stringify({ models: Array.from({ length: count }, (_, index) => `m${index}`) });
  assert.equal(parse(names(100)).modelNames.length, 100);
  assert.throws(() => parse(names(101)), /names 101 models; name at most 100/);
  assert.throws(() => parse(JSON.stringify({ model: 'x'.repeat(256) })), /over 255 characters/);
});
