import { isId } from '../core/ids.ts';
import { formatUsd } from '../core/money.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { findRequest, type UsageRecord } from '../store/usage.ts';

export const requestRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/usage/requests/{id}',
    role: 'viewer',
    async handle({ parameters: { id = '' }, caller, origin }, { store }) {
      const record = isId('rq', id) ? await findRequest(store, caller.accountId, id) : undefined;
      if (!record) throw new ManagementError('not_found', `There is no request "${id}"`);
      return { status: 200, body: toWire(record, origin) };
    },
  }),
];

function toWire(record: UsageRecord, origin: string) {
  const { usage, latency } = record;
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
    attempts: record.attempts.map(attempt => ({
      provider: attempt.provider,
      model: attempt.model,
      key_source: attempt.keySource,
      status_code: attempt.status,
      error: attempt.error ?? null,
      headers_ms: attempt.headersMs ?? null,
      total_ms: attempt.totalMs,
    })),
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
