import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newId } from '../../functions/core/ids.ts';
import { alertTopicId, EventWriter } from '../../functions/events/event-writer.ts';
import type { GatewayEvent } from '../../functions/events/gateway-event.ts';
import { batchBytesMax, eventsMax, unpackEvents } from '../../functions/events/pack-events.ts';
import { rollUp } from '../../functions/rollup/roll-up.ts';
import { tellSlots } from '../../functions/rollup/tell-slot.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { createEndpoint } from '../../functions/store/endpoints.ts';
import { type EventBatch, listBatches } from '../../functions/store/event-outbox.ts';
import { createDestination, createSubscription, type EventSource } from '../../functions/store/event-settings.ts';
import { readProgress } from '../../functions/store/rollup-progress.ts';
import { decide, type UsageRecord } from '../../functions/store/usage.ts';
import { countingStore } from '../support/counting-store.ts';
import { startTestStore } from '../support/store.ts';
import { usageRecord } from '../support/usage-records.ts';

const startMs = Date.UTC(2026, 10, 24, 12);
let store: Store;

async function newStore(): Promise<Store> {
  ({ store } = await startTestStore());
  return store;
}

const texts = { description: '', metadata: '', createdBy: 'ak_1', lastUpdatedBy: 'ak_1' };
const times = { createdAt: new Date(startMs).toISOString(), updatedAt: new Date(startMs).toISOString() };

async function newDestination(accountId = 'ac_1'): Promise<string> {
  const id = newId('ed', startMs, randomBytes);
  const target = { type: 'webhook' as const, url: 'https://example.com', isSigned: false };
  await createDestination(store, { id, accountId, target, isPaused: false, ...texts, ...times });
  return id;
}

async function subscribe(destinationIds: string[], sources: EventSource[], accountId = 'ac_1'): Promise<void> {
  const id = newId('es', startMs, randomBytes);
  await createSubscription(store, { id, accountId, sources, destinationIds, ...texts, ...times });
}

const requests: EventSource[] = [{ type: 'ai_gateway_request.v0' }];

function write(atMs: number, fields: Partial<UsageRecord> = {}): Promise<UsageRecord> {
  return decide(store, usageRecord(atMs - 305, fields), atMs);
}

const reports: string[] = [];

function run(nowMs: number, with_: Store = store) {
  const now = () => nowMs;
  const report = (message: string, error: unknown) => reports.push(`${message}: ${error}`);
  const writer = new EventWriter({ store: with_, now, report });
  const parts = { store: with_, now, intervalSeconds: 60, graceSeconds: 30, stopAtMs: nowMs + 1_000_000 };
  return rollUp({ ...parts, listener: tellSlots({ store: with_, writer, report }) });
}

const batchesOf = (destinationId: string): Promise<EventBatch[]> => listBatches(store, destinationId, 1_000);

async function eventsOf(destinationId: string): Promise<GatewayEvent[]> {
  return (await batchesOf(destinationId)).flatMap(unpackEvents);
}

test('each request is told of once to each destination that wants it, however many subscriptions say so', async () => {
  await newStore();
  const [all, openai, other] = [await newDestination(), await newDestination(), await newDestination('ac_2')];
  await subscribe([all, openai], [{ type: 'ai_gateway_request.v0', filter: "ev.object.provider == 'openai'" }]);
  await subscribe([all], requests);
  await subscribe([other], requests, 'ac_2');
  const first = await write(startMs + 1_000);
  const second = await write(startMs + 2_000, { provider: 'anthropic', model: 'claude-haiku-4-5' });
  const foreign = await write(startMs + 3_000, { accountId: 'ac_2' });
  await run(startMs + 90_000);
  const idsOf = async (id: string) => (await eventsOf(id)).map(({ object }) => object.id).sort();
  assert.deepEqual(await idsOf(all), [first.requestId, second.requestId].sort());
  assert.deepEqual(await idsOf(openai), [first.requestId]);
  assert.deepEqual(await idsOf(other), [foreign.requestId]);
});

test('the destinations of an endpoint get its requests without a subscription', async () => {
  await newStore();
  const [own, none] = [await newDestination(), await newDestination()];
  const id = newId('ep', startMs, randomBytes);
  await createEndpoint(
    store,
    {
      id,
      accountId: 'ac_1',
      slug: 'one',
      hosts: [],
      trafficPolicy: '{}',
      compiledPolicy: '{}',
      callsModels: true,
      description: '',
      metadata: '',
      inspector: false,
      eventDestinationIds: [own],
      createdAt: times.createdAt,
      createdBy: 'ak_1',
    },
    { claimId: newId('op', startMs, randomBytes), nowMs: startMs },
  );
  const record = await write(startMs + 1_000, { endpointId: id });
  await write(startMs + 2_000);
  await run(startMs + 90_000);
  assert.deepEqual(
    (await eventsOf(own)).map(({ object }) => object.id),
    [record.requestId],
  );
  assert.deepEqual(await eventsOf(none), []);
});

test('a run that dies anywhere and is repeated leaves every event, and none twice', async () => {
  await newStore();
  const id = await newDestination();
  await subscribe([id], requests);
  const count = eventsMax + 20;
  for (let index = 0; index < count; index++) await write(startMs + index * 400);
  for (let dieAt = 1; ; dieAt++) {
    let writes = 0;
    const dying = countingStore(store, operation => {
      if (operation === 'PutItem' && ++writes === dieAt) throw new Error('died');
    });
    const result = await run(startMs + 200_000, dying.store).catch(() => undefined);
    if (result?.finished) break;
    assert.ok(dieAt < 100);
  }
  const ids = (await eventsOf(id)).map(({ event_id }) => event_id);
  assert.equal(ids.length, count);
  assert.equal(new Set(ids).size, count);
  assert.equal((await readProgress(store))?.records, count);
});

test('batches are bounded, and a request costs no write of its own', async () => {
  await newStore();
  const id = await newDestination();
  await subscribe([id], requests);
  for (let index = 0; index < 250; index++) await write(startMs + index * 100);
  const logs = [{ note: 'x'.repeat(60_000) }];
  for (let index = 0; index < 5; index++) await write(startMs + 30_000 + index, { logs });
  await write(startMs + 40_000, { logs: [{ note: 'x'.repeat(70_000) }] });
  await run(startMs + 90_000);
  const batches = await batchesOf(id);
  assert.ok(batches.length <= 5, `${batches.length} writes for 256 requests`);
  for (const batch of batches) {
    const events = unpackEvents(batch);
    assert.ok(events.length <= eventsMax);
    assert.ok(Buffer.byteLength(JSON.stringify(events)) <= batchBytesMax);
  }
  const dropped = (await eventsOf(id)).filter(
    ({ object }) => (object.traffic_policy as { logs_dropped: boolean }).logs_dropped,
  );
  assert.equal(dropped.length, 1);
});

test('a filter that fails lets nothing through and is reported; records are counted all the same', async () => {
  await newStore();
  const id = await newDestination();
  await subscribe([id], [{ type: 'ai_gateway_request.v0', filter: 'ev.object.provider' }]);
  await write(startMs + 1_000);
  const result = await run(startMs + 90_000);
  assert.equal(result.records, 1);
  assert.deepEqual(await eventsOf(id), []);
  assert.match(reports.join(), /the filter of es_\w+ failed on ev_\w+, which is not sent/);
});

test('filters of one event share what they may cost, and one that fails is told of once', async () => {
  await newStore();
  reports.length = 0;
  const id = await newDestination();
  const loop = "ev.object.attempts.exists(a, a.error.contains('q'))";
  const filter = Array.from({ length: 25 }, () => loop).join(' || ');
  for (let index = 0; index < 15; index++) await subscribe([id], [{ type: 'ai_gateway_request.v0', filter }]);
  const [attempt] = usageRecord(startMs).attempts;
  assert.ok(attempt);
  const attempts = Array.from({ length: 32 }, () => ({ ...attempt, error: 'x'.repeat(200) }));
  for (let index = 0; index < 3; index++) await write(startMs + 1_000 + index, { attempts });
  assert.equal((await run(startMs + 90_000)).records, 3);
  assert.ok(reports.length > 0 && reports.length < 15, 'each by itself has enough, all of them have not');
  for (const line of reports) assert.match(line, /took more than 1000000 steps together/);
});

test('overruns and abandoned holds raise an alert each, for the account and the alert topic', async () => {
  await newStore();
  const id = await newDestination();
  await subscribe([id], [{ type: 'cost_overrun.v0' }, { type: 'holds_abandoned.v0' }]);
  const overrun = await write(startMs + 1_000, { overrunNanoUsd: '2000000000' });
  await write(startMs + 2_000, { outcome: 'abandoned', endpointId: '', attempts: [] });
  await run(startMs + 90_000);
  for (const events of [await eventsOf(id), await eventsOf(alertTopicId)]) {
    assert.deepEqual(events.map(({ event_type }) => event_type).sort(), ['cost_overrun.v0', 'holds_abandoned.v0']);
    const { object } = events.find(({ event_type }) => event_type === 'cost_overrun.v0') as GatewayEvent;
    assert.deepEqual(object, { requests: 1, overrun_usd: '2.00', request_ids: [overrun.requestId] });
  }
});

const failed = (provider: string): Partial<UsageRecord> => ({
  provider: undefined as never,
  outcome: 'failed',
  status: 503,
  attempts: [{ provider, model: 'm', keySource: 'own', status: 503, failure: 'http', totalMs: 5 }],
});

test('a provider most of whose attempts fail raises one alert an hour, and clients’ own mistakes none', async () => {
  await newStore();
  for (let index = 0; index < 25; index++) await write(startMs + index * 1_000, failed('groq'));
  for (let index = 0; index < 25; index++) {
    const mistake = failed('openai');
    await write(startMs + index * 1_000 + 1, {
      ...mistake,
      attempts: [{ provider: 'openai', model: 'm', keySource: 'own', status: 400, failure: 'http', totalMs: 5 }],
    });
  }
  await write(startMs + 61_000, failed('groq'));
  await write(startMs + 122_000, failed('groq'));
  await run(startMs + 240_000);
  const alerts = await eventsOf(alertTopicId);
  assert.deepEqual(
    alerts.map(({ event_type, object }) => [event_type, object.provider, object.attempts, object.error_rate]),
    [['provider_error_rate.v0', 'groq', 25, 1]],
  );
});

test('an hour that costs over three times the same hour of days before raises one alert; without any, there is no usual', async () => {
  await newStore();
  const day = 86_400_000;
  await write(startMs - 2 * day, { costNanoUsd: '1000000000' });
  await run(startMs - 2 * day + 200_000);
  await write(startMs - day, { costNanoUsd: '1000000000' });
  await run(startMs - day + 200_000);
  await write(startMs + 1_000, { costNanoUsd: '2900000000' });
  await run(startMs + 90_000);
  assert.deepEqual(await eventsOf(alertTopicId), []);
  await write(startMs + 120_000, { costNanoUsd: '200000000' });
  await write(startMs + 180_000, { costNanoUsd: '200000000' });
  await write(startMs + 181_000, { accountId: 'ac_2', costNanoUsd: '90000000000' });
  await run(startMs + 300_000);
  const [alert, ...others] = await eventsOf(alertTopicId);
  assert.deepEqual(others, []);
  assert.deepEqual(alert?.object, {
    hour: '2026-11-24T12:00:00.000Z',
    spent_usd: '3.10',
    usual_usd: '1.00',
    days_compared: 2,
  });
});
