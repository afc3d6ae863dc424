import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { newId } from '../../functions/core/ids.ts';
import { type DeliveryParts, deliver, givenUpAfterMs } from '../../functions/delivery/deliver.ts';
import { toAlertEvent } from '../../functions/events/alert-event.ts';
import { EventWriter } from '../../functions/events/event-writer.ts';
import type { GatewayEvent } from '../../functions/events/gateway-event.ts';
import { DeliveryError, type OutgoingBatch } from '../../functions/events/targets/target.ts';
import { listAuditEvents } from '../../functions/store/audit.ts';
import { readDeliveryState } from '../../functions/store/delivery-states.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { countPending, listDeadBatches, reviveDeadBatch } from '../../functions/store/event-outbox.ts';
import {
  createDestination,
  createSubscription,
  deleteDestination,
  findDestination,
  updateDestination,
} from '../../functions/store/event-settings.ts';
import { startTestStore } from '../support/store.ts';

let base: Awaited<ReturnType<typeof startTestStore>>;
before(async () => {
  base = await startTestStore();
});

const startMs = Date.UTC(2026, 10, 24, 12);

/** An account of its own, whose destinations are functions, and a clock that stands until it is moved. */
async function newWorld() {
  const { store } = base;
  const clock = { nowMs: startMs };
  const now = () => clock.nowMs;
  const accountId = newId('ac', now(), randomBytes);
  const sent = new Map<string, OutgoingBatch[]>();
  const answers = new Map<string, (batch: OutgoingBatch) => Promise<void>>();
  const reports: string[] = [];
  const send = (id: string) => async (batch: OutgoingBatch) => {
    await answers.get(id)?.(batch);
    sent.set(id, [...(sent.get(id) ?? []), batch]);
  };
  const report = (message: string, error: unknown) => reports.push(`${message}: ${error}`);
  const parts = (own: Partial<DeliveryParts> = {}): DeliveryParts => ({
    store,
    writer: new EventWriter({ store, now, report }),
    openTarget: async ({ id }) => ({ send: send(id) }),
    alertTarget: { send: send('alerts') },
    now,
    random: () => 0.5,
    randomBytes,
    stopAtMs: Number.MAX_SAFE_INTEGER,
    report,
    ...own,
  });
  const texts = { description: '', metadata: '', createdBy: 'ak_1', lastUpdatedBy: 'ak_1' };
  const times = { createdAt: new Date(startMs).toISOString(), updatedAt: new Date(startMs).toISOString() };
  const newDestination = async () => {
    const id = newId('ed', now(), randomBytes);
    const target = { type: 'webhook' as const, url: 'https://example.com', isSigned: false };
    await createDestination(store, { id, accountId, target, isPaused: false, ...texts, ...times });
    return id;
  };
  const subscribe = (destinationIds: string[], type: string) =>
    createSubscription(store, {
      id: newId('es', now(), randomBytes),
      accountId,
      sources: [{ type }],
      destinationIds,
      ...texts,
      ...times,
    });
  const write = async (name: string) => {
    const event = toAlertEvent('cost_overrun.v0', accountId, now(), name, { name });
    await new EventWriter({ store, now, report }).write(event);
    return event;
  };
  return {
    store,
    accountId,
    clock,
    sent,
    answers,
    reports,
    parts,
    newDestination,
    subscribe,
    write,
    run: (own: Partial<DeliveryParts> = {}) => deliver(parts(own)),
    events: (id: string): GatewayEvent[] => (sent.get(id) ?? []).flatMap(({ events }) => events),
    async destinationOf(type = 'cost_overrun.v0') {
      const id = await newDestination();
      await subscribe([id], type);
      return id;
    },
  };
}

const namesOf = (events: readonly GatewayEvent[]) => events.map(({ object }) => object.name);

const refuse = async () => {
  throw new DeliveryError('example.com answered 500', 500);
};

test('what waits is sent in order, once, and what came of it can be seen', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    await world.write(name);
    world.clock.nowMs += 1_000;
  }
  assert.deepEqual(await countPending(world.store, id), { events: 6, more: false });
  await world.run();
  await world.run();
  assert.deepEqual(namesOf(world.events(id)), ['a', 'b', 'c', 'd', 'e', 'f']);
  assert.deepEqual(await countPending(world.store, id), { events: 0, more: false });
  const state = await readDeliveryState(world.store, id);
  assert.deepEqual([state.deliveredEvents, state.failures], [6, 0]);
  assert.equal(state.lastSuccessAt, new Date(world.clock.nowMs).toISOString());
});

test('a destination that fails is tried again later and later, and then gets everything in order', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  await world.write('a');
  world.clock.nowMs += 1;
  await world.write('b');
  let tries = 0;
  world.answers.set(id, () => {
    tries++;
    return refuse();
  });
  const waits: number[] = [];
  for (let run = 0; run < 12; run++) {
    await world.run();
    const { nextAttemptAtMs } = await readDeliveryState(world.store, id);
    waits.push((nextAttemptAtMs - world.clock.nowMs) / 1_000);
    world.clock.nowMs = nextAttemptAtMs - 1;
    await world.run();
    world.clock.nowMs = nextAttemptAtMs;
  }
  assert.equal(tries, 12, 'nothing is sent before its time');
  assert.deepEqual(waits, [10, 20, 40, 80, 160, 320, 640, 1_280, 1_800, 1_800, 1_800, 1_800]);
  const failing = await readDeliveryState(world.store, id);
  assert.deepEqual([failing.failures, failing.lastError], [12, 'example.com answered 500']);
  world.answers.delete(id);
  await world.run();
  assert.deepEqual(namesOf(world.events(id)), ['a', 'b']);
  const healed = await readDeliveryState(world.store, id);
  assert.deepEqual([healed.failures, healed.failingSinceMs, healed.deliveredEvents], [0, undefined, 2]);
});

test('one that hangs and one that fails leave the others alone', async () => {
  const world = await newWorld();
  const [hanging, failing, fine] = [
    await world.newDestination(),
    await world.newDestination(),
    await world.newDestination(),
  ];
  await world.subscribe([hanging, failing, fine], 'cost_overrun.v0');
  await world.write('a');
  const hung = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  world.answers.set(hanging, () => {
    hung.resolve();
    return released.promise;
  });
  world.answers.set(failing, refuse);
  world.answers.set(fine, async () => arrived.resolve());
  const run = world.run();
  await Promise.all([hung.promise, arrived.promise]);
  released.resolve();
  await run;
  assert.deepEqual(namesOf(world.events(fine)), ['a']);
  assert.deepEqual(namesOf(world.events(failing)), []);
});

test('runs at once send everything once', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  for (const name of ['a', 'b', 'c']) await world.write(name);
  await Promise.all(Array.from({ length: 8 }, () => world.run()));
  world.clock.nowMs += 200_000;
  await world.run();
  assert.deepEqual(namesOf(world.events(id)).sort(), ['a', 'b', 'c']);
});

test('a run that dies after sending makes the same events come again, when its hold has ended', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  const event = await world.write('a');
  const dead = { ...world.store, dynamo: failing(world.store, /DeleteItem|UpdateItem:return/) };
  await world.run({ store: dead });
  assert.equal(world.events(id).length, 1);
  await world.run();
  assert.equal(world.events(id).length, 1, 'another run holds it, as far as anybody knows');
  world.clock.nowMs += 200_000;
  await world.run();
  assert.deepEqual(
    world.events(id).map(({ event_id }) => event_id),
    [event.event_id, event.event_id],
  );
  world.clock.nowMs += 200_000;
  await world.run();
  assert.equal(world.events(id).length, 2);
});

test('after a day of failures events are given up where they can be read, and the destination is paused and says so', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  const witness = await world.destinationOf('event_destination_paused.v0');
  world.answers.set(id, refuse);
  await world.write('a');
  await world.run();
  world.clock.nowMs += givenUpAfterMs - 60_000;
  await world.write('b');
  world.clock.nowMs += 60_000;
  const result = await world.run();
  assert.deepEqual([result.droppedEvents, result.paused], [1, 1]);
  const destination = await findDestination(world.store, world.accountId, id);
  assert.equal(destination?.isPaused, true);
  assert.match(destination?.pauseReason ?? '', /every try has failed since 2026-11-24T12:00.*answered 500/);
  const { batches } = await listDeadBatches(world.store, id, { beforeId: undefined, limit: 10 });
  assert.deepEqual(
    batches.map(({ events, error }) => [events, error]),
    [[1, 'example.com answered 500']],
  );
  assert.equal((await readDeliveryState(world.store, id)).droppedEvents, 1);

  await world.run();
  assert.deepEqual(
    world.events(witness).map(({ object }) => object.event_destination),
    [{ id }],
  );
  assert.ok(world.events('alerts').some(({ event_type }) => event_type === 'event_destination_paused.v0'));
  const { events } = await listAuditEvents(world.store, world.accountId, { beforeId: undefined, limit: 10 });
  assert.deepEqual(
    events.map(({ operation, objectId, outcome }) => [operation, objectId, outcome]),
    [['pauseEventDestination', id, 'changed']],
  );

  world.answers.delete(id);
  world.clock.nowMs += 3_600_000;
  await world.run();
  assert.deepEqual(namesOf(world.events(id)), [], 'a paused one gets nothing');
  await updateDestination(world.store, world.accountId, id, { isPaused: false, pausedAt: null, pauseReason: null });
  await world.run();
  assert.deepEqual(namesOf(world.events(id)), ['b'], 'what had not been given up is sent when it resumes');
});

test('what was given up can be sent again, once', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  world.answers.set(id, refuse);
  await world.write('a');
  await world.run();
  world.clock.nowMs += givenUpAfterMs;
  await world.run();
  const deadLetters = () => listDeadBatches(world.store, id, { beforeId: undefined, limit: 10 });
  const [letter] = (await deadLetters()).batches;
  assert.ok(letter);
  world.answers.delete(id);
  await reviveDeadBatch(world.store, id, letter, new Date(world.clock.nowMs).toISOString());
  assert.deepEqual((await deadLetters()).batches, []);
  world.clock.nowMs += 3_600_000;
  await world.run();
  await world.run();
  assert.deepEqual(namesOf(world.events(id)), ['a']);
});

test('nothing is kept for a destination while it is paused', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  await updateDestination(world.store, world.accountId, id, { isPaused: true });
  await world.write('a');
  assert.equal((await countPending(world.store, id)).events, 0);
});

test('a destination that is paused or deleted while it takes a batch gets no further one', async () => {
  const world = await newWorld();
  const [paused, deleted] = [await world.destinationOf(), await world.destinationOf()];
  await world.write('a');
  world.clock.nowMs += 1;
  await world.write('b');
  const pause = { isPaused: true, pausedAt: 'now', pauseReason: 'requested' };
  world.answers.set(paused, async () => void (await updateDestination(world.store, world.accountId, paused, pause)));
  world.answers.set(deleted, () => deleteDestination(world.store, world.accountId, deleted));
  await world.run();
  assert.deepEqual([namesOf(world.events(paused)), namesOf(world.events(deleted))], [['a'], ['a']]);
});

test('a run stops in time, and the next one goes on', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  for (const name of ['a', 'b', 'c']) {
    await world.write(name);
    world.clock.nowMs += 1;
  }
  world.answers.set(id, async () => {
    world.clock.nowMs += 1_000;
  });
  await world.run({ stopAtMs: world.clock.nowMs + 1_500 });
  assert.deepEqual(namesOf(world.events(id)), ['a', 'b']);
  await world.run();
  assert.deepEqual(namesOf(world.events(id)), ['a', 'b', 'c']);
});

test('a fault of ours while sending is reported, and its words are not shown', async () => {
  const world = await newWorld();
  const id = await world.destinationOf();
  await world.write('a');
  world.answers.set(id, async () => {
    throw new TypeError('secret is undefined');
  });
  await world.run();
  assert.match(world.reports.join(), /secret is undefined/);
  assert.doesNotMatch((await readDeliveryState(world.store, id)).lastError ?? '', /secret/);
});

/** A store that dies at some writes: the deletion of what was sent, or of the note that says how it went. */
function failing(store: Store, at: RegExp): Store['dynamo'] {
  return {
    async send(command) {
      const { UpdateExpression = '' } = command.input as { UpdateExpression?: string };
      const name = command.constructor.name.replace('Command', UpdateExpression.includes('failures') ? ':return' : '');
      if (at.test(name)) throw new Error('died');
      return store.dynamo.send(command);
    },
  };
}
