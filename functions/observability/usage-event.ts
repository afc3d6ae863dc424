import { z } from 'zod';
import { formatUsd } from '../core/money.ts';
import { nanoUsdAnswer, timestampAnswer, usdAnswer } from '../management/fields.ts';
import type { UsageRecord } from '../store/usage.ts';

/** One request in a line, as lists and exports show it. */
export const usageEventAnswer = z
  .strictObject({
    id: z.string(),
    created_at: timestampAnswer,
    endpoint_id: z.string().nullable(),
    ai_gateway_api_key_id: z.string().nullable(),
    surface: z.string(),
    streaming: z.boolean(),
    outcome: z.string(),
    status_code: z.int(),
    error_code: z.string().nullable(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    key_source: z.string().nullable().describe('Whose key paid the provider: managed, own, client or none'),
    attempts: z.int(),
    finish_reason: z.string().nullable(),
    input_tokens: z.int().nullable(),
    cached_input_tokens: z.int().nullable(),
    output_tokens: z.int().nullable(),
    reasoning_tokens: z.int().nullable(),
    estimated: z.boolean().describe('The provider reported no usage; the tokens are our count'),
    estimated_input_tokens: z.int().nullable().describe('Our own count, whatever the provider reported'),
    estimated_output_tokens: z.int().nullable(),
    cost_usd: usdAnswer,
    cost_nano_usd: nanoUsdAnswer,
    gateway_latency_ms: z.number().nullable(),
    time_to_first_token_ms: z.number().nullable(),
    total_ms: z.number().nullable(),
  })
  .meta({ id: 'UsageEvent' });

export type UsageEvent = z.output<typeof usageEventAnswer>;

export function toUsageEvent(record: UsageRecord): UsageEvent {
  const { usage, estimate, latency, attempts } = record;
  return {
    id: record.requestId,
    created_at: record.createdAt,
    endpoint_id: record.endpointId || null,
    ai_gateway_api_key_id: record.gatewayKeyId ?? null,
    surface: record.surface,
    streaming: record.streaming,
    outcome: record.outcome,
    status_code: record.status,
    error_code: record.errorCode ?? null,
    provider: record.provider ?? null,
    model: record.model ?? null,
    key_source: record.provider === undefined ? null : (attempts.at(-1)?.keySource ?? null),
    attempts: attempts.length,
    finish_reason: record.finishReason ?? null,
    input_tokens: usage?.inputTokens ?? null,
    cached_input_tokens: usage?.cachedInputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    reasoning_tokens: usage?.reasoningTokens ?? null,
    estimated: record.estimated === true,
    estimated_input_tokens: estimate?.inputTokens ?? null,
    estimated_output_tokens: estimate?.outputTokens ?? null,
    cost_usd: formatUsd(BigInt(record.costNanoUsd)),
    cost_nano_usd: record.costNanoUsd,
    gateway_latency_ms: latency?.gatewayMs ?? null,
    time_to_first_token_ms: latency?.firstTokenMs ?? null,
    total_ms: latency?.totalMs ?? null,
  };
}
