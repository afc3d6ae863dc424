import { type CatalogData, createCatalog, type Model } from '../../../functions/core/catalog/catalog.ts';
import type { ModelMetrics, RequestMetrics } from '../../../functions/core/metrics.ts';
import { type AiModels, createAiModels, type MetricsOf } from '../../../functions/policy/expressions/ai-models.ts';
import { compileModelStrategy } from '../../../functions/policy/expressions/compile-strategy.ts';

const million = 1_000_000;

const data: CatalogData = {
  version: 'test',
  authors: [
    { id: 'openai', aliases: ['OpenAI-Inc'], displayName: 'OpenAI' },
    { id: 'anthropic', aliases: [], displayName: 'Anthropic' },
    { id: 'meta', aliases: ['meta-llama'], displayName: 'Meta' },
  ],
  providers: [
    {
      id: 'openai',
      aliases: ['open-ai'],
      displayName: 'OpenAI',
      metadata: { region: 'us', sla: { tier: 'gold' } },
      models: [
        {
          id: 'gpt-big',
          aliases: ['gpt-large'],
          authorId: 'openai',
          displayName: 'GPT Big',
          description: 'The big one',
          inputModalities: ['text', 'image'],
          outputModalities: ['text', 'audio'],
          features: ['tool-calling', 'vision'],
          contextWindow: 400_000,
          outputTokensMax: 100_000,
          price: {
            input: 5_000 * million,
            output: 15_000 * million,
            cachedInput: 500 * million,
            cacheWrite: 6_250 * million,
          },
          metadata: { sla: { hours: 4, weight: 0.5 }, tags: ['fast', 'new'] },
          traits: {
            parameterCount: 70_000_000_000,
            quantization: 'fp8',
            dataTrainingPolicy: 'never',
            dataRetentionPolicy: 'zero',
            dataRetentionDays: 0,
            datacenters: [
              { countryCode: 'US', region: 'us-east-1' },
              { countryCode: 'IE', region: 'eu-west-1' },
            ],
          },
        },
        {
          id: 'gpt-small',
          authorId: 'openai',
          contextWindow: 128_000,
          price: { input: 150 * million, output: 600 * million },
        },
      ],
    },
    {
      id: 'anthropic',
      displayName: 'Anthropic',
      models: [
        {
          id: 'claude-mid',
          aliases: ['Claude-Latest'],
          authorId: 'anthropic',
          contextWindow: 200_000,
          price: { input: 3_000 * million, output: 15_000 * million },
          traits: { datacenters: [{ countryCode: 'DE', region: 'eu-central-1' }] },
        },
      ],
    },
    {
      id: 'home',
      metadata: { region: 'eu' },
      models: [{ id: 'llama', authorId: 'meta', custom: true, contextWindow: 8_192, features: ['coding'] }],
    },
  ],
};

export const catalog = createCatalog(data);

/** A name that is passed through: nothing is known of it. */
const passedThrough: Model = {
  ...(catalog.models[1] as Model),
  id: 'gpt-next',
  known: false,
  price: null,
  contextWindow: null,
};

/** `gpt-big`, `gpt-small`, `claude-mid`, `llama`, `gpt-next`, in this order. */
export const models: readonly Model[] = [...catalog.models, passedThrough];

export function aiModels(
  options: { metrics?: MetricsOf; random?: () => number; models?: readonly Model[] } = {},
): AiModels {
  return createAiModels({
    models: options.models ?? models,
    providers: catalog.providers,
    authors: catalog.authors,
    metrics: options.metrics ?? (() => undefined),
    random: options.random ?? (() => 0),
  });
}

/** Ids of the models that a strategy chooses. */
export function select(source: string, options?: Parameters<typeof aiModels>[0]): string[] {
  return compileModelStrategy(source)
    .select(aiModels(options))
    .map(model => model.id);
}

const someMetrics: RequestMetrics = {
  request_count: 10,
  start_time: 1_700_000_000,
  end_time: 1_700_000_600,
  latency: {
    gateway_ms_avg: 2,
    gateway_ms_p95: 5,
    upstream_ms_avg: 800.4,
    upstream_ms_p95: 2_000,
    time_to_first_token_ms_avg: 120,
    time_to_first_token_ms_p95: 300,
    time_per_output_token_ms_avg: null,
    time_per_output_token_ms_p95: null,
  },
  error_rate: { total: 0.2, timeout: 0.05, rate_limit: 0.05, client: 0.025, server: 0.075 },
};

/** Metrics whose scopes differ in `request_count`: 10, 11, 12, 13 and 14. */
export const metricsOfAllScopes: ModelMetrics = {
  global: someMetrics,
  region: { ...someMetrics, request_count: 11 },
  account: { ...someMetrics, request_count: 12, token: tokens(100) },
  endpoint: { ...someMetrics, request_count: 13, token: tokens(200) },
  api_keys: {
    aigk_1: {
      ...someMetrics,
      request_count: 14,
      token: tokens(300),
      quota: { remaining_requests: 9, remaining_tokens: null, limit_requests: 60, limit_tokens: null },
    },
  },
};

function tokens(from: number) {
  return { provider_input: from, provider_output: from + 1, estimated_input: from + 2, estimated_output: from + 3 };
}

/** Metrics whose average latency is the given one. */
export function withLatency(upstreamMs: number): ModelMetrics {
  return { global: { ...someMetrics, latency: { ...someMetrics.latency, upstream_ms_avg: upstreamMs } } };
}

/** The same numbers for the same seed: a linear congruential generator. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
