import { createHash } from 'node:crypto';
import type { AttemptRecord, UsageRecord } from '../../store/usage.ts';
import { callAttributes, operationOf, routes } from './gen-ai.ts';
import { type Span, spanKind, spanStatus, toAttributes, unixNano } from './otlp.ts';

/**
 * The trace of a request: a span for the request, under the client's own if it sent a `traceparent`, and one for each
 * attempt. Ids follow from the request's, so that sending a record twice makes no second trace.
 */
export function toSpans(record: UsageRecord): Span[] {
  if (record.traceUnsampled) return [];
  const startMs = Date.parse(record.createdAt);
  const traceId = record.traceId ?? idFrom(`trace ${record.requestId}`, 16);
  const requestSpanId = idFrom(`span ${record.requestId}`, 8);
  const route = routes[record.surface];
  return [
    {
      traceId,
      spanId: requestSpanId,
      ...(record.parentSpanId !== undefined && { parentSpanId: record.parentSpanId }),
      name: route ? `POST ${route}` : 'POST',
      kind: spanKind.server,
      startTimeUnixNano: unixNano(startMs),
      endTimeUnixNano: unixNano(startMs + (record.latency?.totalMs ?? 0)),
      attributes: toAttributes({
        'http.request.method': 'POST',
        'http.route': route,
        'http.response.status_code': record.status > 0 ? record.status : undefined,
        'error.type': record.outcome === 'succeeded' ? undefined : (record.errorCode ?? record.outcome),
        'tollgate.request.id': record.requestId,
        'tollgate.account.id': record.accountId,
        'tollgate.endpoint.id': record.endpointId || undefined,
        'tollgate.gateway_key.id': record.gatewayKeyId,
        'tollgate.outcome': record.outcome,
        'tollgate.cost.nano_usd': Number(record.costNanoUsd),
        'tollgate.latency.gateway_ms': record.latency?.gatewayMs,
      }),
      // A server's span is no error when its client was wrong.
      status: record.outcome !== 'succeeded' && (record.status >= 500 || record.status < 400) ? error : {},
    },
    ...record.attempts.map((attempt, index) => ({
      traceId,
      spanId: idFrom(`span ${record.requestId} ${index}`, 8),
      parentSpanId: requestSpanId,
      ...toAttemptSpan(record, attempt, index, startMs),
    })),
  ];
}

const error = { code: spanStatus.error };

function toAttemptSpan(record: UsageRecord, attempt: AttemptRecord, index: number, requestStartMs: number) {
  const isServed = record.provider !== undefined && index === record.attempts.length - 1;
  const startMs = requestStartMs + (attempt.startMs ?? record.latency?.gatewayMs ?? 0);
  const call = callAttributes(record, attempt, isServed);
  const { usage } = isServed ? record : attempt;
  return {
    name: `${operationOf(record)} ${attempt.model}`,
    kind: spanKind.client,
    startTimeUnixNano: unixNano(startMs),
    endTimeUnixNano: unixNano(startMs + attempt.totalMs),
    attributes: toAttributes({
      ...call,
      'http.response.status_code': attempt.status > 0 ? attempt.status : undefined,
      'gen_ai.response.finish_reasons':
        isServed && record.finishReason !== undefined ? [record.finishReason] : undefined,
      'gen_ai.usage.input_tokens': usage?.inputTokens,
      'gen_ai.usage.output_tokens': usage?.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': usage?.cachedInputTokens || undefined,
      'gen_ai.usage.cache_creation.input_tokens':
        (usage && usage.cacheWriteTokens + usage.cacheWriteLongTokens) || undefined,
      'gen_ai.usage.reasoning.output_tokens': usage?.reasoningTokens || undefined,
      'gen_ai.response.time_to_first_chunk':
        attempt.firstTokenMs === undefined ? undefined : attempt.firstTokenMs / 1000,
      'tollgate.attempt': index + 1,
      'tollgate.key.source': attempt.keySource,
      'tollgate.usage.estimated': isServed ? record.estimated : undefined,
    }),
    status: call['error.type'] === undefined ? {} : error,
  };
}

/** In hexadecimal; never all zeros, which would be no id. */
function idFrom(text: string, bytes: number): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, bytes * 2);
}
