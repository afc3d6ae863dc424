import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { errorAnswer } from '../../functions/management/management-error.ts';
import { operationNameOf } from '../../functions/management/operation-id.ts';
import { Balances } from '../../functions/store/balances.ts';
import { leaseMs } from '../../functions/store/vault-directory.ts';
import { managementInventory } from '../../infra/management-routes.ts';
import { startTestManagement, type TestManagement } from '../support/management.ts';
import { fillPath, makeOneOfEach, needsStripe } from '../support/management-objects.ts';
import { type FaultKind, withFault } from '../support/store-faults.ts';
import { type AccountUnderTest, openAccount, type Write, writes } from './write-operations.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

/** A call that timed out may have happened, which `lost` is, or not, which looks as `throttled` does. */
const kinds: FaultKind[] = ['throttled', 'lost', 'repeated'];

/** They send something and leave nothing of their own in the store but a note in the audit log. */
const sending = ['replayInspectorRequest', 'testEventDestination'];

test('every operation that changes something is here', () => {
  const routes = Object.values(managementInventory).flat();
  const changing = routes.filter(route => route.method !== 'GET' && route.role !== 'public' && !route.changesNothing);
  const names = changing.filter(route => !needsStripe(route)).map(operationNameOf);
  assert.deepEqual([...Object.keys(writes), ...sending].sort(), names.sort());
});

test('reading anything while any one call to the store times out answers 503, never that something is not there', async () => {
  const objects = await makeOneOfEach(api.operator, api);
  const routes = Object.values(managementInventory).flat();
  const reading = routes.filter(route => route.method === 'GET' && route.role !== 'public' && !needsStripe(route));
  for (const [index, route] of reading.entries()) {
    const path = fillPath(route.path, objects);
    const act = () => api.call('GET', path);
    const { result, calls } = await withFault(api.store, { at: Number.POSITIVE_INFINITY, kind: 'timed out' }, act);
    assert.equal(result.status, 200, path);
    const ownFrom = index === 0 ? 0 : calls.findIndex(call => call.startsWith('GetItemCommand RATE#')) + 1;
    for (const at of calls.slice(ownFrom).keys()) {
      const { result, failed } = await withFault(api.store, { at: ownFrom + at, kind: 'timed out' }, act);
      assert.equal(result.status, 503, `${path}, ${failed}`);
      assert.equal(result.headers.get('retry-after'), '1');
    }
  }
});

/** What every operation does before its own work is the same for all: it is tried with one of them. */
const wholeOperation = 'updateAccount';

for (const kind of kinds) {
  for (const [name, write] of Object.entries(writes)) {
    test(`${name} while any one call to the store is ${kind}: all or nothing, and a second try completes it`, async () => {
      const account = await openAccount(api);
      const calls = await check(account, write, { at: Number.POSITIVE_INFINITY, kind });
      const ownFrom = calls.findIndex(call => call.startsWith('PutItemCommand AUDIT#'));
      assert.ok(ownFrom > 0);
      for (const [at, call] of calls.entries()) {
        const isRead = /^(Get|Query)/.test(call); // lost or repeated, it is as good as throttled
        if ((name !== wholeOperation && at < ownFrom) || (isRead && kind !== 'throttled')) continue;
        await check(account, write, { at, kind });
      }
    });
  }
}

/** @returns the calls that were made to the store */
async function check(account: AccountUnderTest, write: Write, { at, kind }: { at: number; kind: FaultKind }) {
  const serial = account.requests++;
  const objectId = await write.prepare?.(account, serial);
  const [method, path, body] = write.request(account, serial, objectId);
  const headers = { 'idempotency-key': `key-${serial}`, 'tollgate-account': account.id };
  const act = () => api.call(method, path, { body, headers });
  const before = await write.look(account);
  const { result, calls, failed } = await withFault(api.store, { at, kind }, act);
  const after = await write.look(account);
  const where = `call ${at}, ${failed}: ${JSON.stringify(result.body)}`;
  const isSame = JSON.stringify(after) === JSON.stringify(before);
  const isDone = (state: unknown) => write.isDone(before, state, serial, objectId);
  if (result.status < 300) {
    assert.ok(isDone(after), where);
  } else {
    assert.equal(result.status, 503, where);
    assert.ok(failed !== undefined && kind !== 'repeated', where);
    assert.equal(errorAnswer.parse(result.body).error_code, 'service_unavailable', where);
    assert.match(result.headers.get('retry-after') ?? '', /^[15]$/, where);
    assert.ok(isSame || isDone(after), `${where}, half of it: ${JSON.stringify(after)}`);
  }
  if (write.isLocked) api.clock.offsetMs += leaseMs + 1; // whoever stopped half-way holds the lock until then
  const again = await act();
  const takesAway = method === 'DELETE' || path.endsWith('/resend');
  const isGone = takesAway && again.status === 404 && !isSame;
  assert.ok(again.status < 300 || isGone, `${where}, then ${JSON.stringify(again.body)}`);
  assert.ok(isDone(await write.look(account)), `${where}, the second try completes it`);
  return calls;
}

test('buying credits while the store does not answer asks Stripe for nothing', async () => {
  const headers = { 'idempotency-key': 'buying' };
  const act = () => api.call('POST', '/credits/checkout_sessions', { body: { amount_usd: '5' }, headers });
  const { calls } = await withFault(api.store, { at: Number.POSITIVE_INFINITY, kind: 'throttled' }, act);
  for (const [at, call] of calls.entries()) {
    const { result } = await withFault(api.store, { at, kind: 'throttled' }, act);
    // Without a fault it answers 501 here; whether the outcome is recorded changes nothing.
    assert.equal(result.status, call.endsWith('#OUTCOME') ? 501 : 503, call);
  }
});

test('no balance is left broken by any of this', async () => {
  const balances = new Balances(api.store, randomBytes);
  for (const accountId of await balances.listAccounts(undefined, 100)) {
    await balances.tend(accountId, Date.now());
    const balance = await balances.read(accountId);
    assert.ok(balance);
    const { purchasedNanoUsd, availableNanoUsd, refundedNanoUsd } = balance;
    assert.equal(purchasedNanoUsd, availableNanoUsd + refundedNanoUsd);
  }
});
