import type { Clock } from '../../core/clock.ts';
import type { Store } from '../../store/dynamo.ts';
import { advanceTelemetry, claimTelemetry, type TelemetryProgress } from '../../store/telemetry-progress.ts';
import { endOfDay, firstWriteFrom, readWritten, type Slot } from '../../store/written-records.ts';
import { CallHistograms } from './call-histograms.ts';
import { type Collector, CollectorFailed } from './collector.ts';
import { type Resource, type Span, toMetrics, toTraces } from './otlp.ts';
import { toSpans } from './to-spans.ts';

export interface TelemetryParts {
  store: Store;
  now: Clock;
  collector: Collector;
  resource: Resource;
  intervalSeconds: number;
  /** See `RollupParts`. */
  graceSeconds: number;
  /** No slot is begun after this moment. */
  stopAtMs: number;
  /** Names this run, so that no other sends the same at the same time. */
  runId: string;
  report(message: string, error: unknown): void;
}

/** A trace that comes later than this helps nobody, and a collector that was away for days is not flooded. */
const lateSecondsMax = 3_600;

/** A run ends well before: then what it had claimed is free again. */
const claimSeconds = 120;

/** Collectors take 4 MB or more; a span has about 1 KB. */
const spansAtOnce = 1_000;

/**
 * Sends what usage records say to a collector, slot by slot, in order. Requests know nothing of it. A slot whose sending
 * broke off is sent again as a whole: spans have the same ids then. What a collector does not take within an hour is lost
 * to it; the records stay.
 * @returns how many spans were sent
 */
export async function exportTelemetry(parts: TelemetryParts): Promise<number> {
  const { store, now, graceSeconds, runId } = parts;
  const nowSeconds = Math.floor(now() / 1000);
  const closedUntil = nowSeconds - graceSeconds;
  const claimed = await claimTelemetry(store, {
    runId,
    from: closedUntil,
    nowSeconds,
    until: nowSeconds + claimSeconds,
  });
  if (!claimed) return 0;
  let { from }: TelemetryProgress = claimed;
  if (from < closedUntil - lateSecondsMax) {
    parts.report('telemetry is late', new Error(`${closedUntil - lateSecondsMax - from} seconds of it are given up`));
    from = closedUntil - lateSecondsMax;
  }
  let spans = 0;
  try {
    while (now() < parts.stopAtMs) {
      const first = await firstWriteFrom(store, from, closedUntil);
      if (first === undefined || first >= closedUntil) {
        from = Math.max(from, closedUntil);
        break;
      }
      const start = first - (first % parts.intervalSeconds);
      const slot = { from: Math.max(from, start), until: Math.min(start + parts.intervalSeconds, endOfDay(first)) };
      if (slot.until > closedUntil) {
        from = slot.from;
        break;
      }
      spans += await sendSlot(slot, parts);
      from = slot.until;
    }
  } catch (error) {
    if (!(error instanceof CollectorFailed)) throw error;
    parts.report(error.message, error.cause);
  } finally {
    await advanceTelemetry(store, { runId, from });
  }
  return spans;
}

async function sendSlot(slot: Slot, { store, collector, resource }: TelemetryParts): Promise<number> {
  const histograms = new CallHistograms();
  let waiting: Span[] = [];
  let sent = 0;
  const flush = async () => {
    if (waiting.length === 0) return;
    await collector.send('traces', toTraces(waiting, resource));
    sent += waiting.length;
    waiting = [];
  };
  for await (const records of readWritten(store, slot)) {
    for (const record of records) {
      histograms.add(record);
      waiting.push(...toSpans(record));
      if (waiting.length >= spansAtOnce) await flush();
    }
  }
  await flush();
  const metrics = histograms.metrics(slot);
  if (metrics.length > 0) await collector.send('metrics', toMetrics(metrics, resource));
  return sent;
}
