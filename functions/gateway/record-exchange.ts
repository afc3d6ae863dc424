import type { Price } from '../core/catalog/price.ts';
import { redactTokens } from '../core/credential.ts';
import { noFee } from '../core/fee.ts';
import { cost, costLines } from '../core/pricing.ts';
import { overrunMessage } from '../core/report.ts';
import type { Usage } from '../core/usage.ts';
import { type Candidate, candidateName } from '../routing/endpoint-catalog.ts';
import { touchGatewayKey } from '../store/access-keys.ts';
import { settleRequest } from '../store/settle-request.ts';
import { type AttemptRecord, decide, noteLateCost, type TokenEstimate, type UsageRecord } from '../store/usage.ts';
import { estimateTokens, estimateUsage, reportedUsage } from './estimate-usage.ts';
import type { Attempt, Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';

/**
 * Ends the bookkeeping of a request: writes the usage record, which decides the cost, and then settles the hold with it.
 * Runs after the client has its answer. What fails here is reported, and the sweep ends what is left open.
 * @returns what was to be recorded; undefined when even that failed
 */
export async function recordExchange(exchange: Exchange, gateway: Gateway): Promise<UsageRecord | undefined> {
  let record: UsageRecord | undefined;
  const decideAndSettle = async () => {
    record = toUsageRecord(exchange, gateway.now(), gateway);
    await settle(record, exchange, gateway);
  };
  const results = await Promise.allSettled([decideAndSettle(), noteUse(exchange, gateway)]);
  for (const result of results) {
    if (result.status === 'rejected') gateway.report(`bookkeeping of ${exchange.requestId} failed`, result.reason);
  }
  return record;
}

async function settle(record: UsageRecord, exchange: Exchange, gateway: Gateway): Promise<void> {
  const nowMs = gateway.now(); // counting tokens may have taken a moment, and the record says when it is written
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
  const modelId = served?.candidate.model.id;
  const reported = reportedUsage(exchange);
  const usage = reported ?? (modelId === undefined ? undefined : estimateUsage(exchange, modelId, gateway));
  return {
    requestId: exchange.requestId,
    holdAttempt: hold?.id.attempt ?? 0,
    holdShard: hold?.id.shard || undefined,
    limitAttempt: limitHold?.id.attempt,
    accountId: caller.endpoint.accountId,
    endpointId: caller.endpoint.id,
    gatewayKeyId: caller.gatewayKey?.id,
    createdAt: new Date(exchange.startedAtMs).toISOString(),
    serverName: cut(exchange.host.replace(/:\d+$/, '')),
    surface: call.surface.name,
    streaming: call.streaming,
    outcome: exchange.outcome,
    status: exchange.status,
    errorCode: exchange.errorCode,
    provider: served?.candidate.provider.id,
    model: modelId,
    attempts: [...exchange.earlierAttempts, ...exchange.attempts].map(attempt =>
      toAttemptRecord(attempt, exchange, nowMs, gateway),
    ),
    resolution: toResolutionRecord(exchange),
    usage,
    estimated: served && reported === undefined ? true : undefined,
    estimate: modelId === undefined ? undefined : estimateOrReport(exchange, modelId, gateway),
    finishReason: exchange.finishReason,
    traceId: exchange.traceId,
    parentSpanId: exchange.parentSpanId,
    traceUnsampled: exchange.traceUnsampled,
    ...costs(exchange, usage, gateway),
    heldNanoUsd: hold?.amountNanoUsd.toString(),
    priceVersion: gateway.catalog.version,
    policyVersion: caller.endpoint.policyVersion,
    ...toRulesRecord(exchange),
    latency: {
      gatewayMs: (exchange.sentAtMs ?? nowMs) - exchange.startedAtMs,
      firstTokenMs: exchange.firstContentAtMs && exchange.firstContentAtMs - exchange.startedAtMs,
      totalMs: nowMs - exchange.startedAtMs,
    },
  };
}

/** Nothing is charged by this count: a fault in it must not cost the record, and with it what the request costs. */
function estimateOrReport(exchange: Exchange, modelId: string, gateway: Gateway): TokenEstimate | undefined {
  try {
    return estimateTokens(exchange, modelId, gateway);
  } catch (error) {
    gateway.report(`counting the tokens of ${exchange.requestId} failed`, error);
    return undefined;
  }
}

/** The last attempt of a request that was answered went on for as long as its answer. */
function toAttemptRecord(
  attempt: Attempt,
  { attempts, served, call, firstContentAtMs, answeredAtMs, startedAtMs: requestStartedAtMs }: Exchange,
  nowMs: number,
  { catalog }: Gateway,
): AttemptRecord {
  const { record, startedAtMs } = attempt;
  const price = record.usage && catalog.model(record.provider, record.model)?.price;
  const recorded = {
    ...record,
    startMs: startedAtMs - requestStartedAtMs,
    error: record.error && cut(record.error),
    ...(price && record.usage && { upstreamCostNanoUsd: cost(price, record.usage, noFee).upstreamNanoUsd.toString() }),
  };
  if (!served || attempt !== attempts.at(-1)) return recorded;
  return {
    ...recorded,
    firstTokenMs: call.streaming && firstContentAtMs !== undefined ? firstContentAtMs - startedAtMs : undefined,
    totalMs: (answeredAtMs ?? nowMs) - startedAtMs,
  };
}

/** Money of one request as text. Own keys cost the balance nothing; no request costs more than its hold. */
function costs({ served, hold }: Exchange, usage: Usage | undefined, gateway: Gateway) {
  const price = served && (served.price ?? listedPrice(served.candidate, gateway));
  if (!price || !usage) return { costNanoUsd: '0', upstreamCostNanoUsd: '0', feeNanoUsd: '0' };
  const { upstreamNanoUsd, feeNanoUsd, totalNanoUsd } = cost(price, usage, gateway.fee);
  const upstream = { upstreamCostNanoUsd: upstreamNanoUsd.toString(), costLines: costLines(price, usage) };
  if (served.key.source !== 'managed' || !hold) return { ...upstream, costNanoUsd: '0', feeNanoUsd: '0' };
  const overrunNanoUsd = totalNanoUsd - hold.amountNanoUsd;
  return {
    costNanoUsd: (overrunNanoUsd > 0n ? hold.amountNanoUsd : totalNanoUsd).toString(),
    ...upstream,
    feeNanoUsd: feeNanoUsd.toString(),
    overrunNanoUsd: overrunNanoUsd > 0n ? overrunNanoUsd.toString() : undefined,
  };
}

/** What an answer on other keys would have cost. */
function listedPrice({ provider, model }: Candidate, { catalog }: Gateway): Price | null | undefined {
  return catalog.model(provider.id, model.id)?.price;
}

const logBytesMax = 16_384;

/** Rules that applied, and what they logged, as much of it as a record holds. */
function toRulesRecord({ rules }: Exchange): Pick<UsageRecord, 'rules' | 'logs'> {
  if (!rules || rules.matched.length === 0) return {};
  const logs: unknown[] = [];
  let bytes = 0;
  for (const log of rules.logs) {
    const text = redactTokens(JSON.stringify(log));
    bytes += Buffer.byteLength(text);
    if (bytes > logBytesMax) break;
    logs.push(JSON.parse(text));
  }
  return { rules: rules.matched.slice(0, namesRecordedMax).map(cut), ...(logs.length > 0 && { logs }) };
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
