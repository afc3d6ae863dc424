import { Aggregate } from '../core/aggregate.ts';
import { formatUsd } from '../core/money.ts';
import { toAlertEvent } from '../events/alert-event.ts';
import type { EventWriter } from '../events/event-writer.ts';
import { readAggregates, seriesRow, stepStart } from '../store/aggregates.ts';
import type { Store } from '../store/dynamo.ts';
import { failureKind } from '../store/failure-kind.ts';
import { readNotice, writeNotice } from '../store/notices.ts';
import type { UsageRecord } from '../store/usage.ts';
import type { Slot } from '../store/written-records.ts';

/** Spending is abnormal from this many times the usual on, and never below a dollar an hour. */
const abnormalFactor = 3n;
const abnormalLeastNanoUsd = 1_000_000_000n;
const daysCompared = 7;

/** A provider is failing when so many of at least so many attempts of the last minutes failed. */
const failingShare = 0.5;
const failingAttemptsMin = 20;
const failingWindowSeconds = 600;

const idsShownMax = 10;
const daySeconds = 86_400;
const hourSeconds = 3_600;

/** What a slot's records say of one account. */
interface Findings {
  overruns: UsageRecord[];
  abandoned: UsageRecord[];
  /** Providers of which an attempt failed. */
  failing: Set<string>;
  hasCost: boolean;
}

/** Alerts about what requests came to. Each is named after its occasion, so that it is given once. */
export class SlotAlerts {
  private readonly slot: Slot;
  private readonly store: Store;
  private readonly writer: EventWriter;
  private readonly findings = new Map<string, Findings>();

  constructor(slot: Slot, { store, writer }: { store: Store; writer: EventWriter }) {
    this.slot = slot;
    this.store = store;
    this.writer = writer;
  }

  add(record: UsageRecord): void {
    const findings = this.findings.get(record.accountId) ?? {
      overruns: [],
      abandoned: [],
      failing: new Set(),
      hasCost: false,
    };
    this.findings.set(record.accountId, findings);
    if (record.overrunNanoUsd !== undefined) findings.overruns.push(record);
    if (record.outcome === 'abandoned') findings.abandoned.push(record);
    if (record.costNanoUsd !== '0') findings.hasCost = true;
    for (const attempt of record.attempts) if (isFailure(failureKind(attempt))) findings.failing.add(attempt.provider);
  }

  /** Reads the account's aggregates, so the slot must be counted before. */
  async raise(): Promise<void> {
    for (const [accountId, { overruns, abandoned, failing, hasCost }] of this.findings) {
      if (overruns.length > 0) await this.raiseOverruns(accountId, overruns);
      if (abandoned.length > 0) await this.raiseAbandoned(accountId, abandoned);
      if (failing.size > 0) await this.raiseFailing(accountId, failing);
      if (hasCost) await this.raiseAbnormalSpend(accountId);
    }
  }

  private async raiseOverruns(accountId: string, records: UsageRecord[]): Promise<void> {
    const overrunNanoUsd = records.reduce((sum, record) => sum + BigInt(record.overrunNanoUsd ?? 0), 0n);
    await this.alert('cost_overrun.v0', accountId, 'overruns', {
      requests: records.length,
      overrun_usd: formatUsd(overrunNanoUsd),
      request_ids: idsOf(records),
    });
  }

  private async raiseAbandoned(accountId: string, records: UsageRecord[]): Promise<void> {
    await this.alert('holds_abandoned.v0', accountId, 'abandoned', {
      requests: records.length,
      request_ids: idsOf(records),
    });
  }

  private async raiseFailing(accountId: string, suspects: ReadonlySet<string>): Promise<void> {
    const { until, from } = this.slot;
    const row = seriesRow({ kind: 'account', accountId }, '5m');
    const steps = await readAggregates(
      this.store,
      row,
      stepStart(until - failingWindowSeconds, '5m'),
      stepStart(from, '5m'),
    );
    const recent = new Aggregate();
    for (const { aggregate } of steps) recent.merge(aggregate);
    for (const provider of suspects) {
      let attempts = 0;
      let failures = 0;
      for (const [name, tally] of recent.groups('attempts')) {
        if (!name.startsWith(`${provider}:`)) continue;
        attempts += tally.count('requests');
        failures += tally.count('timeout') + tally.count('rateLimit') + tally.count('server');
      }
      if (attempts < failingAttemptsMin || failures / attempts < failingShare) continue;
      await this.once(accountId, `provider_error_rate#${provider}`, occasion =>
        this.alert('provider_error_rate.v0', accountId, occasion, {
          provider,
          attempts,
          failures,
          error_rate: failures / attempts,
          window_seconds: failingWindowSeconds,
        }),
      );
    }
  }

  private async raiseAbnormalSpend(accountId: string): Promise<void> {
    const row = seriesRow({ kind: 'account', accountId }, '1h');
    const spentIn = async (seconds: number) => {
      const start = stepStart(seconds, '1h');
      const [hour] = await readAggregates(this.store, row, start, start);
      return hour?.aggregate.total.costNanoUsd ?? 0n;
    };
    const spentNanoUsd = await spentIn(this.slot.from);
    if (spentNanoUsd < abnormalLeastNanoUsd) return;
    await this.once(accountId, 'spend_abnormal', async occasion => {
      const days = Array.from({ length: daysCompared }, (_, day) => this.slot.from - (day + 1) * daySeconds);
      const before = (await Promise.all(days.map(spentIn))).filter(amount => amount > 0n);
      if (before.length === 0) return false; // nothing to compare with
      const usualNanoUsd = before.reduce((sum, amount) => sum + amount, 0n) / BigInt(before.length);
      if (spentNanoUsd <= abnormalFactor * usualNanoUsd) return false;
      return this.alert('spend_abnormal.v0', accountId, occasion, {
        hour: stepStart(this.slot.from, '1h'),
        spent_usd: formatUsd(spentNanoUsd),
        usual_usd: formatUsd(usualNanoUsd),
        days_compared: before.length,
      });
    });
  }

  /** Gives a notice at most once an hour. @param give returns false when there is nothing to say after all */
  private async once(accountId: string, what: string, give: (occasion: string) => Promise<boolean>): Promise<void> {
    const occasion = `${what}#${stepStart(this.slot.from, '1h')}`;
    if ((await readNotice(this.store, accountId, occasion)).holds || !(await give(occasion))) return;
    await writeNotice(this.store, accountId, occasion, { count: 1, holds: true }, this.slot.from + 2 * hourSeconds);
  }

  private async alert(
    type: Parameters<typeof toAlertEvent>[0],
    accountId: string,
    occasion: string,
    object: Record<string, unknown>,
  ): Promise<boolean> {
    const timeMs = this.slot.from * 1000;
    const own = occasion.includes('#') ? occasion : `${occasion}#${this.slot.from}`;
    await this.writer.alert(toAlertEvent(type, accountId, timeMs, own, object));
    return true;
  }
}

/** What a client did wrong says nothing about a provider. */
function isFailure(kind: ReturnType<typeof failureKind>): boolean {
  return kind !== undefined && kind !== 'client';
}

/** In an order that is the same when the slot is told again. */
function idsOf(records: readonly UsageRecord[]): string[] {
  return records
    .map(({ requestId }) => requestId)
    .sort()
    .slice(0, idsShownMax);
}
