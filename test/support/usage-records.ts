import { newId } from '../../functions/core/ids.ts';
import { noUsage } from '../../functions/core/usage.ts';
import type { UsageRecord } from '../../functions/store/usage.ts';

/** A record as the gateway writes it: a streamed answer of one attempt, on credits, unless fields say otherwise. */
export function usageRecord(startedAtMs: number, fields: Partial<UsageRecord> = {}): UsageRecord {
  const provider = fields.provider ?? 'openai';
  const model = fields.model ?? 'gpt-4o-mini';
  return {
    requestId: newId('rq', startedAtMs, randomBytes),
    holdAttempt: 0,
    accountId: 'ac_1',
    endpointId: 'ep_1',
    gatewayKeyId: 'aigk_1',
    createdAt: new Date(startedAtMs).toISOString(),
    surface: 'chat-completions',
    streaming: true,
    outcome: 'succeeded',
    status: 200,
    provider,
    model,
    attempts: [{ provider, model, keySource: 'managed', status: 200, headersMs: 80, firstTokenMs: 100, totalMs: 300 }],
    usage: { ...noUsage, inputTokens: 20, outputTokens: 10 },
    estimate: { inputTokens: 19, outputTokens: 11 },
    costNanoUsd: '1000',
    upstreamCostNanoUsd: '1000',
    feeNanoUsd: '0',
    heldNanoUsd: '5000',
    latency: { gatewayMs: 2, firstTokenMs: 102, totalMs: 305 },
    ...fields,
  };
}

let made = 0;

/** Ids differ, and are the same in every run. */
function randomBytes(length: number): Uint8Array {
  made++;
  return Uint8Array.from({ length }, (_, index) => Math.floor(made / 256 ** (length - 1 - index)) % 256);
}
