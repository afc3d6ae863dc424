import { retryDelayMs } from '../core/backoff.ts';
import type { Clock } from '../core/clock.ts';
import type { RandomBytes } from '../core/ids.ts';
import { alertTopicId, type EventWriter } from '../events/event-writer.ts';
import { unpackEvents } from '../events/pack-events.ts';
import { DeliveryError, type Target } from '../events/targets/target.ts';
import { type DeliveryState, returnDelivery, takeDelivery } from '../store/delivery-states.ts';
import type { Store } from '../store/dynamo.ts';
import { deleteBatch, type EventBatch, listBatches, putDeadBatch } from '../store/event-outbox.ts';
import { type EventDestination, findDestination, listDestinationLines } from '../store/event-settings.ts';
import { pauseFailing } from './pause-failing.ts';

export interface DeliveryParts {
  store: Store;
  writer: EventWriter;
  openTarget(destination: EventDestination): Promise<Target>;
  /** Where alerts of all accounts go. */
  alertTarget: Target;
  now: Clock;
  /** From 0 up to but not including 1. */
  random(): number;
  randomBytes: RandomBytes;
  /** No batch is sent after this moment; the next run goes on. */
  stopAtMs: number;
  report(message: string, error: unknown): void;
}

/** What a run did, as numbers. */
export interface DeliveryResult {
  batches: number;
  events: number;
  failures: number;
  droppedEvents: number;
  paused: number;
}

/** Events that could not be delivered for so long are given up, and a destination that failed so long is paused. */
export const givenUpAfterMs = 24 * 3_600_000;

/** A run that died lets go of its destinations after this; it is longer than a run can be. */
const holdMs = 150_000;

const destinationsAtOnce = 64;
const batchesAtOnce = 4;

/**
 * Sends what waits in the outboxes: each destination by itself and in order, so that one that hangs or fails is in nobody
 * else's way. A batch is deleted after it was taken, so a run that dies in between makes its events come twice. Safe to run
 * at once: a destination belongs to one run at a time.
 */
export async function deliver(parts: DeliveryParts): Promise<DeliveryResult> {
  const result: DeliveryResult = { batches: 0, events: 0, failures: 0, droppedEvents: 0, paused: 0 };
  const waiting = [{ id: alertTopicId, accountId: '' }, ...(await listDestinationLines(parts.store))];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { id, accountId } = next;
      await deliverTo(id, accountId, parts, result).catch(error => {
        result.failures++;
        parts.report(`delivering to ${id} failed`, error);
      });
    }
  };
  await Promise.all(Array.from({ length: destinationsAtOnce }, work));
  return result;
}

async function deliverTo(id: string, accountId: string, parts: DeliveryParts, result: DeliveryResult): Promise<void> {
  const { store, now, randomBytes } = parts;
  if ((await listBatches(store, id, 1)).length === 0) return;
  const destination = id === alertTopicId ? undefined : await findDestination(store, accountId, id);
  if (id !== alertTopicId && (!destination || destination.isPaused)) return;
  const holder = Buffer.from(randomBytes(12)).toString('base64url');
  const state = await takeDelivery(store, id, { holder, nowMs: now(), untilMs: now() + holdMs });
  if (!state) return;
  const run = new DestinationRun(id, destination, state, parts, result);
  try {
    await run.sendAll();
  } finally {
    await returnDelivery(store, id, holder, run.state);
  }
}

/** One destination, from the first batch that waits to the last, or to the first that is not taken. */
class DestinationRun {
  readonly state: DeliveryState;
  private readonly id: string;
  /** Undefined for the alert topic. */
  private destination: EventDestination | undefined;
  private readonly parts: DeliveryParts;
  private readonly result: DeliveryResult;

  constructor(
    id: string,
    destination: EventDestination | undefined,
    state: DeliveryState,
    parts: DeliveryParts,
    result: DeliveryResult,
  ) {
    this.id = id;
    this.destination = destination;
    this.state = { ...state };
    this.parts = parts;
    this.result = result;
  }

  async sendAll(): Promise<void> {
    const { store, now, stopAtMs } = this.parts;
    for (;;) {
      const batches = await listBatches(store, this.id, batchesAtOnce);
      if (batches.length === 0) return;
      for (const batch of batches) {
        if (now() >= stopAtMs) return;
        if (!(await this.isStillWanted())) return;
        if (Date.parse(batch.createdAt) + givenUpAfterMs <= now()) await this.giveUp(batch);
        else if (!(await this.send(batch))) return;
      }
    }
  }

  /** A destination may be changed, paused or deleted while it is slow to take what waits. */
  private async isStillWanted(): Promise<boolean> {
    if (!this.destination) return true;
    const { accountId, id } = this.destination;
    const destination = await findDestination(this.parts.store, accountId, id);
    if (!destination || destination.isPaused) return false;
    this.destination = destination;
    return true;
  }

  /** @returns whether it was taken */
  private async send(batch: EventBatch): Promise<boolean> {
    const { store, now, openTarget, alertTarget } = this.parts;
    try {
      const target = this.destination ? await openTarget(this.destination) : alertTarget;
      await target.send({ id: batch.id, events: unpackEvents(batch) });
    } catch (error) {
      await this.noteFailure(error);
      return false;
    }
    await deleteBatch(store, this.id, batch.id);
    this.state.failures = 0;
    delete this.state.failingSinceMs;
    this.state.nextAttemptAtMs = 0;
    this.state.lastSuccessAt = new Date(now()).toISOString();
    this.state.deliveredEvents += batch.events;
    this.result.batches++;
    this.result.events += batch.events;
    return true;
  }

  private async noteFailure(error: unknown): Promise<void> {
    const { now, random, report } = this.parts;
    const { state } = this;
    if (!(error instanceof DeliveryError)) report(`sending to ${this.id} failed`, error);
    state.failures++;
    state.failingSinceMs ??= now();
    state.nextAttemptAtMs = now() + retryDelayMs(state.failures, random());
    state.lastErrorAt = new Date(now()).toISOString();
    state.lastError = error instanceof DeliveryError ? error.message : 'a fault of the gateway; its log says more';
    this.result.failures++;
    if (!this.destination || now() - state.failingSinceMs < givenUpAfterMs) return;
    if (await pauseFailing(this.destination, state, this.parts)) this.result.paused++;
  }

  /** Where it can still be read for a while. */
  private async giveUp(batch: EventBatch): Promise<void> {
    const { store, now } = this.parts;
    const error = this.state.lastError ?? 'the destination was paused';
    await putDeadBatch(store, this.id, { ...batch, diedAt: new Date(now()).toISOString(), error });
    await deleteBatch(store, this.id, batch.id);
    this.state.droppedEvents += batch.events;
    this.result.droppedEvents += batch.events;
  }
}
