import type { Clock } from '../core/clock.ts';
import { idMoment } from '../core/ids.ts';
import { toChangeEvent } from '../events/change-event.ts';
import { changeTypes } from '../events/event-types.ts';
import type { EventWriter } from '../events/event-writer.ts';
import { type AuditEvent, listAuditEventsAfter } from '../store/audit.ts';
import type { Store } from '../store/dynamo.ts';
import { type EventSubscription, listDestinationLines, readEventSettings } from '../store/event-settings.ts';
import { readChangesTold, writeChangesTold } from '../store/rollup-progress.ts';

export interface TellChangesParts {
  store: Store;
  now: Clock;
  /** As old as an entry must be: its write may have taken so long. */
  graceSeconds: number;
  writer: EventWriter;
  report(message: string, error: unknown): void;
}

/** A function that has not said how a change went after this long has died, and nobody knows. */
const undecidedMs = 120_000;

/** Older changes are no news. */
const newsMs = 86_400_000;

const rowsAtOnce = 200;

/**
 * Makes events of what the audit log says was changed, for accounts that subscribe to changes. The log is all there is: an
 * event exists because its entry does, and is named after it.
 */
export async function tellChanges(parts: TellChangesParts): Promise<void> {
  const lines = await listDestinationLines(parts.store);
  for (const accountId of new Set(lines.map(line => line.accountId))) {
    try {
      await tellChangesOf(accountId, parts);
    } catch (error) {
      parts.report(`telling of the changes of ${accountId} failed`, error);
    }
  }
}

async function tellChangesOf(accountId: string, parts: TellChangesParts): Promise<void> {
  const { store, now, graceSeconds, writer } = parts;
  const { subscriptions } = await readEventSettings(store, accountId);
  const told = await readChangesTold(store, accountId);
  const start = startOf(subscriptions);
  if (start === undefined) {
    if (told !== undefined) await writeChangesTold(store, accountId, undefined);
    return;
  }
  const nowMs = now();
  const untilId = idMoment('ae', nowMs - graceSeconds * 1000);
  const oldestId = idMoment('ae', nowMs - newsMs);
  let afterId = [told ?? idMoment('ae', Date.parse(start)), oldestId].sort().at(-1) as string;
  for (let isMore = true; isMore; ) {
    const { events, more } = await listAuditEventsAfter(store, accountId, { afterId, untilId, rowsMax: rowsAtOnce });
    const decided = takeWhile(events, entry => isDecided(entry, nowMs));
    for (const entry of decided) {
      const event = toChangeEvent(entry);
      if (event) await writer.write(event);
    }
    afterId = decided.at(-1)?.id ?? afterId;
    isMore = more && decided.length === events.length && events.length > 0;
  }
  if (afterId !== told) await writeChangesTold(store, accountId, afterId);
}

/** When somebody first wanted to hear of changes; undefined when nobody does. */
function startOf(subscriptions: readonly EventSubscription[]): string | undefined {
  return subscriptions
    .filter(({ sources }) => sources.some(({ type }) => changeTypes.includes(type)))
    .map(({ updatedAt }) => updatedAt)
    .sort()[0];
}

function isDecided(entry: AuditEvent, nowMs: number): boolean {
  return entry.outcome !== undefined || Date.parse(entry.createdAt) < nowMs - undecidedMs;
}

function takeWhile<Item>(items: readonly Item[], test: (item: Item) => boolean): Item[] {
  const end = items.findIndex(item => !test(item));
  return end === -1 ? [...items] : items.slice(0, end);
}
