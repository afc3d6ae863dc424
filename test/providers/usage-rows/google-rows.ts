import type { UsageRow } from './usage-row.ts';

const google = 'https://ai.google.dev/gemini-api/docs/openai';
const googleThinking = 'https://ai.google.dev/gemini-api/docs/thinking#pricing';
const googleStream =
  'https://discuss.ai.google.dev/t/endpoint-https-generativelanguage-googleapis-com-v1beta-openai-chat-completions-is-not-compliant-with-api-specs/127400';

const flash = { input: 500, cachedInput: 50, inputAudio: 1_000, output: 3_000 };

const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }];
const chunk = (delta: object, finish_reason: string | null, more: object = {}) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
});

export const googleRows: UsageRow[] = [
  {
    what: 'an answer without thinking',
    provider: 'google',
    surface: 'chat-completions',
    source: google,
    answer: { choices, usage: { completion_tokens: 12, prompt_tokens: 8, total_tokens: 20 } },
    usage: { inputTokens: 8, outputTokens: 12 },
    price: flash,
    sum: '8 × 500 + 12 × 3000',
    costNanoUsd: 40_000n,
  },
  {
    what: 'thinking is only in the total, and is charged as output',
    provider: 'google',
    surface: 'chat-completions',
    source: googleThinking,
    answer: { choices, usage: { completion_tokens: 198, prompt_tokens: 20, total_tokens: 623 } },
    usage: { inputTokens: 20, outputTokens: 603 },
    price: flash,
    sum: '20 × 500 + 603 × 3000',
    costNanoUsd: 1_819_000n,
  },
  {
    what: 'thinking without an answer',
    provider: 'google',
    surface: 'chat-completions',
    source: googleThinking,
    answer: {
      choices,
      usage: {
        completion_tokens: 0,
        prompt_tokens: 21,
        total_tokens: 81,
        completion_tokens_details: { reasoning_tokens: 60 },
      },
    },
    usage: { inputTokens: 21, outputTokens: 60, reasoningTokens: 60 },
    price: flash,
    sum: '21 × 500 + 60 × 3000',
    costNanoUsd: 190_500n,
  },
  {
    what: 'a stream repeats the usage so far in every chunk; the last one counts',
    provider: 'google',
    surface: 'chat-completions',
    source: googleStream,
    events: [
      chunk({ content: '1', role: 'assistant' }, null, {
        usage: { completion_tokens: 1, prompt_tokens: 9, total_tokens: 103 },
      }),
      chunk({ content: ', ', role: 'assistant' }, null, {
        usage: { completion_tokens: 3, prompt_tokens: 9, total_tokens: 105 },
      }),
      chunk({ role: 'assistant' }, 'length', {
        usage: { completion_tokens: 3, prompt_tokens: 9, total_tokens: 105 },
      }),
      '[DONE]',
    ],
    usage: { inputTokens: 9, outputTokens: 96 },
    price: flash,
    sum: '9 × 500 + 96 × 3000',
    costNanoUsd: 292_500n,
  },
  {
    what: 'implicit caching',
    provider: 'google',
    surface: 'chat-completions',
    source: 'https://ai.google.dev/gemini-api/docs/caching',
    answer: {
      choices,
      usage: {
        completion_tokens: 30,
        prompt_tokens: 5000,
        total_tokens: 5030,
        prompt_tokens_details: { cached_tokens: 4096 },
      },
    },
    usage: { inputTokens: 5000, cachedInputTokens: 4096, outputTokens: 30 },
    price: flash,
    sum: '904 × 500 + 4096 × 50 + 30 × 3000',
    costNanoUsd: 746_800n,
  },
  {
    what: 'cached sound is not charged twice',
    provider: 'google',
    surface: 'chat-completions',
    source: 'https://ai.google.dev/gemini-api/docs/pricing',
    answer: {
      choices,
      usage: {
        completion_tokens: 10,
        prompt_tokens: 1000,
        total_tokens: 1010,
        prompt_tokens_details: { cached_tokens: 600, audio_tokens: 700 },
      },
    },
    usage: { inputTokens: 1000, cachedInputTokens: 600, inputAudioTokens: 400, outputTokens: 10 },
    price: flash,
    sum: '600 × 50 + 400 × 1000 + 10 × 3000',
    costNanoUsd: 460_000n,
  },
  {
    what: 'embeddings, whose usage may be all zeros: then our own count decides',
    provider: 'google',
    surface: 'embeddings',
    source: `${google}#embeddings`,
    answer: { object: 'list', data: [], usage: { prompt_tokens: 0, total_tokens: 0 } },
    usage: undefined,
    price: flash,
    sum: '0 × 500',
    costNanoUsd: 0n,
  },
];
