import { z } from 'zod';
import { isId } from '../core/ids.ts';
import { formatUsd } from '../core/money.ts';
import { nanoUsdAnswer, referenceAnswer, timestampAnswer, usdAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { findRequest, type UsageRecord } from '../store/usage.ts';
import { candidatesOf, formatMillionths, isServed, ledgerOf } from './request-story.ts';

const usageAnswer = z.strictObject({
  input_tokens: z.int(),
  cached_input_tokens: z.int(),
  cache_write_tokens: z.int(),
  cache_write_1h_tokens: z.int(),
  input_audio_tokens: z.int(),
  output_tokens: z.int(),
  reasoning_tokens: z.int(),
  output_audio_tokens: z.int(),
  estimated: z.boolean().describe('The provider reported no usage; this is our count'),
});

const attemptAnswer = z.strictObject({
  provider: z.string(),
  model: z.string(),
  key_source: z.enum(['managed', 'own', 'client', 'none']),
  key_id: z.string().nullable().describe('Of the endpoint’s own key'),
  served: z.boolean().describe('Whether the client got its answer from here'),
  status_code: z.int().describe('0 when no answer came'),
  failure: z.string().nullable(),
  error: z.string().nullable(),
  upstream_cost_nano_usd: nanoUsdAnswer
    .nullable()
    .describe('Price of what the provider reported of an attempt that failed; it is not charged'),
  headers_ms: z.number().nullable(),
  time_to_first_token_ms: z.number().nullable(),
  total_ms: z.number(),
});

const candidateAnswer = z.strictObject({
  model: z.string(),
  result: z.enum(['served', 'failed', 'not_reached', 'rejected']),
  reason: z.string(),
});

const selectionAnswer = z.strictObject({
  strategy: z.string(),
  error: z.string().nullable(),
  models_returned: z.array(z.string()),
  models_to_try: z.array(z.string()).describe('Of these, what the client asked for too'),
});

const costLineAnswer = z.strictObject({
  class: z.string(),
  tokens: z.int(),
  nano_usd_per_million_tokens: nanoUsdAnswer,
  usd: z.string().describe('Exact; the sum of all lines is rounded up once to whole nano-USD'),
});

const ledgerAnswer = z.strictObject({
  kind: z.enum(['hold', 'charge', 'release', 'abandoned']),
  amount_usd: usdAnswer.describe('Positive when credits came back'),
  amount_nano_usd: nanoUsdAnswer,
});

const estimateAnswer = z.strictObject({
  input_tokens: z.int(),
  output_tokens: z.int(),
  rough: z.boolean().describe('Texts were too long to be counted to their end'),
});

const requestAnswer = z
  .strictObject({
    id: z.string(),
    uri: z.url(),
    created_at: timestampAnswer,
    endpoint: referenceAnswer,
    ai_gateway_api_key: referenceAnswer.nullable(),
    surface: z.string(),
    streaming: z.boolean(),
    outcome: z.string(),
    status_code: z.int(),
    error_code: z.string().nullable(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    finish_reason: z.string().nullable(),
    trace_id: z.string().nullable().describe('Of the client’s traceparent'),
    requested_models: z.array(z.string()).describe('Names that the client gave; empty when the gateway chose'),
    candidates: z.array(candidateAnswer).describe('Every candidate in order, and what became of it'),
    model_selection: z.array(selectionAnswer),
    attempts: z.array(attemptAnswer),
    rules: z.array(z.string()).describe('Rules of the policy that applied'),
    logs: z.array(z.record(z.string(), z.unknown())).describe('What log actions of the policy wrote'),
    usage: usageAnswer.nullable(),
    estimate: estimateAnswer.nullable().describe('Our own count, whatever the provider reported'),
    cost_lines: z.array(costLineAnswer).describe('How the upstream cost comes about'),
    ledger: z.array(ledgerAnswer).describe('What the request did to the balance'),
    cost_usd: usdAnswer,
    cost_nano_usd: nanoUsdAnswer,
    upstream_cost_nano_usd: nanoUsdAnswer,
    fee_nano_usd: nanoUsdAnswer,
    overrun_nano_usd: nanoUsdAnswer,
    late_cost_nano_usd: nanoUsdAnswer,
    held_nano_usd: nanoUsdAnswer,
    price_version: z.string().nullable(),
    policy_version: z.int().nullable(),
    gateway_latency_ms: z.number().nullable(),
    time_to_first_token_ms: z.number().nullable(),
    total_ms: z.number().nullable(),
  })
  .meta({ id: 'UsageRequest' });

export const requestRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/usage/requests/{id}',
    role: 'viewer',
    summary: 'Tell the story of one request to a model',
    answer: requestAnswer,
    async handle({ parameters: { id = '' }, caller, origin }, { store }) {
      const record = isId('rq', id) ? await findRequest(store, caller.accountId, id) : undefined;
      if (!record) throw new ManagementError('not_found', `There is no request "${id}"`);
      return { status: 200, body: toWire(record, origin) };
    },
  }),
];

function toWire(record: UsageRecord, origin: string) {
  const { usage, estimate, latency, resolution } = record;
  const costNanoUsd = BigInt(record.costNanoUsd);
  return {
    id: record.requestId,
    uri: `${origin}/usage/requests/${record.requestId}`,
    created_at: record.createdAt,
    endpoint: { id: record.endpointId, uri: `${origin}/endpoints/${record.endpointId}` },
    ai_gateway_api_key: record.gatewayKeyId
      ? { id: record.gatewayKeyId, uri: `${origin}/ai_gateway_api_keys/${record.gatewayKeyId}` }
      : null,
    surface: record.surface,
    streaming: record.streaming,
    outcome: record.outcome,
    status_code: record.status,
    error_code: record.errorCode ?? null,
    provider: record.provider ?? null,
    model: record.model ?? null,
    finish_reason: record.finishReason ?? null,
    trace_id: record.traceId ?? null,
    requested_models: resolution?.asked ?? [],
    candidates: candidatesOf(record),
    model_selection: (resolution?.selections ?? []).map(({ strategy, error, returned, toTry }) => ({
      strategy,
      error: error ?? null,
      models_returned: returned,
      models_to_try: toTry,
    })),
    attempts: record.attempts.map((attempt, index) => ({
      provider: attempt.provider,
      model: attempt.model,
      key_source: attempt.keySource,
      key_id: attempt.keyId ?? null,
      served: isServed(record, index),
      status_code: attempt.status,
      failure: attempt.failure ?? null,
      error: attempt.error ?? null,
      upstream_cost_nano_usd: attempt.upstreamCostNanoUsd ?? null,
      headers_ms: attempt.headersMs ?? null,
      time_to_first_token_ms: attempt.firstTokenMs ?? null,
      total_ms: attempt.totalMs,
    })),
    rules: record.rules ?? [],
    logs: (record.logs ?? []) as Record<string, unknown>[],
    usage: usage
      ? {
          input_tokens: usage.inputTokens,
          cached_input_tokens: usage.cachedInputTokens,
          cache_write_tokens: usage.cacheWriteTokens,
          cache_write_1h_tokens: usage.cacheWriteLongTokens,
          input_audio_tokens: usage.inputAudioTokens,
          output_tokens: usage.outputTokens,
          reasoning_tokens: usage.reasoningTokens,
          output_audio_tokens: usage.outputAudioTokens,
          estimated: record.estimated === true,
        }
      : null,
    estimate: estimate
      ? {
          input_tokens: estimate.inputTokens,
          output_tokens: estimate.outputTokens,
          rough: estimate.isRough === true,
        }
      : null,
    cost_lines: (record.costLines ?? []).map(({ class: name, tokens, nanoUsdPerMillion }) => ({
      class: name,
      tokens,
      nano_usd_per_million_tokens: nanoUsdPerMillion,
      usd: formatMillionths(BigInt(tokens) * BigInt(nanoUsdPerMillion)),
    })),
    ledger: ledgerOf(record),
    cost_usd: formatUsd(costNanoUsd),
    cost_nano_usd: record.costNanoUsd,
    upstream_cost_nano_usd: record.upstreamCostNanoUsd,
    fee_nano_usd: record.feeNanoUsd,
    overrun_nano_usd: record.overrunNanoUsd ?? '0',
    late_cost_nano_usd: record.lateCostNanoUsd ?? '0',
    held_nano_usd: record.heldNanoUsd ?? '0',
    price_version: record.priceVersion ?? null,
    policy_version: record.policyVersion ?? null,
    gateway_latency_ms: latency?.gatewayMs ?? null,
    time_to_first_token_ms: latency?.firstTokenMs ?? null,
    total_ms: latency?.totalMs ?? null,
  };
}
