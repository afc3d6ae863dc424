import { clockWithOffset } from '../core/clock.ts';
import { note, report } from '../core/report.ts';
import { EventWriter } from '../events/event-writer.ts';
import { openStore } from '../store/dynamo.ts';
import { readTableNames, readWholeNumber } from '../store/settings.ts';
import { type RollupResult, rollUp } from './roll-up.ts';
import { tellChanges } from './tell-changes.ts';
import { tellSlots } from './tell-slot.ts';

/** The next run comes in a minute and goes on; a slot that was begun has minutes to end. */
const runTimeMs = 50_000;

const store = openStore(readTableNames(process.env));
const now = clockWithOffset(process.env.TOLLGATE_CLOCK_OFFSET);
const writer = new EventWriter({ store, now, report });
const graceSeconds = readWholeNumber(process.env, 'TOLLGATE_ROLLUP_GRACE_SECONDS');
const parts = {
  store,
  now,
  intervalSeconds: readWholeNumber(process.env, 'TOLLGATE_ROLLUP_SECONDS'),
  graceSeconds,
  listener: tellSlots({ store, writer, report }),
};

/** Runs on a timer. Safe to run twice, and at once. @returns what it did; a run that counted something also logs it */
export async function handler(): Promise<RollupResult> {
  const result = await rollUp({ ...parts, stopAtMs: now() + runTimeMs });
  if (!result.finished || result.records > 0) note('rolled up', result);
  await tellChanges({ store, now, graceSeconds, writer, report });
  return result;
}
