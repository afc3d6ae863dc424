import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodingForModel } from '../../../functions/core/tokens/encodings.ts';

const expected = {
  o200k_base: [
    'gpt-4o',
    'gpt-4o-mini-2024-07-18',
    'chatgpt-4o-latest',
    'gpt-4.1',
    'gpt-4.1-nano-2025-04-14',
    'gpt-4.5-preview',
    'gpt-5',
    'gpt-5.4-pro',
    'o1',
    'o1-pro',
    'o3-mini',
    'o4-mini-deep-research',
    'openai:gpt-4o',
    'openai/gpt-oss-120b',
    'ft:gpt-4o-mini:acme::abc123',
  ],
  cl100k_base: [
    'gpt-4',
    'gpt-4-32k',
    'gpt-4-0613',
    'gpt-4-turbo-2024-04-09',
    'gpt-3.5-turbo',
    'gpt-3.5-turbo-16k',
    'gpt-35-turbo',
    'GPT-4',
    'openai:gpt-4-turbo',
    'text-embedding-3-small',
    'text-embedding-ada-002',
    'davinci-002',
    'ft:gpt-3.5-turbo:acme::abc123',
    'ft:gpt-4-0613:acme::abc123',
  ],
} as const;

for (const [encoding, models] of Object.entries(expected)) {
  for (const model of models) {
    test(`counts ${model} with ${encoding}`, () => assert.equal(encodingForModel(model), encoding));
  }
}

test('estimates models without a published vocabulary with o200k_base', () => {
  for (const model of ['claude-haiku-4-5', 'anthropic:claude-3-5-sonnet-20241022', 'gemini-2.5-pro', 'gpt', '']) {
    assert.equal(encodingForModel(model), 'o200k_base');
  }
});
