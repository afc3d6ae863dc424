import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { newId } from '../../functions/core/ids.ts';
import { changeTypeOf } from '../../functions/events/change-event.ts';
import { EventWriter } from '../../functions/events/event-writer.ts';
import { unpackEvents } from '../../functions/events/pack-events.ts';
import { operationNameOf } from '../../functions/management/operation-id.ts';
import { tellChanges } from '../../functions/rollup/tell-changes.ts';
import { type AuditOutcome, recordIntent, recordOutcome } from '../../functions/store/audit.ts';
import { listBatches } from '../../functions/store/event-outbox.ts';
import { createDestination, createSubscription, deleteSubscription } from '../../functions/store/event-settings.ts';
import { managementInventory } from '../../infra/management-routes.ts';
import { startTestStore } from '../support/store.ts';

let base: Awaited<ReturnType<typeof startTestStore>>;
before(async () => {
  base = await startTestStore();
});

const startMs = Date.UTC(2026, 10, 24, 12);

async function newAccount() {
  const { store } = base;
  const accountId = newId('ac', startMs, randomBytes);
  const destinationId = newId('ed', startMs, randomBytes);
  const texts = { description: '', metadata: '', createdBy: 'ak_1', lastUpdatedBy: 'ak_1' };
  const at = (timeMs: number) => ({
    createdAt: new Date(timeMs).toISOString(),
    updatedAt: new Date(timeMs).toISOString(),
  });
  const target = { type: 'webhook' as const, url: 'https://example.com', isSigned: false };
  await createDestination(store, { id: destinationId, accountId, target, isPaused: false, ...texts, ...at(startMs) });
  return {
    accountId,
    async subscribe(timeMs: number) {
      const id = newId('es', timeMs, randomBytes);
      const sources = [{ type: 'vault_created.v0' }];
      const subscription = { id, accountId, sources, destinationIds: [destinationId], ...texts, ...at(timeMs) };
      await createSubscription(store, subscription);
      return () => deleteSubscription(store, accountId, id);
    },
    async change(timeMs: number, outcome?: AuditOutcome['outcome'], operation = 'createVault') {
      const intent = {
        id: newId('ae', timeMs, randomBytes),
        accountId,
        createdAt: new Date(timeMs).toISOString(),
        actor: { keyId: 'ak_1', accountId, role: 'admin' as const },
        operation,
        method: 'POST',
        path: '/vaults',
        sourceIp: '127.0.0.1',
        operationId: newId('op', timeMs, randomBytes),
      };
      await recordIntent(store, intent);
      const decide = (how: AuditOutcome['outcome']) =>
        recordOutcome(store, intent, { outcome: how, statusCode: 201, finishedAt: intent.createdAt, objectId: 'v' });
      if (outcome) await decide(outcome);
      return { id: intent.id, decide };
    },
    async tell(nowMs: number) {
      const now = () => nowMs;
      const report = (message: string, error: unknown) => assert.fail(`${message}: ${error}`);
      const writer = new EventWriter({ store, now, report });
      await tellChanges({ store, now, graceSeconds: 10, writer, report });
    },
    async told() {
      const events = (await listBatches(store, destinationId, 1_000)).flatMap(unpackEvents);
      return events.map(({ object }) => object.audit_event_id);
    },
  };
}

test('what was changed is told of once, in order; what was refused, failed or is of another kind is not', async () => {
  const account = await newAccount();
  await account.subscribe(startMs);
  const first = await account.change(startMs + 1_000, 'changed');
  await account.change(startMs + 2_000, 'refused');
  await account.change(startMs + 3_000, 'failed');
  await account.change(startMs + 4_000, 'unchanged');
  await account.change(startMs + 5_000, 'changed', 'deleteVault');
  const last = await account.change(startMs + 6_000, 'changed');
  await account.tell(startMs + 7_000);
  assert.deepEqual(await account.told(), [], 'entries of the same time may still be on their way');
  await account.tell(startMs + 17_000);
  await account.tell(startMs + 17_000);
  await account.tell(startMs + 60_000);
  assert.deepEqual(await account.told(), [first.id, last.id]);
});

test('many changes at once are all told of, page by page', async () => {
  const account = await newAccount();
  await account.subscribe(startMs);
  const ids: string[] = [];
  for (let index = 0; index < 230; index++) ids.push((await account.change(startMs + index, 'changed')).id);
  await account.tell(startMs + 60_000);
  assert.deepEqual(await account.told(), ids);
});

test('a change under way is waited for, and one whose function died is passed over', async () => {
  const account = await newAccount();
  await account.subscribe(startMs);
  const slow = await account.change(startMs + 1_000);
  const later = await account.change(startMs + 2_000, 'changed');
  await account.tell(startMs + 30_000);
  assert.deepEqual(await account.told(), []);
  await slow.decide('changed');
  await account.tell(startMs + 40_000);
  assert.deepEqual(await account.told(), [slow.id, later.id]);
  await account.change(startMs + 50_000);
  const last = await account.change(startMs + 51_000, 'changed');
  await account.tell(startMs + 200_000);
  assert.deepEqual(await account.told(), [slow.id, later.id, last.id]);
});

test('changes from before a subscription, and from between two, are no news', async () => {
  const account = await newAccount();
  await account.change(startMs - 5_000, 'changed');
  const unsubscribe = await account.subscribe(startMs);
  const first = await account.change(startMs + 1_000, 'changed');
  await account.tell(startMs + 20_000);
  await unsubscribe();
  await account.tell(startMs + 30_000);
  await account.change(startMs + 40_000, 'changed');
  await account.subscribe(startMs + 50_000);
  const second = await account.change(startMs + 60_000, 'changed');
  await account.tell(startMs + 80_000);
  assert.deepEqual(await account.told(), [first.id, second.id]);
});

test('every change that the management API offers can be subscribed to', () => {
  const routes = Object.values(managementInventory).flat();
  const names = routes
    .filter(route => route.role !== 'public' && route.method !== 'GET' && !('changesNothing' in route))
    .map(operationNameOf)
    .filter(name => /^(create|update|delete)/.test(name));
  for (const name of names) assert.ok(changeTypeOf(name), `${name} has no event type`);
  assert.equal(changeTypeOf('pauseEventDestination'), undefined);
  assert.equal(changeTypeOf('createNonsense'), undefined);
});
