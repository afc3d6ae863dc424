import type { Clock } from '../core/clock.ts';
import type { Store } from '../store/dynamo.ts';
import { putBatch } from '../store/event-outbox.ts';
import { EventRouter } from './event-router.ts';
import type { GatewayEvent } from './gateway-event.ts';
import { batchBytesMax, batchId, eventsMax, packEvents } from './pack-events.ts';

/** The deployment's own destination: its alert topic, which gets the alerts of all accounts. */
export const alertTopicId = 'alerts';

/** Puts events into the outboxes of the destinations that want them. */
export class EventWriter {
  readonly router: EventRouter;
  private readonly store: Store;
  private readonly now: Clock;

  constructor(parts: { store: Store; now: Clock; report(message: string, error: unknown): void }) {
    this.router = new EventRouter(parts);
    this.store = parts.store;
    this.now = parts.now;
  }

  /** One event, for the destinations that subscribed to it. Safe to repeat: the batch is named after the event. */
  async write(event: GatewayEvent): Promise<void> {
    await this.writeTo(event, await this.router.route(event));
  }

  /** The same, and for the deployment's alert topic. */
  async alert(event: GatewayEvent): Promise<void> {
    await this.writeTo(event, [alertTopicId, ...(await this.router.route(event))]);
  }

  /** Many events that come together. @param name see `batchId`; the same name always stands for the same events */
  series(name: string): EventSeries {
    return new EventSeries(name, this.router, this.store, this.now);
  }

  private async writeTo(event: GatewayEvent, destinationIds: readonly string[]): Promise<void> {
    const id = batchId(event.event_timestamp, event.event_id);
    const batch = packEvents(id, new Date(this.now()).toISOString(), [event]);
    await Promise.all(destinationIds.map(destinationId => putBatch(this.store, destinationId, batch)));
  }
}

/** Events gathered into batches, destination by destination; a full batch is written at once. */
export class EventSeries {
  private readonly name: string;
  private readonly router: EventRouter;
  private readonly store: Store;
  private readonly now: Clock;
  private readonly open = new Map<string, { events: GatewayEvent[]; bytes: number; written: number }>();

  constructor(name: string, router: EventRouter, store: Store, now: Clock) {
    this.name = name;
    this.router = router;
    this.store = store;
    this.now = now;
  }

  async add(event: GatewayEvent): Promise<void> {
    const destinationIds = await this.router.route(event);
    if (destinationIds.length === 0) return;
    const bytes = Buffer.byteLength(JSON.stringify(event)) + 1;
    for (const destinationId of destinationIds) {
      const batch = this.open.get(destinationId) ?? { events: [], bytes: 0, written: 0 };
      this.open.set(destinationId, batch);
      if (batch.events.length === eventsMax || (batch.events.length > 0 && batch.bytes + bytes > batchBytesMax)) {
        await this.flush(destinationId);
      }
      batch.events.push(event);
      batch.bytes += bytes;
    }
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    for (const destinationId of this.open.keys()) await this.flush(destinationId);
  }

  private async flush(destinationId: string): Promise<void> {
    const batch = this.open.get(destinationId);
    if (!batch || batch.events.length === 0) return;
    const id = `${this.name}_${String(batch.written).padStart(6, '0')}`;
    await putBatch(this.store, destinationId, packEvents(id, new Date(this.now()).toISOString(), batch.events));
    batch.written++;
    batch.events = [];
    batch.bytes = 0;
  }
}
