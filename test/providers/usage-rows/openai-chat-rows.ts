import type { UsageRow } from './usage-row.ts';

const docs = 'https://platform.openai.com/docs';
const gpt4o = { input: 2_500, cachedInput: 1_250, output: 10_000 };
const gpt4oMini = { input: 150, cachedInput: 75, output: 600 };
const gpt5 = { input: 1_250, cachedInput: 125, output: 10_000 };
const o3 = { input: 2_000, cachedInput: 500, output: 8_000 };
const gpt4oAudio = { input: 2_500, inputAudio: 40_000, output: 10_000, outputAudio: 80_000 };
const writesCost = { input: 5_000, cachedInput: 500, cacheWrite: 6_250, output: 30_000 };

const message = { role: 'assistant', content: 'Hello!', refusal: null };
const choices = [{ index: 0, message, finish_reason: 'stop' }];
const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' };
const delta = (delta: object, finish_reason: string | null = null) => ({
  ...base,
  choices: [{ index: 0, delta, finish_reason }],
});

export const openAiChatRows: UsageRow[] = [
  {
    what: 'a plain chat answer',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/api-reference/chat/create`,
    answer: {
      choices,
      usage: {
        prompt_tokens: 19,
        completion_tokens: 10,
        total_tokens: 29,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
    },
    usage: { inputTokens: 19, outputTokens: 10 },
    price: gpt4o,
    sum: '19 × 2500 + 10 × 10000',
    costNanoUsd: 147_500n,
  },
  {
    what: 'a picture in the prompt is part of the prompt’s tokens',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/guides/images-vision`,
    answer: { choices, usage: { prompt_tokens: 1117, completion_tokens: 46, total_tokens: 1163 } },
    usage: { inputTokens: 1117, outputTokens: 46 },
    price: gpt4oMini,
    sum: '1117 × 150 + 46 × 600',
    costNanoUsd: 195_150n,
  },
  {
    what: 'cached tokens are part of the prompt',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/guides/prompt-caching`,
    answer: {
      choices,
      usage: {
        prompt_tokens: 2006,
        completion_tokens: 300,
        total_tokens: 2306,
        prompt_tokens_details: { cached_tokens: 1920 },
      },
    },
    usage: { inputTokens: 2006, cachedInputTokens: 1920, outputTokens: 300 },
    price: gpt4o,
    sum: '86 × 2500 + 1920 × 1250 + 300 × 10000',
    costNanoUsd: 5_615_000n,
  },
  {
    what: 'tokens written to the cache are part of the prompt',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/api-reference/chat/object`,
    answer: {
      choices,
      usage: {
        prompt_tokens: 5000,
        completion_tokens: 20,
        total_tokens: 5020,
        prompt_tokens_details: { cached_tokens: 1024, cache_write_tokens: 3840 },
      },
    },
    usage: { inputTokens: 5000, cachedInputTokens: 1024, cacheWriteTokens: 3840, outputTokens: 20 },
    price: writesCost,
    sum: '136 × 5000 + 1024 × 500 + 3840 × 6250 + 20 × 30000',
    costNanoUsd: 25_792_000n,
  },
  {
    what: 'reasoning is part of the completion',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/guides/reasoning`,
    answer: {
      choices,
      usage: {
        prompt_tokens: 75,
        completion_tokens: 1186,
        total_tokens: 1261,
        completion_tokens_details: { reasoning_tokens: 1024 },
      },
    },
    usage: { inputTokens: 75, outputTokens: 1186, reasoningTokens: 1024 },
    price: o3,
    sum: '75 × 2000 + 1186 × 8000',
    costNanoUsd: 9_638_000n,
  },
  {
    what: 'rejected tokens of a prediction are part of the completion',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/guides/predicted-outputs`,
    answer: {
      choices,
      usage: {
        prompt_tokens: 200,
        completion_tokens: 150,
        total_tokens: 350,
        completion_tokens_details: { accepted_prediction_tokens: 90, rejected_prediction_tokens: 40 },
      },
    },
    usage: { inputTokens: 200, outputTokens: 150 },
    price: gpt4o,
    sum: '200 × 2500 + 150 × 10000',
    costNanoUsd: 2_000_000n,
  },
  {
    what: 'sound has prices of its own on both sides',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/guides/audio`,
    answer: {
      choices,
      usage: {
        prompt_tokens: 130,
        completion_tokens: 250,
        total_tokens: 380,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 110, text_tokens: 20 },
        completion_tokens_details: { audio_tokens: 200, text_tokens: 50 },
      },
    },
    usage: { inputTokens: 130, inputAudioTokens: 110, outputTokens: 250, outputAudioTokens: 200 },
    price: gpt4oAudio,
    sum: '20 × 2500 + 110 × 40000 + 50 × 10000 + 200 × 80000',
    costNanoUsd: 20_950_000n,
  },
  {
    what: 'a stream reports usage in a last chunk without choices',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/api-reference/chat-streaming`,
    events: [
      { ...delta({ role: 'assistant', content: '' }), usage: null },
      { ...delta({ content: 'Hello' }), usage: null },
      { ...delta({}, 'stop'), usage: null },
      { ...base, choices: [], usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 } },
      '[DONE]',
    ],
    usage: { inputTokens: 9, outputTokens: 9 },
    price: gpt4oMini,
    sum: '9 × 150 + 9 × 600',
    costNanoUsd: 6_750n,
  },
  {
    what: 'a reasoning model’s stream, cached',
    provider: 'openai',
    surface: 'chat-completions',
    source: `${docs}/guides/reasoning`,
    events: [
      delta({ content: '4' }),
      delta({}, 'stop'),
      {
        ...base,
        choices: [],
        usage: {
          prompt_tokens: 1500,
          completion_tokens: 700,
          total_tokens: 2200,
          prompt_tokens_details: { cached_tokens: 1408 },
          completion_tokens_details: { reasoning_tokens: 640 },
        },
      },
      '[DONE]',
    ],
    usage: { inputTokens: 1500, cachedInputTokens: 1408, outputTokens: 700, reasoningTokens: 640 },
    price: gpt5,
    sum: '92 × 1250 + 1408 × 125 + 700 × 10000',
    costNanoUsd: 7_291_000n,
  },
];
