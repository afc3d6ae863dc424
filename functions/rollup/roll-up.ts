import { Aggregate } from '../core/aggregate.ts';
import type { Clock } from '../core/clock.ts';
import { foldInto, readAggregates, type Scope, type Step, seriesRow, stepStart } from '../store/aggregates.ts';
import type { Store } from '../store/dynamo.ts';
import { snapshotSeconds, writeSnapshot } from '../store/metric-snapshots.ts';
import { advanceProgress, type RollupProgress, readProgress } from '../store/rollup-progress.ts';
import type { UsageRecord } from '../store/usage.ts';
import { endOfDay, firstWriteFrom, readWritten, type Slot } from '../store/written-records.ts';
import { SlotTallies } from './tally-record.ts';
import { toSnapshot } from './window-metrics.ts';

export interface RollupParts {
  store: Store;
  now: Clock;
  /** How long a slot is. */
  intervalSeconds: number;
  /** How long after its end a slot may still get records: as long as a write and the index behind it may take. */
  graceSeconds: number;
  /** No slot is begun after this moment; the next run goes on from there. */
  stopAtMs: number;
  /** Hears of every record of a slot. A slot whose run died is told again, so what it does has to be safe to repeat. */
  listener?: SlotListener;
}

export interface SlotListener {
  listen(slot: Slot): {
    add(record: UsageRecord): Promise<void>;
    /** After the slot is counted, and before it is passed. */
    end(): Promise<void>;
  };
}

/** What a run did. */
export interface RollupResult {
  slots: number;
  records: number;
  writes: number;
  /** False when time ran out before the last closed slot. */
  finished: boolean;
}

/** Without any progress there has never been a run; records from before are as old as a deployment takes at most. */
const firstLookBackSeconds = 86_400;

const writesAtOnce = 8;

/**
 * Counts usage records, slot by slot, in order, each once: every stored aggregate says up to where it has been told. Safe to
 * run twice, and at once, and to be stopped anywhere; after an outage it catches up, and passes over time without records.
 */
export async function rollUp(parts: RollupParts): Promise<RollupResult> {
  const { store, now, stopAtMs } = parts;
  const result: RollupResult = { slots: 0, records: 0, writes: 0, finished: false };
  let progress = (await readProgress(store)) ?? (await begin(parts));
  for (;;) {
    const closedUntil = Math.floor(now() / 1000) - parts.graceSeconds;
    if (progress.slot.until > closedUntil) return { ...result, finished: true };
    if (now() >= stopAtMs) return result;
    const next = await passSlot(progress, closedUntil, parts);
    if (await advanceProgress(store, progress, next)) {
      result.slots += next.slots - progress.slots;
      result.records += next.records - progress.records;
      result.writes += next.writes - progress.writes;
      progress = next;
    } else progress = await requireProgress(store);
  }
}

/** Counts a slot, or, when nothing was written in it, finds the next one that is worth a look. */
async function passSlot(progress: RollupProgress, closedUntil: number, parts: RollupParts): Promise<RollupProgress> {
  const { slot, slots, records, writes } = progress;
  const first = await firstWriteFrom(parts.store, slot.from, closedUntil);
  if (first === undefined || first >= slot.until) {
    const from = Math.max(slot.until, startOf(Math.min(first ?? closedUntil, closedUntil), parts));
    return { ...progress, slot: slotFrom(from, parts), writes: writes + 1 };
  }
  const counted = await countSlot(slot, parts);
  return {
    slot: slotFrom(slot.until, parts),
    slots: slots + 1,
    records: records + counted.records,
    writes: writes + counted.writes + 1,
  };
}

async function countSlot(
  slot: Slot,
  { store, now, listener }: RollupParts,
): Promise<{ records: number; writes: number }> {
  const tallies = new SlotTallies();
  const hearing = listener?.listen(slot);
  for await (const records of readWritten(store, slot)) {
    for (const record of records) {
      tallies.add(record);
      await hearing?.add(record);
    }
  }
  let writes = 0;
  const fold = async (row: string, start: string, aggregate: Aggregate) => {
    if (await foldInto(store, { row, start }, aggregate, slot)) writes++;
  };
  const isRecent = slot.until > now() / 1000 - snapshotSeconds;
  const tasks: (() => Promise<void>)[] = [];
  for (const [row, days] of tallies.days) {
    for (const [day, aggregate] of days) tasks.push(() => fold(row, day, aggregate));
  }
  for (const { scope, aggregate } of tallies.scopes.values()) {
    tasks.push(async () => {
      for (const step of stepsOf(scope)) await fold(seriesRow(scope, step), stepStart(slot.from, step), aggregate);
      if (!isRecent) return;
      await refreshSnapshot(store, scope, slot);
      writes++;
    });
  }
  await runSome(tasks);
  await hearing?.end();
  return { records: tallies.records, writes };
}

/** Nobody looks at hours of the whole deployment. */
function stepsOf({ kind }: Scope): Step[] {
  return kind === 'global' ? ['5m'] : ['5m', '1h'];
}

async function refreshSnapshot(store: Store, scope: Scope, slot: Slot): Promise<void> {
  const from = stepStart(slot.until - snapshotSeconds, '5m');
  const steps = await readAggregates(store, seriesRow(scope, '5m'), from, stepStart(slot.from, '5m'));
  const together = new Aggregate();
  for (const { aggregate } of steps) together.merge(aggregate);
  const window = { start: Math.floor(Date.parse(from) / 1000), end: slot.until };
  await writeSnapshot(store, scope, toSnapshot(together, window), slot);
}

async function begin(parts: RollupParts): Promise<RollupProgress> {
  const { store, now, graceSeconds } = parts;
  const nowSeconds = Math.floor(now() / 1000);
  const first = await firstWriteFrom(store, nowSeconds - firstLookBackSeconds, nowSeconds);
  const from = startOf(first ?? nowSeconds - graceSeconds, parts);
  await advanceProgress(store, undefined, { slot: slotFrom(from, parts), slots: 0, records: 0, writes: 0 });
  return requireProgress(store);
}

async function requireProgress(store: Store): Promise<RollupProgress> {
  const progress = await readProgress(store);
  if (!progress) throw new Error('the progress of the rollup has gone; nobody deletes it');
  return progress;
}

function startOf(seconds: number, { intervalSeconds }: RollupParts): number {
  return seconds - (seconds % intervalSeconds);
}

/** A slot ends with the interval it begins in, and with its day. */
function slotFrom(from: number, parts: RollupParts): Slot {
  return { from, until: Math.min(startOf(from, parts) + parts.intervalSeconds, endOfDay(from)) };
}

async function runSome(tasks: (() => Promise<void>)[]): Promise<void> {
  const work = async () => {
    for (let task = tasks.shift(); task; task = tasks.shift()) await task();
  };
  const results = await Promise.allSettled(Array.from({ length: writesAtOnce }, work));
  const failed = results.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
}
