import { randomUUID } from 'node:crypto';
import { clockWithOffset } from '../core/clock.ts';
import { note, report } from '../core/report.ts';
import { EventWriter } from '../events/event-writer.ts';
import { openStore } from '../store/dynamo.ts';
import { readTableNames, readWholeNumber } from '../store/settings.ts';
import { type RollupResult, rollUp } from './roll-up.ts';
import { openCollector, readCollectorHeaders } from './telemetry/collector.ts';
import { exportTelemetry } from './telemetry/export-telemetry.ts';
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

const { TOLLGATE_OTLP_ENDPOINT: endpoint, TOLLGATE_OTLP_HEADERS: headers, AWS_REGION: region } = process.env;
const collector = endpoint ? openCollector({ endpoint, headers: readCollectorHeaders(headers) }, report) : undefined;
const resource = { region: region ?? 'us-east-1' };

/** Runs on a timer. Safe to run twice, and at once. @returns what it did; a run that counted something also logs it */
export async function handler(): Promise<RollupResult & { spans: number }> {
  const stopAtMs = now() + runTimeMs;
  // Neither waits for the other, nor fails with it.
  const [counted, sent] = await Promise.allSettled([rollUp({ ...parts, stopAtMs }), sendTelemetry(stopAtMs)]);
  if (counted.status === 'rejected') throw counted.reason;
  if (sent.status === 'rejected') throw sent.reason;
  const result = { ...counted.value, spans: sent.value };
  if (!result.finished || result.records > 0) note('rolled up', result);
  await tellChanges({ store, now, graceSeconds, writer, report });
  return result;
}

async function sendTelemetry(stopAtMs: number): Promise<number> {
  if (!collector) return 0;
  return exportTelemetry({ ...parts, collector, resource, stopAtMs, runId: randomUUID(), report });
}
