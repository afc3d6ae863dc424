import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { policy, startTestManagement, type TestManagement } from '../support/management.ts';
import { refused } from '../support/refused.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

test('an operator makes an account, gives it a key and credits, and its people take over', async () => {
  const { id: account } = await api.operator.createAccount({ body: { plan: 'payg', description: 'Team A' } });
  const { token } = await api.operator.createApiKey({ account, body: { role: 'admin' } });
  await api.operator.createCreditGrant({ account, body: { amount_usd: '12.50', reason: 'Welcome' } });
  const client = api.client(token as string);
  assert.equal((await client.getCreditBalance()).available_usd, '12.50');
  assert.equal((await api.operator.getCreditBalance()).available_usd, '0.00');
  const endpoint = await client.createEndpoint({ body: { slug: 'team-a', traffic_policy: policy } });
  assert.equal((await client.createAiGatewayApiKey({ body: { endpoint_id: endpoint.id } })).endpoint.id, endpoint.id);
  await assert.rejects(api.operator.getEndpoint({ id: endpoint.id }), refused(404, 'not_found'));
  assert.equal((await api.operator.getEndpoint({ id: endpoint.id, account })).slug, 'team-a');
});

test('accounts are listed, shown and changed field by field', async () => {
  const made = await api.operator.createAccount({ body: { plan: 'free', low_balance_threshold_usd: '5' } });
  assert.deepEqual([made.plan, made.suspended, made.low_balance_threshold_usd], ['free', false, '5.00']);
  const { accounts } = await api.operator.listAccounts({ query: { limit: 1 } });
  assert.deepEqual(accounts, [made]);
  assert.deepEqual(await api.operator.getAccount({ id: made.id }), made);
  const changed = await api.operator.updateAccount({ id: made.id, body: { plan: 'hobbyist' } });
  assert.deepEqual([changed.plan, changed.low_balance_threshold_usd], ['hobbyist', '5.00']);
  const without = await api.operator.updateAccount({ id: made.id, body: { low_balance_threshold_usd: null } });
  assert.deepEqual([without.plan, without.low_balance_threshold_usd], ['hobbyist', null]);
  const all = await api.operator.listAccounts();
  assert.ok(all.accounts.some(({ id }) => id === api.accountId));
});

test('accounts that are not on payg cannot have gateway keys', async () => {
  for (const plan of ['free', 'hobbyist'] as const) {
    const { client } = await api.newAccount(plan);
    const { id } = await client.createEndpoint({ body: { slug: `plan-${plan}`, traffic_policy: policy } });
    await assert.rejects(client.createAiGatewayApiKey({ body: { endpoint_id: id } }), refused(403, 'ERR_NGROK_27001'));
  }
});

test('a suspended account is refused with a clear 403, until it no longer is', async () => {
  const { accountId: id, client } = await api.newAccount();
  await api.operator.updateAccount({ id, body: { suspended: true } });
  await assert.rejects(client.listEndpoints(), refused(403, 'account_suspended'));
  assert.deepEqual(
    (await api.operator.listEndpoints({ account: id })).endpoints,
    [],
    'an operator still looks after it',
  );
  await api.operator.updateAccount({ id, body: { suspended: false } });
  assert.deepEqual((await client.listEndpoints()).endpoints, []);
});

test('an account cannot suspend itself', async () => {
  const { accountId: id } = api;
  await assert.rejects(api.operator.updateAccount({ id, body: { suspended: true } }), refused(400, 'ERR_NGROK_215'));
});

test('Tollgate-Account is for operators: for all others no other account exists', async () => {
  const other = await api.newAccount();
  const admin = api.client(await api.newToken('admin'));
  await assert.rejects(admin.listEndpoints({ account: other.accountId }), refused(404, 'not_found'));
  await assert.rejects(api.operator.listEndpoints({ account: 'ac_000000000000000' }), refused(404, 'not_found'));
  await assert.rejects(api.operator.listEndpoints({ account: 'nobody' }), refused(404, 'not_found'));
  assert.ok(Array.isArray((await admin.listEndpoints({ account: api.accountId })).endpoints), 'its own is its own');
});
