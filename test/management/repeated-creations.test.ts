import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operationNameOf } from '../../functions/management/operation-id.ts';
import type { Route } from '../../functions/management/route.ts';
import { managementInventory } from '../../infra/management-routes.ts';
import { successStatusOf } from '../../infra/openapi/document.ts';
import { type Answer, policy, startTestManagement, type TestManagement } from '../support/management.ts';
import { needsStripe } from '../support/management-objects.ts';

const creating = Object.values(managementInventory)
  .flat()
  .filter((route): route is Route => route.role !== 'public' && successStatusOf(route) === 201 && !needsStripe(route));

let api: TestManagement;
let vaultId: string;
before(async () => {
  api = await startTestManagement();
  vaultId = (await api.operator.createVault({ body: { name: 'all' } })).id;
});
after(() => api.close());

/** Two bodies that each creation takes, one after the other. */
const bodies: Record<string, () => Promise<[object, object]>> = {
  createAiGatewayApiKey: async () => [
    { endpoint_id: api.endpointId, spend_limit: { amount_usd: '1', period: 'total' } },
    { endpoint_id: api.endpointId, spend_limit: { amount_usd: '2', period: 'total' } },
  ],
  createApiKey: async () => [{ role: 'viewer' }, { role: 'admin' }],
  createAccount: async () => [{ plan: 'payg' }, { plan: 'free' }],
  createEndpoint: async () => [
    { slug: 'one', traffic_policy: policy },
    { slug: 'another', traffic_policy: policy },
  ],
  createVault: async () => [{ name: 'one' }, { name: 'another' }],
  createSecret: async () => [
    { name: 'one', value: 'a', vault_id: vaultId },
    { name: 'one', value: 'b', vault_id: vaultId },
  ],
  createEventDestination: async () => [
    { target: { webhook: { url: 'http://127.0.0.1:1/' } } },
    { target: { webhook: { url: 'http://127.0.0.1:2/' } } },
  ],
  createEventSubscription: async () => {
    const body = { target: { webhook: { url: 'http://127.0.0.1:1/' } } };
    const { id } = await api.operator.createEventDestination({ body });
    const subscription = { sources: [{ type: 'ai_gateway_request.v0' }], destination_ids: [id] };
    return [subscription, { ...subscription, description: 'another' }];
  },
  createCreditGrant: async () => [
    { amount_usd: '1', reason: 'test' },
    { amount_usd: '2', reason: 'test' },
  ],
  createCreditRefund: async () => {
    const grant = { body: { amount_usd: '1', reason: 'test' } };
    const lots = [await api.operator.createCreditGrant(grant), await api.operator.createCreditGrant(grant)];
    return [
      { lot_id: lots[0]?.id, reason: 'test' },
      { lot_id: lots[1]?.id, reason: 'test' },
    ];
  },
};

test('every operation that creates something takes Idempotency-Key, and is here', () => {
  assert.deepEqual(creating.filter(({ idempotent }) => !idempotent).map(operationNameOf), []);
  assert.deepEqual(Object.keys(bodies).sort(), creating.map(operationNameOf).sort());
});

for (const route of creating) {
  const name = operationNameOf(route);

  test(`${name} makes one thing for a key, says that it was repeated, and keeps its token to itself`, async () => {
    const [body, otherBody] = await (bodies[name] as () => Promise<[object, object]>)();
    const headers = { 'idempotency-key': 'repeated' };
    const post = (sent: object) => api.call('POST', route.path, { body: sent, headers });
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(body)));
    answers.push(await post(body));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]), JSON.stringify(answers[0]?.body));
    const made = answers.filter(answer => answer.body.replayed === undefined);
    assert.equal(made.length, 1);
    for (const answer of answers) assert.deepEqual(objectOf(answer), objectOf(made[0] as Answer));
    const repeated = answers.at(-1)?.body;
    assert.deepEqual([repeated?.replayed, repeated?.token ?? null], [true, null]);
    const conflict = await post(otherBody);
    assert.deepEqual([conflict.status, conflict.body.error_code], [409, 'idempotency_conflict']);
    const another = await api.call('POST', route.path, { body: otherBody, headers: { 'idempotency-key': 'other' } });
    const isSecret = name === 'createSecret'; // whose name is taken
    assert.equal(another.status, isSecret ? 409 : 201, 'the refused body alone is fine');
  });
}

function objectOf({ body: { token: _, replayed: __, ...object } }: Answer): object {
  return object;
}
