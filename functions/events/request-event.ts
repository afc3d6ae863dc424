import { formatUsd } from '../core/money.ts';
import type { AttemptRecord, UsageRecord } from '../store/usage.ts';
import { requestType } from './event-types.ts';
import { eventIdOf, type GatewayEvent } from './gateway-event.ts';

/** What log actions of a policy wrote may be long; beyond this an event goes without it, and says so. */
const logBytesMax = 64_000;

/** A request as destinations see it: what happened, and never a prompt, an answer or a credential. */
export function toRequestEvent(record: UsageRecord): GatewayEvent {
  const { latency, resolution } = record;
  const logs = record.logs ?? [];
  const areLogsShort = Buffer.byteLength(JSON.stringify(logs)) <= logBytesMax;
  return {
    event_id: eventIdOf(record.requestId),
    event_type: requestType,
    event_timestamp: record.createdAt,
    account_id: record.accountId,
    principal: null,
    object: {
      id: record.requestId,
      conn: { server_name: record.serverName ?? null },
      endpoint: { id: record.endpointId },
      ai_gateway_api_key: record.gatewayKeyId === undefined ? null : { id: record.gatewayKeyId },
      surface: record.surface,
      streaming: record.streaming,
      outcome: record.outcome,
      status_code: record.status,
      error_code: record.errorCode ?? null,
      provider: record.provider ?? null,
      model: record.model ?? null,
      finish_reason: record.finishReason ?? null,
      requested_models: resolution?.asked ?? [],
      attempts: record.attempts.map((attempt, index) => toAttempt(attempt, isServed(record, index))),
      tokens: toTokens(record),
      cost_usd: formatUsd(BigInt(record.costNanoUsd)),
      cost_nano_usd: Number(record.costNanoUsd),
      upstream_cost_nano_usd: Number(record.upstreamCostNanoUsd),
      latency: {
        gateway_ms: latency?.gatewayMs ?? null,
        first_token_ms: latency?.firstTokenMs ?? null,
        total_ms: latency?.totalMs ?? null,
      },
      trace_id: record.traceId ?? null,
      policy: { version: record.policyVersion ?? null, rules: record.rules ?? [] },
      traffic_policy: { logs: areLogsShort ? logs : [], logs_dropped: !areLogsShort },
    },
  };
}

function isServed({ provider, attempts }: UsageRecord, index: number): boolean {
  return provider !== undefined && index === attempts.length - 1;
}

function toAttempt(attempt: AttemptRecord, served: boolean) {
  return {
    provider: attempt.provider,
    model: attempt.model,
    key_source: attempt.keySource,
    served,
    status_code: attempt.status,
    failure: attempt.failure ?? null,
    error: attempt.error ?? null,
    first_token_ms: attempt.firstTokenMs ?? null,
    total_ms: attempt.totalMs,
  };
}

/** What is charged, and beside it both counts: the provider's, where it reported one, and ours. */
function toTokens({ usage, estimated, estimate }: UsageRecord) {
  return {
    input: usage?.inputTokens ?? null,
    cached_input: usage?.cachedInputTokens ?? null,
    cache_write: usage ? usage.cacheWriteTokens + usage.cacheWriteLongTokens : null,
    output: usage?.outputTokens ?? null,
    reasoning: usage?.reasoningTokens ?? null,
    estimated: estimated === true,
    provider: usage && !estimated ? { input: usage.inputTokens, output: usage.outputTokens } : null,
    estimate: estimate ? { input: estimate.inputTokens, output: estimate.outputTokens } : null,
  };
}
