import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { newId } from '../../functions/core/ids.ts';
import { alertTopicId, EventWriter } from '../../functions/events/event-writer.ts';
import { unpackEvents } from '../../functions/events/pack-events.ts';
import { CreditAlerts } from '../../functions/expiry/credit-alerts.ts';
import { createAccount, updateAccount } from '../../functions/store/accounts.ts';
import { Balances } from '../../functions/store/balances.ts';
import { listBatches } from '../../functions/store/event-outbox.ts';
import { countingStore } from '../support/counting-store.ts';
import { startTestStore } from '../support/store.ts';

let base: Awaited<ReturnType<typeof startTestStore>>;
before(async () => {
  base = await startTestStore();
});

const startMs = Date.UTC(2026, 10, 24, 12);
const usd = 1_000_000_000n;

/** An account with ten dollars that end in a year, and a threshold of five. */
async function newAccount() {
  const clock = { nowMs: startMs };
  const now = () => clock.nowMs;
  const reads: string[] = [];
  const { store } = countingStore(base.store, operation => void reads.push(operation));
  const balances = new Balances(base.store, randomBytes);
  const accountId = newId('ac', startMs, randomBytes);
  const createdAt = new Date(startMs).toISOString();
  await createAccount(store, { id: accountId, plan: 'payg', createdAt, lowBalanceThresholdNanoUsd: String(5n * usd) });
  const buy = (amountNanoUsd: bigint, days: number) =>
    balances.addLot(
      accountId,
      {
        id: newId('lot', clock.nowMs, randomBytes),
        category: 'grant',
        amountNanoUsd,
        expiresAtSeconds: Math.floor(clock.nowMs / 1000) + days * 86_400,
      } as Parameters<Balances['addLot']>[1],
      clock.nowMs,
    );
  await buy(10n * usd, 365);
  const newAlerts = () => new CreditAlerts({ store, now, writer: new EventWriter({ store, now, report() {} }) });
  const alerts = newAlerts();
  return {
    accountId,
    clock,
    store,
    reads,
    newAlerts,
    buy,
    async spend(amountNanoUsd: bigint) {
      const held = await balances.hold(accountId, newId('rq', clock.nowMs, randomBytes), amountNanoUsd, clock.nowMs);
      assert.ok(held.status === 'held');
      await balances.settle(held.hold, amountNanoUsd, clock.nowMs);
    },
    async sweep(by: CreditAlerts = alerts) {
      const { shards } = await balances.tend(accountId, clock.nowMs);
      await by.check(accountId, shards);
    },
    async told() {
      const events = (await listBatches(store, alertTopicId, 1_000)).flatMap(unpackEvents);
      return events.filter(({ account_id }) => account_id === accountId);
    },
  };
}

const typesOf = (events: readonly { event_type: string }[]) => events.map(({ event_type }) => event_type).sort();

test('a low balance is told once for each time that it falls below the threshold', async () => {
  const account = await newAccount();
  await account.sweep();
  assert.deepEqual(await account.told(), []);
  await account.spend(5n * usd + 1_000n);
  await account.sweep();
  await account.spend(1n * usd);
  await account.sweep();
  await account.sweep(account.newAlerts());
  const [event, ...others] = await account.told();
  assert.deepEqual(others, []);
  assert.deepEqual(event?.object, { available_usd: '4.999999', threshold_usd: '5.00' });
  await account.buy(10n * usd, 365);
  await account.sweep();
  await account.spend(10n * usd);
  await account.sweep();
  const told = await account.told();
  assert.deepEqual(typesOf(told), ['credits_low_balance.v0', 'credits_low_balance.v0']);
  assert.equal(new Set(told.map(({ event_id }) => event_id)).size, 2);
});

test('an empty balance is told too, and one that was never filled is not', async () => {
  const account = await newAccount();
  await account.spend(10n * usd);
  await account.sweep();
  assert.deepEqual(typesOf(await account.told()), ['credits_exhausted.v0', 'credits_low_balance.v0']);
  await new CreditAlerts({
    store: account.store,
    now: () => startMs,
    writer: new EventWriter({ store: account.store, now: () => startMs, report() {} }),
  }).check(newId('ac', startMs, randomBytes), []);
});

test('a lot that is about to end is told of a week and a day before, once each', async () => {
  const account = await newAccount();
  await account.buy(3n * usd, 10);
  for (let hour = 0; hour < 10 * 24; hour += 6) {
    account.clock.nowMs = startMs + hour * 3_600_000;
    await account.sweep();
  }
  const told = (await account.told()).filter(({ event_type }) => event_type === 'credits_expiring.v0');
  assert.deepEqual(
    told.map(({ object }) => [object.days_left, object.remaining_usd, object.expires_at]),
    [
      [7, '3.00', '2026-12-04T12:00:00.000Z'],
      [1, '3.00', '2026-12-04T12:00:00.000Z'],
    ],
  );
});

test('two sweeps that see the same crossing give it the same id', async () => {
  const account = await newAccount();
  await account.spend(6n * usd);
  const { store } = account;
  const dying = {
    ...store,
    dynamo: {
      async send(command: Parameters<typeof store.dynamo.send>[0]) {
        const { Item } = command.input as { Item?: { pk?: { S?: string } } };
        if (Item?.pk?.S?.startsWith('NOTICE#')) throw new Error('died');
        return store.dynamo.send(command);
      },
    } as typeof store.dynamo,
  };
  const now = () => account.clock.nowMs;
  const dead = new CreditAlerts({ store: dying, now, writer: new EventWriter({ store: dying, now, report() {} }) });
  await assert.rejects(account.sweep(dead));
  account.clock.nowMs += 60_000;
  await account.sweep();
  const told = await account.told();
  assert.deepEqual(typesOf(told), ['credits_low_balance.v0', 'credits_low_balance.v0']);
  assert.equal(new Set(told.map(({ event_id }) => event_id)).size, 1);
});

test('an idle account is not read again and again, and a new threshold counts within the hour', async () => {
  const account = await newAccount();
  await account.sweep();
  account.reads.length = 0;
  await account.sweep();
  await account.sweep();
  assert.deepEqual(account.reads, []);
  await updateAccount(account.store, account.accountId, {
    lowBalanceThresholdNanoUsd: String(20n * usd),
    updatedAt: new Date(startMs).toISOString(),
  });
  account.clock.nowMs += 3_600_000;
  await account.sweep();
  assert.deepEqual(typesOf(await account.told()), ['credits_low_balance.v0']);
});
