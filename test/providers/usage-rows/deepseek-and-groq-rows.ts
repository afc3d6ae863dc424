import type { UsageRow } from './usage-row.ts';

const deepseek = 'https://api-docs.deepseek.com/api/create-chat-completion';
const deepseekCache = 'https://api-docs.deepseek.com/guides/kv_cache';
const groq = 'https://console.groq.com/docs/api-reference#chat-create';
const groqCache = 'https://console.groq.com/docs/prompt-caching';

const deepseekChat = { input: 270, cachedInput: 70, output: 1_100 };
const deepseekReasoner = { input: 550, cachedInput: 140, output: 2_190 };
const gptOss = { input: 150, cachedInput: 75, output: 600 };
const kimi = { input: 1_000, cachedInput: 500, output: 3_000 };

const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }];
const chunk = (delta: object, finish_reason: string | null, more: object = {}) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
});

export const deepSeekRows: UsageRow[] = [
  {
    what: 'an answer',
    provider: 'deepseek',
    surface: 'chat-completions',
    source: deepseek,
    answer: { choices, usage: { completion_tokens: 10, prompt_tokens: 16, total_tokens: 26 } },
    usage: { inputTokens: 16, outputTokens: 10 },
    price: deepseekChat,
    sum: '16 × 270 + 10 × 1100',
    costNanoUsd: 15_320n,
  },
  {
    what: 'cache hits have a name of their own',
    provider: 'deepseek',
    surface: 'chat-completions',
    source: deepseekCache,
    answer: {
      choices,
      usage: {
        prompt_tokens: 1200,
        completion_tokens: 80,
        total_tokens: 1280,
        prompt_cache_hit_tokens: 1024,
        prompt_cache_miss_tokens: 176,
      },
    },
    usage: { inputTokens: 1200, cachedInputTokens: 1024, outputTokens: 80 },
    price: deepseekChat,
    sum: '176 × 270 + 1024 × 70 + 80 × 1100',
    costNanoUsd: 207_200n,
  },
  {
    what: 'cache hits under both names count once; reasoning is part of the completion',
    provider: 'deepseek',
    surface: 'chat-completions',
    source: 'https://api-docs.deepseek.com/guides/reasoning_model',
    answer: {
      choices,
      usage: {
        prompt_tokens: 495,
        completion_tokens: 144,
        total_tokens: 639,
        prompt_tokens_details: { cached_tokens: 320 },
        completion_tokens_details: { reasoning_tokens: 118 },
        prompt_cache_hit_tokens: 320,
        prompt_cache_miss_tokens: 175,
      },
    },
    usage: { inputTokens: 495, cachedInputTokens: 320, outputTokens: 144, reasoningTokens: 118 },
    price: deepseekReasoner,
    sum: '175 × 550 + 320 × 140 + 144 × 2190',
    costNanoUsd: 456_410n,
  },
  {
    what: 'a stream reports usage with its finish',
    provider: 'deepseek',
    surface: 'chat-completions',
    source: deepseek,
    events: [
      chunk({ role: 'assistant', content: null, reasoning_content: 'Hm' }, null, { usage: null }),
      chunk({ content: 'Hello', reasoning_content: null }, null, { usage: null }),
      chunk({ content: '', reasoning_content: null }, 'stop', {
        usage: {
          prompt_tokens: 17,
          completion_tokens: 9,
          total_tokens: 26,
          prompt_cache_hit_tokens: 0,
          prompt_cache_miss_tokens: 17,
        },
      }),
      '[DONE]',
    ],
    usage: { inputTokens: 17, outputTokens: 9 },
    price: deepseekChat,
    sum: '17 × 270 + 9 × 1100',
    costNanoUsd: 14_490n,
  },
  {
    what: 'filling in the middle',
    provider: 'deepseek',
    surface: 'completions',
    source: 'https://api-docs.deepseek.com/api/create-completion',
    answer: {
      choices: [{ text: 'return a', index: 0, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 128,
        completion_tokens: 4,
        total_tokens: 132,
        prompt_cache_hit_tokens: 64,
        prompt_cache_miss_tokens: 64,
      },
    },
    usage: { inputTokens: 128, cachedInputTokens: 64, outputTokens: 4 },
    price: deepseekChat,
    sum: '64 × 270 + 64 × 70 + 4 × 1100',
    costNanoUsd: 26_160n,
  },
];

export const groqRows: UsageRow[] = [
  {
    what: 'an answer, with times among the counts',
    provider: 'groq',
    surface: 'chat-completions',
    source: groq,
    answer: {
      choices,
      usage: {
        queue_time: 0.037493756,
        prompt_tokens: 18,
        prompt_time: 0.000680594,
        completion_tokens: 556,
        completion_time: 0.463333333,
        total_tokens: 574,
        total_time: 0.464013927,
      },
      x_groq: { id: 'req_1' },
    },
    usage: { inputTokens: 18, outputTokens: 556 },
    price: gptOss,
    sum: '18 × 150 + 556 × 600',
    costNanoUsd: 336_300n,
  },
  {
    what: 'prompt caching',
    provider: 'groq',
    surface: 'chat-completions',
    source: groqCache,
    answer: {
      choices,
      usage: {
        queue_time: 0.026959759,
        prompt_tokens: 4641,
        prompt_time: 0.009995497,
        completion_tokens: 1817,
        completion_time: 5.57691751,
        total_tokens: 6458,
        total_time: 5.586913007,
        prompt_tokens_details: { cached_tokens: 4608 },
      },
    },
    usage: { inputTokens: 4641, cachedInputTokens: 4608, outputTokens: 1817 },
    price: kimi,
    sum: '33 × 1000 + 4608 × 500 + 1817 × 3000',
    costNanoUsd: 7_788_000n,
  },
  {
    what: 'reasoning',
    provider: 'groq',
    surface: 'chat-completions',
    source: 'https://console.groq.com/docs/reasoning',
    answer: {
      choices,
      usage: {
        prompt_tokens: 17,
        completion_tokens: 649,
        total_tokens: 666,
        completion_tokens_details: { reasoning_tokens: 570 },
      },
    },
    usage: { inputTokens: 17, outputTokens: 649, reasoningTokens: 570 },
    price: gptOss,
    sum: '17 × 150 + 649 × 600',
    costNanoUsd: 391_950n,
  },
  {
    what: 'a stream nobody asked for usage reports it in a member of its own',
    provider: 'groq',
    surface: 'chat-completions',
    source: groq,
    events: [
      chunk({ role: 'assistant', content: '' }, null, { x_groq: { id: 'req_1' } }),
      chunk({ content: 'Hello' }, null),
      chunk({}, 'stop', {
        x_groq: { id: 'req_1', usage: { prompt_tokens: 18, completion_tokens: 2, total_tokens: 20, total_time: 0.01 } },
      }),
      '[DONE]',
    ],
    usage: { inputTokens: 18, outputTokens: 2 },
    price: gptOss,
    sum: '18 × 150 + 2 × 600',
    costNanoUsd: 3_900n,
  },
  {
    what: 'a stream that was asked reports it twice, which counts once',
    provider: 'groq',
    surface: 'chat-completions',
    source: groq,
    events: [
      chunk({ content: 'Hello' }, null),
      chunk({}, 'stop', { x_groq: { usage: { prompt_tokens: 18, completion_tokens: 2, total_tokens: 20 } } }),
      { choices: [], usage: { prompt_tokens: 18, completion_tokens: 2, total_tokens: 20 } },
      '[DONE]',
    ],
    usage: { inputTokens: 18, outputTokens: 2 },
    price: gptOss,
    sum: '18 × 150 + 2 × 600',
    costNanoUsd: 3_900n,
  },
  {
    what: 'its Responses API',
    provider: 'groq',
    surface: 'responses',
    source: 'https://console.groq.com/docs/responses-api',
    answer: {
      object: 'response',
      output: [],
      usage: {
        input_tokens: 82,
        input_tokens_details: { cached_tokens: 0, reasoning_tokens: 0 },
        output_tokens: 266,
        output_tokens_details: { cached_tokens: 0, reasoning_tokens: 60 },
        total_tokens: 348,
      },
    },
    usage: { inputTokens: 82, outputTokens: 266, reasoningTokens: 60 },
    price: gptOss,
    sum: '82 × 150 + 266 × 600',
    costNanoUsd: 171_900n,
  },
];
