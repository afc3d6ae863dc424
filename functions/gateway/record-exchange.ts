import type { Price } from '../core/catalog/price.ts';
import { noFee } from '../core/fee.ts';
import { cost } from '../core/pricing.ts';
import { overrunMessage } from '../core/report.ts';
import type { Usage } from '../core/usage.ts';
import { type Candidate, candidateName } from '../routing/endpoint-catalog.ts';
import { touchGatewayKey } from '../store/access-keys.ts';
import { settleRequest } from '../store/settle-request.ts';
import { type AttemptRecord, decide, noteLateCost, type UsageRecord } from '../store/usage.ts';
import { estimateUsage, reportedUsage } from './estimate-usage.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/**
 * Ends the bookkeeping of a request: writes the usage record, which decides the cost, and then settles the hold with it.
 * Runs after the client has its answer. What fails here is reported, and the sweep ends what is left open.
 */
export async function recordExchange(exchange: Exchange, gateway: Gateway): Promise<void> {
  const results = await Promise.allSettled([decideAndSettle(exchange, gateway), noteUse(exchange, gateway)]);
  for (const result of results) {
    if (result.status === 'rejected') gateway.report(`bookkeeping of ${exchange.requestId} failed`, result.reason);
  }
}

async function decideAndSettle(exchange: Exchange, gateway: Gateway): Promise<void> {
  const nowMs = gateway.now();
  const record = toUsageRecord(exchange, nowMs, gateway);
  reportOverrun(record, gateway);
  const { store, balances, keyLimits } = gateway;
  const parts = {
    balances,
    keyLimits,
    decide: (decision: UsageRecord) => decide(store, decision, nowMs),
    noteLateCost: (late: UsageRecord) => noteLateCost(store, late),
  };
  await settleRequest(record, exchange, parts, nowMs);
}

/** The deployment pays it, so somebody should know: an alarm listens to this line. */
function reportOverrun(
  { requestId, overrunNanoUsd, heldNanoUsd, provider, model }: UsageRecord,
  gateway: Gateway,
): void {
  if (overrunNanoUsd === undefined) return;
  const details = `${overrunNanoUsd} nano-USD beyond ${heldNanoUsd}, on ${provider}:${model}`;
  gateway.report(`request ${requestId} ${overrunMessage}`, new Error(details));
}

async function noteUse({ caller: { gatewayKey }, startedAtMs }: Exchange, gateway: Gateway): Promise<void> {
  if (!gatewayKey) return;
  const minute = new Date(startedAtMs - (startedAtMs % 60_000)).toISOString();
  if (gateway.isFirstUseInMinute(gatewayKey.id, minute)) await touchGatewayKey(gateway.store, gatewayKey, minute);
}

function toUsageRecord(exchange: Exchange, nowMs: number, gateway: Gateway): UsageRecord {
  const { caller, call, served, hold, limitHold } = exchange;
  const reported = reportedUsage(exchange);
  const usage = reported ?? (served && estimateUsage(exchange, served.candidate.model.id, gateway));
  return {
    requestId: exchange.requestId,
    holdAttempt: hold?.id.attempt ?? 0,
    holdShard: hold?.id.shard || undefined,
    limitAttempt: limitHold?.id.attempt,
    accountId: caller.endpoint.accountId,
    endpointId: caller.endpoint.id,
    gatewayKeyId: caller.gatewayKey?.id,
    createdAt: new Date(exchange.startedAtMs).toISOString(),
    surface: call.surface.name,
    streaming: call.streaming,
    outcome: exchange.outcome,
    status: exchange.status,
    errorCode: exchange.errorCode,
    provider: served?.candidate.provider.id,
    model: served?.candidate.model.id,
    attempts: exchange.attempts.map(({ record }) => toAttemptRecord(record, gateway)),
    resolution: toResolutionRecord(exchange),
    usage,
    estimated: served && reported === undefined ? true : undefined,
    ...costs(exchange, usage, gateway),
    heldNanoUsd: hold?.amountNanoUsd.toString(),
    priceVersion: gateway.catalog.version,
    policyVersion: caller.endpoint.policyVersion,
    latency: {
      gatewayMs: (exchange.sentAtMs ?? nowMs) - exchange.startedAtMs,
      firstTokenMs: exchange.firstContentAtMs && exchange.firstContentAtMs - exchange.startedAtMs,
      totalMs: nowMs - exchange.startedAtMs,
    },
  };
}

/** Money of one request as text. Own keys cost the balance nothing; no request costs more than its hold. */
function costs({ served, hold }: Exchange, usage: Usage | undefined, gateway: Gateway) {
  const price = served && (served.price ?? listedPrice(served.candidate, gateway));
  if (!price || !usage) return { costNanoUsd: '0', upstreamCostNanoUsd: '0', feeNanoUsd: '0' };
  const { upstreamNanoUsd, feeNanoUsd, totalNanoUsd } = cost(price, usage, gateway.fee);
  if (served.key.source !== 'managed' || !hold) {
    return { costNanoUsd: '0', upstreamCostNanoUsd: upstreamNanoUsd.toString(), feeNanoUsd: '0' };
  }
  const overrunNanoUsd = totalNanoUsd - hold.amountNanoUsd;
  return {
    costNanoUsd: (overrunNanoUsd > 0n ? hold.amountNanoUsd : totalNanoUsd).toString(),
    upstreamCostNanoUsd: upstreamNanoUsd.toString(),
    feeNanoUsd: feeNanoUsd.toString(),
    overrunNanoUsd: overrunNanoUsd > 0n ? overrunNanoUsd.toString() : undefined,
  };
}

/** What an answer on other keys would have cost. */
function listedPrice({ provider, model }: Candidate, { catalog }: Gateway): Price | null | undefined {
  return catalog.model(provider.id, model.id)?.price;
}

function toAttemptRecord(record: AttemptRecord, { catalog }: Gateway): AttemptRecord {
  const price = record.usage && catalog.model(record.provider, record.model)?.price;
  return {
    ...record,
    error: record.error && cut(record.error),
    ...(price && record.usage && { upstreamCostNanoUsd: cost(price, record.usage, noFee).upstreamNanoUsd.toString() }),
  };
}

/** Enough to tell why these candidates and no others; a policy may offer hundreds, and an item holds 400 KB. */
const namesRecordedMax = 32;
const selectionsRecordedMax = 8;
const textRecordedMax = 300;

function toResolutionRecord({ call, resolution, dropped }: Exchange): UsageRecord['resolution'] {
  return {
    asked: call.modelNames.slice(0, namesRecordedMax).map(cut),
    candidates: resolution.candidates.slice(0, namesRecordedMax).map(candidateName).map(cut),
    rejected: [...resolution.rejected, ...dropped]
      .slice(0, namesRecordedMax)
      .map(({ model, reason }) => ({ model: cut(model), reason: cut(reason) })),
    selections: resolution.selections.slice(-selectionsRecordedMax).map(({ strategy, error, returned, toTry }) => ({
      strategy: cut(strategy),
      ...(error !== undefined && { error: cut(error) }),
      returned: returned.slice(0, namesRecordedMax).map(cut),
      toTry: toTry.slice(0, namesRecordedMax).map(cut),
    })),
  };
}

function cut(text: string): string {
  return text.length <= textRecordedMax ? text : `${text.slice(0, textRecordedMax - 1)}…`;
}
