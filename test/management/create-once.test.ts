import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createOnce } from '../../functions/management/create-once.ts';
import type { Management } from '../../functions/management/route.ts';
import { startTestManagement, type TestManagement } from '../support/management.ts';
import { refused } from '../support/refused.ts';
import { intercept } from '../support/store-faults.ts';

let api: TestManagement;
let parts: Pick<Management, 'store' | 'now' | 'report'>;
before(async () => {
  api = await startTestManagement();
  parts = { store: api.store, now: Date.now, report: () => {} };
});
after(() => api.close());

const create = (idempotencyKey: string, fields: object = {}) =>
  api.operator.createAiGatewayApiKey({ idempotencyKey, body: { endpoint_id: api.endpointId, ...fields } });

test('a hundred requests at once with one key make one object, and one of them gets the token', async () => {
  const before = (await api.operator.listAiGatewayApiKeys()).ai_gateway_api_keys.length;
  const answers = await Promise.all(Array.from({ length: 100 }, () => create('hundred')));
  assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
  assert.equal(answers.filter(({ token }) => token !== null).length, 1);
  assert.equal(answers.filter(({ replayed }) => replayed).length, 99);
  assert.equal((await api.operator.listAiGatewayApiKeys()).ai_gateway_api_keys.length, before + 1);
});

test('a repeated request gets the same object without its token, as it is by now', async () => {
  const made = await create('again', { description: 'a' });
  await api.operator.updateAiGatewayApiKey({ id: made.id, body: { description: 'b' } });
  const again = await create('again', { description: 'a' });
  assert.deepEqual([again.id, again.description, again.token, again.replayed], [made.id, 'b', null, true]);
});

test('the same key with another body answers 409', async () => {
  await create('other');
  await assert.rejects(create('other', { description: 'other' }), refused(409, 'idempotency_conflict'));
});

test('the same key makes different kinds of things, and means nothing in another account', async () => {
  const gatewayKey = await create('kinds');
  const managementKey = await api.operator.createApiKey({ idempotencyKey: 'kinds', body: { role: 'viewer' } });
  const account = await api.operator.createAccount({ idempotencyKey: 'kinds', body: { plan: 'payg' } });
  assert.equal(new Set([gatewayKey.id, managementKey.id, account.id]).size, 3);
  const other = await api.newAccount();
  const theirs = await other.client.createApiKey({ idempotencyKey: 'kinds', body: { role: 'viewer' } });
  assert.equal(theirs.replayed, undefined);
  const again = await api.operator.createAccount({ idempotencyKey: 'kinds', body: { plan: 'payg' } });
  assert.deepEqual([again.id, again.replayed], [account.id, true]);
});

test('after 24 hours a key can be used again', async () => {
  const first = await create('day');
  api.clock.offsetMs = 24 * 3_600_000 - 60_000;
  assert.equal((await create('day')).id, first.id);
  api.clock.offsetMs = 24 * 3_600_000 + 60_000;
  const next = await create('day', { description: 'anything' });
  assert.notEqual(next.id, first.id);
  api.clock.offsetMs = 0;
});

test('a request that could not be met can be repeated once it can, with whatever body', async () => {
  const missing = { endpoint_id: 'ep_000000000000000' };
  await assert.rejects(create('later', missing), refused(404, 'ERR_NGROK_27002'));
  assert.ok((await create('later')).token);
});

test('a repeated request is not checked again', async () => {
  const fields = { expires_at: new Date(Date.now() + 60_000).toISOString() };
  const made = await create('expiring', fields);
  api.clock.offsetMs = 3_600_000;
  assert.equal((await create('expiring', fields)).id, made.id);
  api.clock.offsetMs = 0;
});

test('a key that is too long, or empty, is refused', async () => {
  await assert.rejects(create('x'.repeat(256)), refused(400, 'ERR_NGROK_215'));
  await assert.rejects(create(''), refused(400, 'ERR_NGROK_215'));
  assert.ok((await create('x'.repeat(255))).token);
});

const caller = {
  id: 'ak',
  role: 'admin' as const,
  accountId: 'ac_test',
  homeAccountId: 'ac_test',
  bucket: 'ac_test',
};

/** Objects as a store would hold them: by id. */
function creationInto(objects: Map<string, number>, { fails }: { fails: () => boolean }) {
  let ids = 0;
  return {
    name: 'things',
    newId: () => `thing_${ids++}`,
    check: async () => {},
    find: async (id: string) => objects.get(id),
    async create(id: string) {
      if (fails()) throw new Error('no luck');
      objects.set(id, (objects.get(id) ?? 0) + 1);
      return id;
    },
  };
}

test('a creation that failed goes on under the same id at once', async () => {
  const objects = new Map<string, number>();
  let attempts = 0;
  const creation = creationInto(objects, { fails: () => attempts++ === 0 });
  const request = { caller, idempotencyKey: 'fails', body: {} };
  await assert.rejects(createOnce(request, parts, creation), /no luck/);
  assert.deepEqual(await createOnce(request, parts, creation), { created: 'thing_0' });
  assert.deepEqual(await createOnce(request, parts, creation), { existing: 1 });
});

test('a creation whose function died is taken over when its time is up, and not before', async () => {
  const objects = new Map<string, number>();
  const creation = creationInto(objects, { fails: () => false });
  const request = { caller, idempotencyKey: 'dies', body: {} };
  await new Promise<void>(claimed => {
    const never = () => {
      claimed();
      return new Promise<string>(() => {});
    };
    void createOnce(request, parts, { ...creation, create: never });
  });
  const early = createOnce(request, parts, creation);
  await new Promise(resolve => setTimeout(resolve, 200));
  assert.equal(objects.size, 0, 'the time is not up');
  const later = { ...parts, now: () => Date.now() + 61_000 };
  assert.deepEqual(await createOnce(request, later, creation), { created: 'thing_0' });
  assert.deepEqual(await early, { existing: 1 }, 'who waits gets what the other one made');
});

test('what was made and deleted is not made again by the same key', async () => {
  const made = await create('deleted');
  await api.operator.deleteAiGatewayApiKey({ id: made.id });
  await assert.rejects(create('deleted'), refused(409, 'idempotency_conflict'));
  api.clock.offsetMs = 3_600_000;
  await assert.rejects(create('deleted'), refused(409, 'idempotency_conflict'), 'later neither');
  api.clock.offsetMs = 0;
});

test('when it cannot be noted that something was made, it is answered all the same, and reported', async () => {
  let puts = 0;
  const restore = intercept(api.store.dynamo, async ({ input }, send) => {
    const { pk } = (input.Item ?? {}) as Record<string, { S: string }>;
    if (pk?.S.startsWith('IDEMPOTENCY#') && ++puts === 2) throw new Error('no luck');
    return send();
  });
  const made = await create('unnoted').finally(restore);
  assert.ok(made.token);
  assert.ok(api.reports.some(report => report.includes(`if ${made.id} is deleted`)));
  assert.deepEqual([(await create('unnoted')).id, (await create('unnoted')).replayed], [made.id, true]);
});
