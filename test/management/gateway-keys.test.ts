import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { findAccessKey } from '../../functions/store/access-keys.ts';
import { changeEndpoint } from '../../functions/store/endpoints.ts';
import { policy, startTestManagement, type TestManagement } from '../support/management.ts';
import { refused } from '../support/refused.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

const create = (fields: object = {}) =>
  api.operator.createAiGatewayApiKey({ body: { endpoint_id: api.endpointId, ...fields } });

test('a key is made with all its fields, and its token is shown only then', async () => {
  const { token, ...key } = await create({
    description: 'App',
    metadata: '{}',
    expires_at: '2999-01-31T01:00:00+01:00',
    spend_limit: { amount_usd: '10.00', period: 'monthly' },
  });
  assert.match(token as string, /^ng-[^-]+-g1-[^-]+$/);
  assert.match(key.id, /^aigk_/);
  assert.deepEqual(
    [key.description, key.metadata, key.expires_at, key.spend_limit, key.last_used],
    ['App', '{}', '2999-01-31T00:00:00.000Z', { amount_usd: '10.00', period: 'monthly' }, null],
  );
  assert.deepEqual([key.created_by.id, key.endpoint.id], [api.operatorKeyId, api.endpointId]);
  assert.deepEqual(await api.operator.getAiGatewayApiKey({ id: key.id }), key);
  const list = await api.operator.listAiGatewayApiKeys({ query: { limit: 1 } });
  assert.deepEqual(list.ai_gateway_api_keys, [key]);
  const stored = await findAccessKey(api.store, 'gateway_key', api.accountId, key.id);
  assert.deepEqual(stored?.spendLimit, { amountNanoUsd: '10000000000', period: 'monthly' });
  assert.doesNotMatch(JSON.stringify(stored), new RegExp(token as string));
});

test('a change touches the fields that it names; null removes', async () => {
  const { id } = await create({ description: 'a', metadata: 'b', expires_at: '2999-01-01T00:00:00Z' });
  await api.operator.updateAiGatewayApiKey({ id, body: { spend_limit: { amount_usd: '1', period: 'total' } } });
  await api.operator.updateAiGatewayApiKey({ id, body: { description: 'c' } });
  const changed = await api.operator.updateAiGatewayApiKey({ id, body: { expires_at: null } });
  assert.deepEqual(
    [changed.description, changed.metadata, changed.expires_at, changed.spend_limit],
    ['c', 'b', null, { amount_usd: '1.00', period: 'total' }],
  );
  const without = await api.operator.updateAiGatewayApiKey({ id, body: { spend_limit: null } });
  assert.equal(without.spend_limit, null);
});

test('changes of different fields at once lose none', async () => {
  const { id } = await create();
  await Promise.all([
    api.operator.updateAiGatewayApiKey({ id, body: { description: 'both' } }),
    api.operator.updateAiGatewayApiKey({ id, body: { metadata: 'stay' } }),
    api.operator.updateAiGatewayApiKey({ id, body: { expires_at: '2999-01-01T00:00:00Z' } }),
  ]);
  const key = await api.operator.getAiGatewayApiKey({ id });
  assert.deepEqual([key.description, key.metadata, key.expires_at], ['both', 'stay', '2999-01-01T00:00:00.000Z']);
});

const bad: [what: string, fields: object, status: number, code: string][] = [
  ['a description of 256', { description: 'x'.repeat(256) }, 422, 'ERR_NGROK_27004'],
  ['metadata of 4097', { metadata: 'x'.repeat(4097) }, 422, 'ERR_NGROK_27005'],
  ['an expiry in the past', { expires_at: '2020-01-01T00:00:00Z' }, 400, 'ERR_NGROK_215'],
  ['an expiry that is in year 10000 in UTC', { expires_at: '9999-12-31T23:59:59-01:00' }, 400, 'ERR_NGROK_215'],
  ['an expiry that is no time', { expires_at: 'tomorrow' }, 400, 'ERR_NGROK_215'],
  ['a limit of nothing', { spend_limit: { amount_usd: '0.00', period: 'total' } }, 400, 'ERR_NGROK_215'],
  ['a negative limit', { spend_limit: { amount_usd: '-1', period: 'total' } }, 400, 'ERR_NGROK_215'],
  ['a limit in cents', { spend_limit: { amount_usd: 100, period: 'total' } }, 400, 'ERR_NGROK_215'],
  ['a limit that is not a number', { spend_limit: { amount_usd: 'NaN', period: 'total' } }, 400, 'ERR_NGROK_215'],
  ['a limit with an exponent', { spend_limit: { amount_usd: '1e309', period: 'total' } }, 400, 'ERR_NGROK_215'],
  ['a limit in another currency', { spend_limit: { amount_usd: '5 EUR', period: 'total' } }, 400, 'ERR_NGROK_215'],
  ['a limit for a year', { spend_limit: { amount_usd: '1', period: 'yearly' } }, 400, 'ERR_NGROK_215'],
  ['a limit without a period', { spend_limit: { amount_usd: '1' } }, 422, 'ERR_NGROK_27006'],
];

for (const [what, fields, status, code] of bad) {
  test(`${what} answers ${status} ${code}, when made and when changed`, async () => {
    await assert.rejects(create(fields), refused(status, code));
    const { id } = await create();
    await assert.rejects(api.operator.updateAiGatewayApiKey({ id, body: fields }), refused(status, code));
  });
}

test('descriptions of 255 and metadata of 4096 fit', async () => {
  const key = await create({ description: 'é'.repeat(255), metadata: '字'.repeat(4096) });
  assert.deepEqual([key.description.length, key.metadata.length], [255, 4096]);
});

test('a page of large keys is cut where the answer would be too large, and the next page goes on', async () => {
  const { client } = await api.newAccount();
  const { id: endpoint_id } = await client.createEndpoint({ body: { slug: 'large', traffic_policy: policy } });
  const metadata = '字'.repeat(4096); // 12 KB: DynamoDB stops reading after 85 of these
  const made = await Promise.all(
    Array.from({ length: 100 }, () => client.createAiGatewayApiKey({ body: { endpoint_id, metadata } })),
  );
  const { ai_gateway_api_keys: keys, next_page_uri } = await client.listAiGatewayApiKeys();
  assert.deepEqual(new Set(keys.map(({ id }) => id)), new Set(made.map(({ id }) => id)));
  assert.equal(next_page_uri, null);
});

test('an endpoint that does not exist answers 404, and one that calls no models 422', async () => {
  const id = 'ep_000000000000000';
  await assert.rejects(create({ endpoint_id: id }), refused(404, 'ERR_NGROK_27002'));
  await assert.rejects(create({ endpoint_id: '../x' }), refused(404, 'ERR_NGROK_27002'));
  const { id: endpoint_id } = await api.operator.createEndpoint({ body: { slug: 'mute', traffic_policy: policy } });
  const key = await create({ endpoint_id });
  const by = { nowMs: Date.now(), claimId: 'test', changedBy: 'test' };
  await changeEndpoint(api.store, { accountId: api.accountId, id: endpoint_id }, { callsModels: false }, by);
  await assert.rejects(create({ endpoint_id }), refused(422, 'ERR_NGROK_27003'));
  const move = api.operator.updateAiGatewayApiKey({ id: key.id, body: { endpoint_id } });
  await assert.rejects(move, refused(422, 'ERR_NGROK_27003'));
});

test('a key moves to another endpoint', async () => {
  const { id } = await create();
  const other = await api.operator.createEndpoint({ body: { slug: 'moved-to', traffic_policy: policy } });
  const moved = await api.operator.updateAiGatewayApiKey({ id, body: { endpoint_id: other.id } });
  assert.equal(moved.endpoint.id, other.id);
});

test('a deleted key is gone, and deleting it again says so', async () => {
  const { id } = await create();
  await api.operator.deleteAiGatewayApiKey({ id });
  await assert.rejects(api.operator.getAiGatewayApiKey({ id }), refused(404, 'not_found'));
  await assert.rejects(api.operator.deleteAiGatewayApiKey({ id }), refused(404, 'not_found'));
});
