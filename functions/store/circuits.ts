import { type AttributeValue, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type Circuit, type CircuitLimits, circuitSlots, isFailing, openForMs, slotAt } from '../core/circuit.ts';
import type { Clock } from '../core/clock.ts';
import { attempt, run, type Store } from './dynamo.ts';

/** How old what a process knows may be when it lets a request through. */
const freshMs = 1_000;
const knownMax = 10_000;
const graceSeconds = 3_600;

/**
 * Breakers that all processes share. Usage table: `pk = CIRCUIT#<digest>`, `sk = <window in ms>`, gone an hour after the last
 * request; `o` open until (ms), and for each of ten places `s0` slot, `n0` requests, `f0` failures.
 *
 * A request costs one write of one unit when its answer is out (two for the first of each tenth of the window), and half
 * a read unit before it when this process has not read or written the circuit for a second. An open one costs nothing.
 */
export class Circuits {
  private readonly store: Store;
  private readonly now: Clock;
  private readonly known = new Map<string, { circuit: Circuit; atMs: number }>();

  constructor(store: Store, now: Clock) {
    this.store = store;
    this.now = now;
  }

  /** @returns undefined while closed, else how long it stays open. @throws StoreError */
  async openFor(name: string, limits: CircuitLimits): Promise<number | undefined> {
    const nowMs = this.now();
    const known = this.known.get(keyName(name, limits));
    const knownOpenMs = known && openForMs(known.circuit, nowMs, limits);
    if (known && (knownOpenMs !== undefined || Math.abs(nowMs - known.atMs) < freshMs)) return knownOpenMs;
    const get = new GetItemCommand({ TableName: this.store.tables.usage, Key: keyOf(name, limits) });
    const { Item } = await run('reading a circuit breaker', this.store.dynamo.send(get));
    return openForMs(this.remember(name, limits, Item), nowMs, limits);
  }

  /** Counts an answer, and opens the circuit when too many have failed. @throws StoreError */
  async note(name: string, limits: CircuitLimits, isFailure: boolean): Promise<void> {
    const nowMs = this.now();
    const slot = slotAt(nowMs, limits);
    const item = (await this.add(name, limits, slot, isFailure)) ?? (await this.begin(name, limits, slot, isFailure));
    if (!item) return; // another clock is ahead by a whole window, so that this answer is too old to count
    const circuit = this.remember(name, limits, item);
    if (openForMs(circuit, nowMs, limits) === undefined && isFailing(circuit, nowMs, limits)) {
      await this.open(name, limits, nowMs);
    }
  }

  private add(name: string, limits: CircuitLimits, slot: number, isFailure: boolean) {
    const at = slot % circuitSlots;
    return this.update(
      name,
      limits,
      'counting an answer of a circuit breaker',
      `SET n${at} = n${at} + :one, f${at} = f${at} + :failures, #ttl = :ttl`,
      `s${at} = :slot`,
      { ':slot': slot, ':one': 1, ':failures': isFailure ? 1 : 0, ':ttl': this.ttl(limits) },
    );
  }

  /** The place still has what was a window ago, or nothing. */
  private begin(name: string, limits: CircuitLimits, slot: number, isFailure: boolean) {
    const at = slot % circuitSlots;
    return this.update(
      name,
      limits,
      'beginning a part of a circuit breaker',
      `SET s${at} = :slot, n${at} = :one, f${at} = :failures, #ttl = :ttl`,
      `attribute_not_exists(s${at}) OR s${at} < :slot`,
      { ':slot': slot, ':one': 1, ':failures': isFailure ? 1 : 0, ':ttl': this.ttl(limits) },
    ).then(
      // Lost to another process that began the same part: count in it.
      item => item ?? this.add(name, limits, slot, isFailure),
    );
  }

  /** What was counted until now shall not open it again. */
  private async open(name: string, limits: CircuitLimits, nowMs: number): Promise<void> {
    const counts = Array.from({ length: circuitSlots }, (_, at) => `s${at}, n${at}, f${at}`).join(', ');
    const item = await this.update(
      name,
      limits,
      'opening a circuit breaker',
      `SET o = :until, #ttl = :ttl REMOVE ${counts}`,
      'attribute_not_exists(o) OR o <= :now OR o > :far',
      {
        ':until': nowMs + limits.trippedMs,
        ':now': nowMs,
        ':far': nowMs + limits.trippedMs,
        ':ttl': this.ttl(limits),
      },
    );
    if (item) this.remember(name, limits, item);
  }

  private async update(
    name: string,
    limits: CircuitLimits,
    what: string,
    update: string,
    condition: string,
    values: Record<string, number>,
  ): Promise<Record<string, AttributeValue> | undefined> {
    const command = new UpdateItemCommand({
      TableName: this.store.tables.usage,
      Key: keyOf(name, limits),
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(values).map(([placeholder, value]) => [placeholder, { N: String(value) }]),
      ),
      ReturnValues: 'ALL_NEW',
    });
    return (await attempt(what, this.store.dynamo.send(command)))?.Attributes;
  }

  private remember(name: string, limits: CircuitLimits, item: Record<string, AttributeValue> = {}): Circuit {
    const circuit = toCircuit(item);
    const key = keyName(name, limits);
    this.known.delete(key);
    this.known.set(key, { circuit, atMs: this.now() });
    if (this.known.size > knownMax) this.known.delete(this.known.keys().next().value as string);
    return circuit;
  }

  private ttl({ windowMs, trippedMs }: CircuitLimits): number {
    return Math.ceil((this.now() + windowMs + trippedMs) / 1_000) + graceSeconds;
  }
}

function toCircuit(item: Record<string, AttributeValue>): Circuit {
  const slots = Array.from({ length: circuitSlots }, (_, at) => ({
    slot: Number(item[`s${at}`]?.N ?? Number.NaN),
    requests: Number(item[`n${at}`]?.N ?? 0),
    failures: Number(item[`f${at}`]?.N ?? 0),
  })).filter(({ slot }) => Number.isInteger(slot));
  return { slots, openUntilMs: item.o && Number(item.o.N) };
}

function keyOf(name: string, { windowMs }: CircuitLimits) {
  return { pk: { S: `CIRCUIT#${name}` }, sk: { S: String(windowMs) } };
}

function keyName(name: string, { windowMs }: CircuitLimits): string {
  return `${name} ${windowMs}`;
}
