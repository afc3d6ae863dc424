import assert from 'node:assert/strict';
import { createCatalog, type ModelData } from '../../../functions/core/catalog/catalog.ts';
import type { GatewayError } from '../../../functions/core/errors.ts';
import { type Fee, noFee } from '../../../functions/core/fee.ts';
import { surfaceAt } from '../../../functions/providers/surfaces.ts';
import { EndpointCatalog } from '../../../functions/routing/endpoint-catalog.ts';
import { type ModelCall, parseModelCall } from '../../../functions/routing/model-call.ts';
import { type Plan, planAttempts } from '../../../functions/routing/plan-attempts.ts';
import { configOf } from '../endpoint.ts';

/** In nano-USD a token: 1 in, 10 out. */
const base = { input: 1_000_000, output: 10_000_000 };
const shared = {
  imageTokensMax: 1_000,
  inputModalities: ['text', 'image'],
  outputTokensMax: 500,
  contextWindow: 50_000,
};

const models = [
  { ...shared, id: 'plain', price: base },
  {
    ...shared,
    id: 'caching',
    price: { ...base, cachedInput: 100_000, cacheWrite: 2_000_000, cacheWriteLong: 3_000_000 },
  },
  { ...shared, id: 'speaking', price: { ...base, inputAudio: 5_000_000, outputAudio: 20_000_000 } },
  {
    ...shared,
    id: 'tiered',
    price: { ...base, tiers: [{ aboveInputTokens: 1_000, input: 2_000_000, output: 15_000_000 }] },
  },
  { ...shared, id: 'seeing-video', price: base, inputModalities: ['text', 'image', 'video', 'file'] },
  { ...shared, id: 'blind', price: base, imageTokensMax: null },
  { ...shared, id: 'endless', price: base, outputTokensMax: null },
  { ...shared, id: 'windowless', price: base, contextWindow: null },
  { ...shared, id: 'long', price: base, contextWindow: 1_000_000, outputTokensMax: 128_000 },
  { ...shared, id: 'unpriced' },
  { ...shared, id: 'embedding', price: { input: 1_000_000, output: 0 }, outputTokensMax: 0 },
] as ModelData[];

/** One provider of both formats that is managed, and one that knows `max_tokens` alone and has members to be set. */
const catalog = createCatalog({
  version: 'v1',
  authors: [],
  providers: [
    {
      id: 'test',
      baseUrl: 'https://test.example/v1',
      formats: ['openai', 'anthropic'],
      managed: true,
      outputLimit: 'max_completion_tokens',
      models,
    },
    {
      id: 'strict',
      baseUrl: 'https://strict.example/v1',
      managed: true,
      managedMembers: { 'chat-completions': { store: false, service_tier: 'default' } },
      models: [{ ...shared, id: 'rented', price: base } as ModelData],
    },
  ],
});

const paths = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  embeddings: '/v1/embeddings',
  messages: '/v1/messages',
  count: '/v1/messages/count_tokens',
};

export type SurfaceName = keyof typeof paths;

export interface Asked {
  surface: SurfaceName;
  /** An object, or its exact text. */
  body: object | string;
  headers?: Record<string, string>;
  /** `config` of the policy. */
  policy?: string;
  policyBody?: Record<string, unknown>;
  fee?: Fee;
}

/** What becomes of a request whose only key is a managed one. */
export function planFor({ surface, body, headers = {}, policy = '{}', policyBody = {}, fee = noFee }: Asked): {
  call: ModelCall;
  plan: Plan | undefined;
  error: GatewayError | undefined;
} {
  const surfaceAtPath = surfaceAt(paths[surface]);
  assert(surfaceAtPath);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const call = parseModelCall(Buffer.from(text), surfaceAtPath);
  const config = configOf(policy);
  const endpoint = new EndpointCatalog(catalog, config);
  const { plans, error } = planAttempts(
    call.modelNames.flatMap(name => endpoint.candidatesNamed(name)),
    {
      call,
      catalog: endpoint,
      config,
      ownKeys: { templates: () => [], selectors: [] },
      credentials: {
        hasGatewayKey: true,
        clientCredential: undefined,
        clientProviderId: undefined,
        managedKeys: new Map([
          ['test', 'sk-test'],
          ['strict', 'sk-strict'],
        ]),
        scope: { secrets: { get: () => '' } },
      },
      bodyRules: { body: policyBody, outputTokensMax: config.max_output_tokens },
      headers,
      baseUrls: new Map(),
      fee,
      pricedModel: ({ provider, model }) => catalog.model(provider.id, model.id),
      countTokens: (_, words) => words.length,
    },
  );
  return { call, plan: plans[0], error };
}

/** Bytes of a client's text and of what the gateway sets in it: what its text is counted as. */
export function textBytes({ call, plan }: ReturnType<typeof planFor>): number {
  return Buffer.byteLength(call.text) + Buffer.byteLength(JSON.stringify(plan?.forwarded.set));
}
