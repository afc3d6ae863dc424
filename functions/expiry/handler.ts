import { randomBytes } from 'node:crypto';
import { clockWithOffset } from '../core/clock.ts';
import { note, report } from '../core/report.ts';
import { EventWriter } from '../events/event-writer.ts';
import { Balances } from '../store/balances.ts';
import { openStore } from '../store/dynamo.ts';
import { deleteExpiredInspections } from '../store/inspections.ts';
import { KeyLimits } from '../store/key-limits.ts';
import { readTableNames } from '../store/settings.ts';
import { decide } from '../store/usage.ts';
import { CreditAlerts } from './credit-alerts.ts';
import { type SweepResult, sweep } from './sweep.ts';
import { openSweepCursor } from './sweep-cursor.ts';

/** The function may run five minutes; what is begun before this can be ended in the rest. */
const sweepTimeMs = 4 * 60_000;

const store = openStore(readTableNames(process.env));
const now = clockWithOffset(process.env.TOLLGATE_CLOCK_OFFSET);
const parts = {
  balances: new Balances(store, randomBytes),
  keyLimits: new KeyLimits(store),
  decide: (record: Parameters<typeof decide>[1], nowMs: number) => decide(store, record, nowMs),
  cursor: openSweepCursor(store),
  alerts: new CreditAlerts({ store, now, writer: new EventWriter({ store, now, report }) }),
  now,
  report,
};

/** Runs on a timer. Safe to run twice, and at once. @returns what it did; a sweep that did something also logs it */
export async function handler(): Promise<SweepResult & { inspections: number }> {
  const stopAtMs = now() + sweepTimeMs;
  // Neither waits for the other, nor fails with it.
  const [swept, deleted] = await Promise.allSettled([
    sweep({ ...parts, stopAtMs }),
    deleteExpiredInspections(store, now(), () => now() >= stopAtMs),
  ]);
  if (swept.status === 'rejected') throw swept.reason;
  if (deleted.status === 'rejected') throw deleted.reason;
  const result = { ...swept.value, inspections: deleted.value };
  const { accounts, limits, finished, ...done } = result;
  if (!finished || Object.values(done).some(count => count > 0)) note('swept', result);
  return result;
}
