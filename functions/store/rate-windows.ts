import type { Clock } from '../core/clock.ts';
import { type RateLimit, type RateVerdict, type RateWindow, takeRate } from '../core/rate-window.ts';
import { type Store, StoreError } from './dynamo.ts';
import { Gate } from './gate.ts';
import { openRateWindowTable, type RateWindowTable, writeOf } from './rate-window-table.ts';

/** Buckets whose windows a process remembers. */
const knownMax = 10_000;

/** A write fails only because the window has filled up, or has moved on, which it does once in a slot. */
const racesMax = 10;

/**
 * How many requests of a bucket one process has under way. What they learn spares the others a call, and a crowd does not
 * slow the store down until slots end before their writes arrive.
 */
const atOnceMax = 8;

/**
 * Counts requests in sliding windows that all processes share: never more than the capacity in any window, whatever runs
 * at once, as long as clocks differ by no more than `takeRate` allows for.
 *
 * An admitted request costs one write of one unit, and in a bucket that other processes use too, about once in each slot
 * another write and a read. A refused one costs a write and a read when others have filled the window; after that it
 * costs nothing until there may be room, because this process knows. One bucket takes up to 1,000 writes a second.
 */
export class RateWindows {
  private readonly table: RateWindowTable;
  private readonly now: Clock;
  private readonly known = new Map<string, RateWindow | undefined>();
  private readonly reads = new Map<string, Promise<void>>();
  private readonly gates = new Map<string, Gate>();

  /** @param table where windows lie, when it is not the store itself */
  constructor(store: Store, now: Clock, table: RateWindowTable = openRateWindowTable(store)) {
    this.table = table;
    this.now = now;
  }

  /** @throws StoreError when the store does not answer; the request may have been counted */
  async take(bucket: string, limit: RateLimit): Promise<RateVerdict> {
    const name = `${bucket} ${limit.windowMs}`;
    const gate = this.gates.get(name) ?? new Gate(atOnceMax);
    this.gates.set(name, gate);
    try {
      return await gate.pass(() => this.takeInTurn(name, bucket, limit));
    } finally {
      if (gate.isIdle) this.gates.delete(name);
    }
  }

  private async takeInTurn(name: string, bucket: string, limit: RateLimit): Promise<RateVerdict> {
    const place = { bucket, windowMs: limit.windowMs };
    if (!this.known.has(name)) await this.read(name, place);
    for (let races = 0; races < racesMax; races++) {
      const before = this.known.get(name);
      const step = takeRate(before, this.now(), limit);
      if (step.kind === 'refuse') return { isLimited: true, retryAfterMs: step.retryAfterMs };
      const written = await this.table.write(place, writeOf(step, before, limit));
      if (written) {
        this.learn(name, {
          head: step.after.head,
          used: written.used,
          counts: new Map([...step.after.counts, ...written.counts]),
        });
        return { isLimited: false };
      }
      await this.read(name, place);
    }
    throw new StoreError('counting a request of a rate limit', new Error(`lost ${racesMax} races`));
  }

  /** Callers that ask at once share one read. */
  private read(name: string, place: { bucket: string; windowMs: number }): Promise<void> {
    const begun = this.reads.get(name);
    if (begun) return begun;
    const reading = this.table
      .read(place)
      .then(window => this.remember(name, window))
      .finally(() => this.reads.delete(name));
    this.reads.set(name, reading);
    return reading;
  }

  /** Answers come in any order: an older one teaches nothing. */
  private learn(name: string, window: RateWindow): void {
    const known = this.known.get(name);
    if (known && (known.head > window.head || (known.head === window.head && known.used > window.used))) return;
    this.remember(name, window);
  }

  private remember(name: string, window: RateWindow | undefined): void {
    this.known.delete(name);
    this.known.set(name, window);
    if (this.known.size > knownMax) this.known.delete(this.known.keys().next().value as string);
  }
}
