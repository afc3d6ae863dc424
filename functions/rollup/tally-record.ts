import { Aggregate } from '../core/aggregate.ts';
import type { Tally } from '../core/tally.ts';
import { dailyRow, type Scope, scopeName } from '../store/aggregates.ts';
import { failureKind, requestFailureKind } from '../store/failure-kind.ts';
import type { AttemptRecord, UsageRecord } from '../store/usage.ts';

/** What the records of one slot come to, to be added to what is stored. */
export class SlotTallies {
  records = 0;
  /** Row → day → aggregate. */
  readonly days = new Map<string, Map<string, Aggregate>>();
  /** By the name of the scope. */
  readonly scopes = new Map<string, { scope: Scope; aggregate: Aggregate }>();

  add(record: UsageRecord): void {
    const { accountId, endpointId } = record;
    this.records++;
    tallyDay(this.day(dailyRow(accountId), record.createdAt.slice(0, 10)), record);
    const scopes: Scope[] = [{ kind: 'global' }, { kind: 'account', accountId }];
    if (endpointId !== '') scopes.push({ kind: 'endpoint', accountId, endpointId });
    for (const scope of scopes) tallyLatencies(this.scope(scope), scope, record);
  }

  private day(row: string, day: string): Aggregate {
    const days = this.days.get(row) ?? new Map<string, Aggregate>();
    const aggregate = days.get(day) ?? new Aggregate();
    this.days.set(row, days.set(day, aggregate));
    return aggregate;
  }

  private scope(scope: Scope): Aggregate {
    const name = scopeName(scope);
    const { aggregate } = this.scopes.get(name) ?? { aggregate: new Aggregate() };
    this.scopes.set(name, { scope, aggregate });
    return aggregate;
  }
}

/** Requests by everything that they are asked for; one whose attempts all failed counts for the last it tried. */
function tallyDay(day: Aggregate, record: UsageRecord): void {
  const last = record.attempts.at(-1);
  const tallies = [
    day.total,
    day.group('provider', record.provider ?? last?.provider ?? ''),
    day.group('model', record.model ?? last?.model ?? ''),
    day.group('key', record.gatewayKeyId ?? ''),
    day.group('endpoint', record.endpointId),
  ];
  for (const tally of tallies) tallyRequest(tally, record);
}

function tallyRequest(tally: Tally, record: UsageRecord): void {
  tally.add('requests', 1);
  const kind = requestFailureKind(record);
  if (kind) tally.addFailure(kind);
  tallyUsage(tally, record);
}

/** Requests with their latencies, and attempts by model: a model that failed is told apart from the one that answered. */
function tallyLatencies(aggregate: Aggregate, scope: Scope, record: UsageRecord): void {
  const { latency, streaming, gatewayKeyId } = record;
  tallyRequest(aggregate.total, record);
  aggregate.total.addLatency('gateway', latency?.gatewayMs);
  aggregate.total.addLatency('firstToken', streaming ? latency?.firstTokenMs : undefined);
  aggregate.total.addLatency('total', latency?.totalMs);
  for (const [index, attempt] of record.attempts.entries()) {
    // Other accounts may call something else by the same name.
    if (scope.kind === 'global' && attempt.isCustom) continue;
    const name = `${attempt.provider}:${attempt.model}`;
    tallyAttempt(aggregate.group('attempts', name), record, attempt, index);
    if (scope.kind !== 'endpoint' || gatewayKeyId === undefined) continue;
    tallyAttempt(aggregate.group('keyAttempts', `${gatewayKeyId} ${name}`), record, attempt, index);
  }
}

/** A failure that came at once says nothing about how long answers take; one that timed out does. */
function tallyAttempt(tally: Tally, record: UsageRecord, attempt: AttemptRecord, index: number): void {
  const isServed = record.provider !== undefined && index === record.attempts.length - 1;
  const kind = failureKind(attempt) ?? (isServed && record.outcome !== 'succeeded' ? 'server' : undefined);
  tally.add('requests', 1);
  if (kind) tally.addFailure(kind);
  if (index === 0) tally.addLatency('gateway', record.latency?.gatewayMs);
  if (kind === undefined || kind === 'timeout') tally.addLatency('total', attempt.totalMs);
  if (attempt.quota) tally.noteQuota(attempt.quota, Date.parse(record.createdAt));
  if (!isServed) return;
  tally.addLatency('firstToken', attempt.firstTokenMs);
  const outputTokens = record.usage?.outputTokens ?? 0;
  if (kind === undefined && attempt.firstTokenMs !== undefined && outputTokens > 0) {
    const writingMs = attempt.totalMs - attempt.firstTokenMs;
    tally.addLatency('perToken', Math.round((writingMs * 1000) / outputTokens));
  }
  tallyUsage(tally, record);
}

function tallyUsage(tally: Tally, { usage, estimated, estimate, costNanoUsd }: UsageRecord): void {
  tally.costNanoUsd += BigInt(costNanoUsd);
  if (usage) {
    tally.add('inputTokens', usage.inputTokens);
    tally.add('cachedInputTokens', usage.cachedInputTokens);
    tally.add('cacheWriteTokens', usage.cacheWriteTokens);
    tally.add('cacheWriteLongTokens', usage.cacheWriteLongTokens);
    tally.add('inputAudioTokens', usage.inputAudioTokens);
    tally.add('outputTokens', usage.outputTokens);
    tally.add('reasoningTokens', usage.reasoningTokens);
    tally.add('outputAudioTokens', usage.outputAudioTokens);
  }
  if (usage && !estimated) {
    tally.add('providerInputTokens', usage.inputTokens);
    tally.add('providerOutputTokens', usage.outputTokens);
  }
  tally.add('estimatedInputTokens', estimate?.inputTokens ?? 0);
  tally.add('estimatedOutputTokens', estimate?.outputTokens ?? 0);
}
