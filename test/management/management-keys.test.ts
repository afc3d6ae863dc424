import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestManagement, type TestManagement } from '../support/management.ts';
import { refused } from '../support/refused.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

test('a management key is made, shown once, described, used and deleted', async () => {
  const { token, ...key } = await api.operator.createApiKey({ body: { role: 'viewer', description: 'CI' } });
  assert.match(token as string, /^ng-[^-]+-m1-[^-]+$/);
  assert.deepEqual(await api.operator.getApiKey({ id: key.id }), key);
  const changed = await api.operator.updateApiKey({ id: key.id, body: { metadata: '{"team":"a"}' } });
  assert.deepEqual([changed.description, changed.metadata, changed.role], ['CI', '{"team":"a"}', 'viewer']);
  assert.doesNotMatch(JSON.stringify(await api.operator.listApiKeys()), new RegExp(token as string));
  const client = api.client(token as string);
  await client.listApiKeys();
  await api.operator.deleteApiKey({ id: key.id });
  await assert.rejects(client.listApiKeys(), refused(401, 'authentication_required'));
  await assert.rejects(api.operator.getApiKey({ id: key.id }), refused(404, 'not_found'));
});

test('nobody gives a role above their own, and operators stay in their own account', async () => {
  const admin = api.client(await api.newToken('admin'));
  await assert.rejects(admin.createApiKey({ body: { role: 'operator' } }), refused(403, 'permission_denied'));
  assert.equal((await admin.createApiKey({ body: { role: 'admin' } })).role, 'admin');
  const { accountId: account } = await api.newAccount();
  const asOperator = api.operator.createApiKey({ account, body: { role: 'operator' } });
  await assert.rejects(asOperator, refused(403, 'permission_denied'));
});

test('nobody changes or deletes a key that may do more', async () => {
  const admin = api.client(await api.newToken('admin'));
  const id = api.operatorKeyId;
  await assert.rejects(admin.updateApiKey({ id, body: { description: '' } }), refused(403, 'permission_denied'));
  await assert.rejects(admin.deleteApiKey({ id }), refused(403, 'permission_denied'));
});

test('a role is one of three', async () => {
  const answer = await api.call('POST', '/api_keys', { body: { role: 'king' } });
  assert.deepEqual([answer.status, answer.body.error_code], [400, 'ERR_NGROK_215']);
});

test('the last key of an account stays, and so does the last that may do as much', async () => {
  const { client } = await api.newAccount();
  const [first] = (await client.listApiKeys()).api_keys;
  const id = first?.id as string;
  await assert.rejects(client.deleteApiKey({ id }), refused(409, 'last_key'));
  await client.createApiKey({ body: { role: 'viewer' } });
  await assert.rejects(client.deleteApiKey({ id }), refused(409, 'last_key'), 'a viewer could not make another admin');
  const second = await client.createApiKey({ body: { role: 'admin' } });
  await client.deleteApiKey({ id });
  const successor = api.client(second.token as string);
  await assert.rejects(successor.deleteApiKey({ id: second.id }), refused(409, 'last_key'));
});

test('keys that delete each other at once leave one', async () => {
  for (let round = 0; round < 5; round++) {
    const { client } = await api.newAccount();
    for (let count = 0; count < 3; count++) await client.createApiKey({ body: { role: 'admin' } });
    const { api_keys } = await client.listApiKeys();
    assert.equal(api_keys.length, 4);
    const results = await Promise.allSettled(api_keys.map(({ id }) => client.deleteApiKey({ id })));
    const codes = results.map(result => (result.status === 'rejected' ? result.reason.code : 'deleted'));
    const left = await countKeys(api_keys.map(({ id }) => id));
    assert.equal(left, 1, codes.join());
  }

  async function countKeys(ids: string[]): Promise<number> {
    const { accounts } = await api.operator.listAccounts({ query: { limit: 1 } });
    const account = accounts[0]?.id as string;
    const { api_keys } = await api.operator.listApiKeys({ account });
    return api_keys.filter(({ id }) => ids.includes(id)).length;
  }
});

test('an account has at most 100 management keys', async () => {
  const { client } = await api.newAccount();
  for (let count = 0; count < 99; count++) await client.createApiKey({ body: { role: 'viewer' } });
  await assert.rejects(client.createApiKey({ body: { role: 'viewer' } }), refused(409, 'limit_reached'));
});
