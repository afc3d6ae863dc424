import type { EventWriter } from '../events/event-writer.ts';
import { batchId } from '../events/pack-events.ts';
import { toRequestEvent } from '../events/request-event.ts';
import { type Store, StoreError } from '../store/dynamo.ts';
import type { UsageRecord } from '../store/usage.ts';
import type { Slot } from '../store/written-records.ts';
import type { SlotListener } from './roll-up.ts';
import { SlotAlerts } from './slot-alerts.ts';

export interface TellParts {
  store: Store;
  writer: EventWriter;
  report(message: string, error: unknown): void;
}

/**
 * Makes events of the records that are counted, and alerts of what they come to. Events are named after their requests and
 * batches after their slot: telling a slot again writes the same once more.
 */
export function tellSlots(parts: TellParts): SlotListener {
  return { listen: slot => tellSlot(slot, parts) };
}

function tellSlot(slot: Slot, parts: TellParts) {
  const { writer } = parts;
  const series = writer.series(batchId(new Date(slot.from * 1000).toISOString(), 'requests'));
  const alerts = new SlotAlerts(slot, parts);
  return {
    add: (record: UsageRecord) =>
      guarded(`telling of ${record.requestId}`, parts, async () => {
        alerts.add(record);
        if (await writer.router.hasDestinations(record.accountId)) await series.add(toRequestEvent(record));
      }),
    async end() {
      await series.end();
      await guarded('raising alerts', parts, () => alerts.raise());
    },
  };
}

/** A store that fails makes the slot be told again; a fault of ours must not keep records from being counted. */
async function guarded(what: string, { report }: TellParts, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    report(`${what} failed`, error);
  }
}
