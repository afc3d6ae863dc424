import type { UsageRow } from './usage-row.ts';

const openRouter = 'https://openrouter.ai/docs/use-cases/usage-accounting';
const openRouterReasoning = 'https://openrouter.ai/docs/use-cases/reasoning-tokens';
const hyperbolic = 'https://docs.hyperbolic.xyz/docs/rest-api';
const inception = 'https://docs.inceptionlabs.ai/get-started/get-started';
const inferenceNet = 'https://docs.inference.net/quickstart';
/** The server that runs models at Hyperbolic and Inference.net. */
const vllm = 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html';

const claudeThere = { input: 3_000, cachedInput: 300, cacheWrite: 3_750, output: 15_000 };
const deepSeekV3 = { input: 250, output: 250 };
const mercury = { input: 250, cachedInput: 25, output: 750 };
const llama = { input: 20, output: 30 };

const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }];
const chunk = (delta: object, finish_reason: string | null, more: object = {}) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
});

export const openRouterRows: UsageRow[] = [
  {
    what: 'written tokens are part of the prompt, and what they ask for it is not what we ask',
    provider: 'openrouter',
    surface: 'chat-completions',
    source: openRouter,
    answer: {
      choices,
      usage: {
        completion_tokens: 2,
        completion_tokens_details: { reasoning_tokens: 0 },
        cost: 0.95,
        cost_details: { upstream_inference_cost: 19 },
        prompt_tokens: 194,
        prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 100, audio_tokens: 0 },
        total_tokens: 196,
      },
    },
    usage: { inputTokens: 194, cacheWriteTokens: 100, outputTokens: 2 },
    price: claudeThere,
    sum: '94 × 3000 + 100 × 3750 + 2 × 15000',
    costNanoUsd: 687_000n,
  },
  {
    what: 'tokens read from a cache',
    provider: 'openrouter',
    surface: 'chat-completions',
    source: 'https://openrouter.ai/docs/features/prompt-caching',
    answer: {
      choices,
      usage: {
        prompt_tokens: 10_339,
        completion_tokens: 60,
        total_tokens: 10_399,
        prompt_tokens_details: { cached_tokens: 10_318 },
      },
    },
    usage: { inputTokens: 10_339, cachedInputTokens: 10_318, outputTokens: 60 },
    price: claudeThere,
    sum: '21 × 3000 + 10318 × 300 + 60 × 15000',
    costNanoUsd: 4_058_400n,
  },
  {
    what: 'a stream with comments reports usage in a last chunk that has a choice',
    provider: 'openrouter',
    surface: 'chat-completions',
    source: openRouter,
    events: [
      chunk({ role: 'assistant', content: 'Hello' }, null),
      chunk({ content: '' }, 'stop'),
      chunk({ role: 'assistant', content: '' }, null, {
        usage: { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, cost: 0.00007, is_byok: false },
      }),
      '[DONE]',
    ],
    usage: { inputTokens: 9, outputTokens: 3 },
    price: claudeThere,
    sum: '9 × 3000 + 3 × 15000',
    costNanoUsd: 72_000n,
  },
  {
    what: 'reasoning in members of its own',
    provider: 'openrouter',
    surface: 'chat-completions',
    source: openRouterReasoning,
    events: [
      chunk({ content: '', reasoning: 'Hm', reasoning_details: [{ type: 'reasoning.text', text: 'Hm' }] }, null),
      chunk({ content: '4' }, 'stop'),
      {
        choices: [],
        usage: {
          prompt_tokens: 12,
          completion_tokens: 130,
          total_tokens: 142,
          completion_tokens_details: { reasoning_tokens: 120 },
        },
      },
      '[DONE]',
    ],
    usage: { inputTokens: 12, outputTokens: 130, reasoningTokens: 120 },
    price: claudeThere,
    sum: '12 × 3000 + 130 × 15000',
    costNanoUsd: 1_986_000n,
  },
  {
    what: 'its Responses API',
    provider: 'openrouter',
    surface: 'responses',
    source: 'https://openrouter.ai/docs/agent-sdk/typescript/models/openresponsesusage',
    answer: {
      object: 'response',
      output: [],
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 25,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 35,
        cost: 0.0012,
      },
    },
    usage: { inputTokens: 10, outputTokens: 25 },
    price: claudeThere,
    sum: '10 × 3000 + 25 × 15000',
    costNanoUsd: 405_000n,
  },
  {
    what: 'embeddings',
    provider: 'openrouter',
    surface: 'embeddings',
    source: 'https://openrouter.ai/docs/api-reference/embeddings',
    answer: { object: 'list', data: [], usage: { prompt_tokens: 11, total_tokens: 11, cost: 0.00000022 } },
    usage: { inputTokens: 11 },
    price: { input: 20, output: 0 },
    sum: '11 × 20',
    costNanoUsd: 220n,
  },
];

export const hyperbolicRows: UsageRow[] = [
  {
    what: 'an answer',
    provider: 'hyperbolic',
    surface: 'chat-completions',
    source: hyperbolic,
    answer: { choices, usage: { prompt_tokens: 28, completion_tokens: 51, total_tokens: 79 } },
    usage: { inputTokens: 28, outputTokens: 51 },
    price: deepSeekV3,
    sum: '28 × 250 + 51 × 250',
    costNanoUsd: 19_750n,
  },
  {
    what: 'nulls where other servers have details',
    provider: 'hyperbolic',
    surface: 'chat-completions',
    source: vllm,
    answer: {
      choices,
      usage: { prompt_tokens: 30, total_tokens: 37, completion_tokens: 7, prompt_tokens_details: null },
    },
    usage: { inputTokens: 30, outputTokens: 7 },
    price: deepSeekV3,
    sum: '30 × 250 + 7 × 250',
    costNanoUsd: 9_250n,
  },
  {
    what: 'a stream',
    provider: 'hyperbolic',
    surface: 'chat-completions',
    source: vllm,
    events: [
      chunk({ role: 'assistant', content: '' }, null),
      chunk({ content: 'Hotpot' }, null),
      chunk({ content: '' }, 'stop'),
      { choices: [], usage: { prompt_tokens: 28, total_tokens: 33, completion_tokens: 5 } },
      '[DONE]',
    ],
    usage: { inputTokens: 28, outputTokens: 5 },
    price: deepSeekV3,
    sum: '28 × 250 + 5 × 250',
    costNanoUsd: 8_250n,
  },
  {
    what: 'a base model’s text completion',
    provider: 'hyperbolic',
    surface: 'completions',
    source: 'https://docs.hyperbolic.xyz/docs/inference-api',
    answer: {
      choices: [{ text: ' A robot', index: 0, finish_reason: 'length' }],
      usage: { prompt_tokens: 8, completion_tokens: 256, total_tokens: 264 },
    },
    usage: { inputTokens: 8, outputTokens: 256 },
    price: { input: 4_000, output: 4_000 },
    sum: '8 × 4000 + 256 × 4000',
    costNanoUsd: 1_056_000n,
  },
];

export const inceptionRows: UsageRow[] = [
  {
    what: 'an answer',
    provider: 'inceptionlabs',
    surface: 'chat-completions',
    source: inception,
    answer: { choices, usage: { prompt_tokens: 21, completion_tokens: 180, total_tokens: 201 } },
    usage: { inputTokens: 21, outputTokens: 180 },
    price: mercury,
    sum: '21 × 250 + 180 × 750',
    costNanoUsd: 140_250n,
  },
  {
    what: 'reasoning and cached tokens',
    provider: 'inceptionlabs',
    surface: 'chat-completions',
    source: inception,
    answer: {
      choices,
      usage: {
        prompt_tokens: 1100,
        completion_tokens: 400,
        total_tokens: 1500,
        prompt_tokens_details: { cached_tokens: 1024 },
        completion_tokens_details: { reasoning_tokens: 250 },
      },
    },
    usage: { inputTokens: 1100, cachedInputTokens: 1024, outputTokens: 400, reasoningTokens: 250 },
    price: mercury,
    sum: '76 × 250 + 1024 × 25 + 400 × 750',
    costNanoUsd: 344_600n,
  },
  {
    what: 'a stream',
    provider: 'inceptionlabs',
    surface: 'chat-completions',
    source: inception,
    events: [
      chunk({ role: 'assistant', content: 'Hel' }, null),
      chunk({ content: 'lo' }, 'stop'),
      { choices: [], usage: { prompt_tokens: 21, completion_tokens: 2, total_tokens: 23 } },
      '[DONE]',
    ],
    usage: { inputTokens: 21, outputTokens: 2 },
    price: mercury,
    sum: '21 × 250 + 2 × 750',
    costNanoUsd: 6_750n,
  },
  {
    what: 'reasoning that exceeds the completion it should be part of is not part of it',
    provider: 'inceptionlabs',
    surface: 'chat-completions',
    source: inception,
    answer: {
      choices,
      usage: { prompt_tokens: 21, completion_tokens: 40, completion_tokens_details: { reasoning_tokens: 100 } },
    },
    usage: { inputTokens: 21, outputTokens: 140, reasoningTokens: 100 },
    price: mercury,
    sum: '21 × 250 + 140 × 750',
    costNanoUsd: 110_250n,
  },
];

export const inferenceNetRows: UsageRow[] = [
  {
    what: 'an answer',
    provider: 'inference-net',
    surface: 'chat-completions',
    source: inferenceNet,
    answer: { choices, usage: { prompt_tokens: 48, completion_tokens: 98, total_tokens: 146 } },
    usage: { inputTokens: 48, outputTokens: 98 },
    price: llama,
    sum: '48 × 20 + 98 × 30',
    costNanoUsd: 3_900n,
  },
  {
    what: 'a stream that repeats the usage so far in every chunk',
    provider: 'inference-net',
    surface: 'chat-completions',
    source: vllm, // stream_options.continuous_usage_stats
    events: [
      chunk({ content: 'Hel' }, null, { usage: { prompt_tokens: 48, total_tokens: 49, completion_tokens: 1 } }),
      chunk({ content: 'lo' }, null, { usage: { prompt_tokens: 48, total_tokens: 50, completion_tokens: 2 } }),
      chunk({}, 'stop', { usage: { prompt_tokens: 48, total_tokens: 51, completion_tokens: 3 } }),
      { choices: [], usage: { prompt_tokens: 48, total_tokens: 51, completion_tokens: 3 } },
      '[DONE]',
    ],
    usage: { inputTokens: 48, outputTokens: 3 },
    price: llama,
    sum: '48 × 20 + 3 × 30',
    costNanoUsd: 1_050n,
  },
  {
    what: 'a stream without usage',
    provider: 'inference-net',
    surface: 'chat-completions',
    source: inferenceNet,
    events: [chunk({ content: 'Hello' }, null), chunk({}, 'stop'), '[DONE]'],
    usage: undefined,
    price: llama,
    sum: '0 × 20',
    costNanoUsd: 0n,
  },
  {
    what: 'embeddings',
    provider: 'inference-net',
    surface: 'embeddings',
    source: vllm,
    answer: {
      object: 'list',
      data: [],
      usage: { prompt_tokens: 7, total_tokens: 7, completion_tokens: 0, prompt_tokens_details: null },
    },
    usage: { inputTokens: 7 },
    price: llama,
    sum: '7 × 20',
    costNanoUsd: 140n,
  },
];
