import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../functions/core/errors.ts';
import type { Surface } from '../../functions/providers/surface.ts';
import { surfaceAt, surfacePaths } from '../../functions/providers/surfaces.ts';

const at = (path: string) => surfaceAt(path) as Surface;
const chat = at('/v1/chat/completions');
const completions = at('/v1/completions');
const responses = at('/v1/responses');
const embeddings = at('/v1/embeddings');
const messages = at('/v1/messages');
const countTokens = at('/v1/messages/count_tokens');
const images = at('/v1/images/generations');
const all = [...surfacePaths.map(at), images];

test('streams are asked for usage where they must be, and the client’s other options stay', () => {
  for (const surface of [chat, completions]) {
    assert.deepEqual(surface.usageRequest({}), { stream_options: { include_usage: true } });
    assert.deepEqual(surface.usageRequest({ stream_options: { include_obfuscation: false } }), {
      stream_options: { include_obfuscation: false, include_usage: true },
    });
    assert.deepEqual(surface.usageRequest({ stream_options: { include_usage: true } }), {});
    assert.deepEqual(surface.usageRequest({ stream_options: null }), { stream_options: { include_usage: true } });
  }
  for (const surface of [responses, embeddings, messages, countTokens, images]) {
    assert.deepEqual(surface.usageRequest({}), {});
  }
});

test('the client’s own limit is read from the members of each surface', () => {
  assert.equal(chat.outputLimit({}), undefined);
  assert.equal(chat.outputLimit({ max_tokens: null }), undefined);
  assert.equal(chat.outputLimit({ max_tokens: 5 }), 5);
  assert.equal(chat.outputLimit({ max_completion_tokens: 7, max_tokens: 5 }), 7, 'one of the two decides');
  assert.equal(completions.outputLimit({ max_tokens: 5, max_completion_tokens: 9 }), 5);
  assert.equal(responses.outputLimit({ max_output_tokens: 5, max_tokens: 9 }), 5);
  assert.equal(messages.outputLimit({ max_tokens: 5 }), 5);
  for (const surface of [embeddings, countTokens, images])
    assert.equal(surface.outputLimit({ max_tokens: 5 }), undefined);
});

test('a limit that is none is refused with its name and value', () => {
  for (const value of [0, -1, 1.5, '100', true, {}, [5], Number.NaN, 1e300, Number.MAX_SAFE_INTEGER]) {
    for (const [surface, member] of [
      [chat, 'max_tokens'],
      [chat, 'max_completion_tokens'],
      [completions, 'max_tokens'],
      [responses, 'max_output_tokens'],
      [messages, 'max_tokens'],
    ] as const) {
      assert.throws(
        () => surface.outputLimit({ [member]: value }),
        (error: GatewayError) => error.code === 'ERR_NGROK_3801' && error.message.startsWith(`"${member}" is `),
        `${member} ${JSON.stringify(value)}`,
      );
    }
  }
  assert.throws(
    () => chat.outputLimit({ max_tokens: 'x'.repeat(10_000) }),
    (error: GatewayError) => error instanceof GatewayError && error.message.length < 200,
  );
});

test('an answer is limited by the member that the client used, or else by the one that the provider prefers', () => {
  assert.deepEqual(chat.limitOutput({}, 50, 'max_completion_tokens'), { max_completion_tokens: 50 });
  assert.deepEqual(chat.limitOutput({}, 50, 'max_tokens'), { max_tokens: 50 });
  assert.deepEqual(chat.limitOutput({ max_tokens: 80 }, 50, 'max_completion_tokens'), { max_tokens: 50 });
  assert.deepEqual(chat.limitOutput({ max_completion_tokens: 80 }, 50, 'max_tokens'), { max_completion_tokens: 50 });
  assert.deepEqual(chat.limitOutput({ max_tokens: 20, max_completion_tokens: 80 }, 50, 'max_tokens'), {
    max_completion_tokens: 50,
  });
  assert.deepEqual(chat.limitOutput({ max_tokens: 50 }, 50, 'max_tokens'), {}, 'it is short enough already');
  assert.deepEqual(chat.limitOutput({ max_tokens: 'many' }, 50, 'max_tokens'), { max_tokens: 50 });
  assert.deepEqual(completions.limitOutput({}, 50, 'max_completion_tokens'), { max_tokens: 50 });
  assert.deepEqual(responses.limitOutput({}, 50, 'max_tokens'), { max_output_tokens: 50 });
  assert.deepEqual(messages.limitOutput({ max_tokens: 80 }, 50, 'max_completion_tokens'), { max_tokens: 50 });
  for (const surface of [embeddings, countTokens, images]) {
    assert.deepEqual(surface.limitOutput({ max_tokens: 80 }, 50, 'max_tokens'), {});
  }
});

test('a lowered limit leaves room for thinking, and says when there is none', () => {
  const body = { max_tokens: 16_000, thinking: { type: 'enabled', budget_tokens: 10_000, display: 'omitted' } };
  assert.deepEqual(messages.limitOutput(body, 12_000, 'max_tokens'), { max_tokens: 12_000 });
  assert.deepEqual(messages.limitOutput(body, 4_000, 'max_tokens'), {
    max_tokens: 4_000,
    thinking: { type: 'enabled', budget_tokens: 3_999, display: 'omitted' },
  });
  assert.deepEqual(messages.limitOutput(body, 20_000, 'max_tokens'), {});
  assert.equal(messages.outputLimitMin(body), 1_025);
  assert.equal(messages.outputLimitMin({ thinking: { type: 'adaptive' } }), 1);
  assert.equal(messages.outputLimitMin({ thinking: { type: 'disabled' } }), 1);
  assert.equal(responses.outputLimitMin({}), 16);
});

test('a limited body is limited, whatever the client sent', () => {
  const limit = fc.oneof(fc.constant(undefined), fc.constant(null), fc.nat(100_000), fc.jsonValue());
  const members = { max_tokens: limit, max_completion_tokens: limit, max_output_tokens: limit };
  const body = fc.record({
    ...members,
    thinking: fc.record({ type: fc.constant('enabled'), budget_tokens: fc.nat() }),
  });
  fc.assert(
    fc.property(body, fc.integer({ min: 1_025, max: 100_000 }), (body, tokens) => {
      for (const surface of [chat, completions, responses, messages]) {
        const limited = { ...body, ...surface.limitOutput(body, tokens, 'max_tokens') };
        const result = surface.outputLimit(limited);
        assert.ok(result !== undefined && result <= tokens, `${surface.name}: ${result}`);
        if (surface === messages && limited.max_tokens === tokens) {
          const { budget_tokens } = limited.thinking as { budget_tokens: number };
          assert.ok(body.max_tokens === tokens || budget_tokens < tokens);
        }
      }
    }),
  );
});

test('the prompt of a chat is its texts, its tool calls and its definitions', () => {
  const tool = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } };
  const body = {
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'BBBB', format: 'wav' } },
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,CCCC' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '21 °C' },
    ],
    tools: [tool],
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: {} } },
    user: 'not part of it',
  };
  assert.deepEqual(chat.promptTexts(body), [
    'Be brief.',
    'What is this?',
    'a.pdf',
    'get_weather',
    '{"city":"Rome"}',
    '21 °C',
    JSON.stringify(tool),
    '{"name":"answer","schema":{}}',
  ]);
});

test('the prompt of a message is its system text, its blocks and its tools', () => {
  const body = {
    model: 'claude-haiku-4-5',
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
    messages: [
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'AAAA' },
          { type: 'redacted_thinking', data: 'BBBB' },
          {
            type: 'tool_use',
            id: 'toolu_1',
            name: 'fetch',
            input: { url: 'https://example.com', data: { type: 'x' } },
          },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'page' }] },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'CCCC' } },
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
          { type: 'document', title: 'Notes', source: { type: 'text', media_type: 'text/plain', data: 'plain' } },
        ],
      },
    ],
    tools: [{ name: 'fetch', input_schema: {} }],
  };
  const texts = [
    'Be brief.',
    'Hi',
    'Hm.',
    'fetch',
    '{"url":"https://example.com","data":{"type":"x"}}',
    'page',
    'Notes',
    'plain',
    '{"name":"fetch","input_schema":{}}',
  ];
  assert.deepEqual(messages.promptTexts(body), texts);
  assert.deepEqual(countTokens.promptTexts(body), texts);
});

test('the prompts of the other surfaces', () => {
  assert.deepEqual(
    responses.promptTexts({
      instructions: 'Be brief.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Hi' },
            { type: 'input_image', image_url: 'data:AAAA' },
          ],
        },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: 'done' },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'BBBB' },
      ],
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' } } },
    }),
    ['Be brief.', 'Hi', 'f', '{}', 'done', 'Hm.', '{"type":"object"}'],
  );
  assert.deepEqual(responses.promptTexts({ input: 'Hi' }), ['Hi']);
  assert.deepEqual(completions.promptTexts({ prompt: ['a', 'b'], suffix: 'c' }), ['a', 'b', 'c']);
  assert.deepEqual(embeddings.promptTexts({ input: ['a', 'b'] }), ['a', 'b']);
  assert.deepEqual(images.promptTexts({ prompt: 'a boat', documents: ['x'] }), ['a boat', 'x']);
});

test('token ids in a prompt are counted as what they are', () => {
  assert.equal(completions.promptTokenIds({ prompt: [1, 2, 3] }), 3);
  assert.equal(embeddings.promptTokenIds({ input: [[1, 2], [3]] }), 3);
  assert.equal(embeddings.promptTokenIds({ input: 'text' }), 0);
  assert.deepEqual(embeddings.promptTexts({ input: [1, 2] }), []);
  assert.equal(chat.promptTokenIds({ messages: [1, 2] }), 0);
});

test('no body is too strange to be looked at', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('messages', 'input', 'prompt', 'system', 'tools', 'text', 'thinking'),
        fc.jsonValue(),
      ),
      body => {
        for (const surface of all) {
          assert.ok(surface.promptTexts(body).every(text => typeof text === 'string'));
          assert.ok(surface.promptTokenIds(body) >= 0);
          surface.usageRequest(body);
          surface.limitOutput(body, 2_000, 'max_tokens');
        }
      },
    ),
  );
  let deep: unknown = 'text';
  for (let depth = 0; depth < 200_000; depth++) deep = [deep];
  assert.deepEqual(chat.promptTexts({ messages: deep }), ['text']);
});
