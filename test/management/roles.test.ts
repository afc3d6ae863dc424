import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { roles } from '../../functions/core/roles.ts';
import { errorAnswer } from '../../functions/management/management-error.ts';
import { operationNameOf } from '../../functions/management/operation-id.ts';
import { type AnyRoute, mayAct, type Route } from '../../functions/management/route.ts';
import { managementInventory } from '../../infra/management-routes.ts';
import { startTestManagement, type TestManagement } from '../support/management.ts';
import { fillPath, makeOneOfEach, needsStripe, validBodies } from '../support/management-objects.ts';

const routes: AnyRoute[] = Object.values(managementInventory).flat();
const keyRoutes = routes.filter((route): route is Route => route.role !== 'public');

let api: TestManagement;
let gatewayToken: string;
let own: Record<string, string>;
let others: Record<string, string>;
let otherLot: string;

before(async () => {
  api = await startTestManagement();
  gatewayToken = await api.newGatewayToken();
  own = await makeOneOfEach(api.operator, api);
  const other = await api.newAccount();
  others = await makeOneOfEach(other.client, { store: api.store, accountId: other.accountId });
  const grant = { amount_usd: '1.00', reason: 'test' };
  otherLot = (await api.operator.createCreditGrant({ account: other.accountId, body: grant })).id;
});
after(() => api.close());

const bodyOf = (route: Route) => (route.body ? validBodies[operationNameOf(route)] : undefined);
const nameOf = ({ method, path }: AnyRoute) => `${method} ${path}`;

test('every route that takes a body has one here', () => {
  for (const route of keyRoutes) if (route.body) assert.ok(bodyOf(route), operationNameOf(route));
});

test('whatever changes something needs an admin at least', () => {
  const changing = keyRoutes.filter(route => route.method !== 'GET' && !route.changesNothing);
  assert.deepEqual(changing.filter(({ role }) => !mayAct(role, 'admin')).map(nameOf), []);
});

test('only these are for operators', () => {
  assert.deepEqual(keyRoutes.filter(({ role }) => role === 'operator').map(nameOf), [
    'POST /accounts',
    'GET /accounts',
    'GET /accounts/{id}',
    'PATCH /accounts/{id}',
    'POST /credits/grants',
    'POST /credits/refunds',
  ]);
});

test('only these are open to everybody', () => {
  const open = routes.filter(({ role }) => role === 'public').map(nameOf);
  assert.deepEqual(open, ['POST /webhooks/stripe', 'GET /openapi.json']);
});

for (const route of keyRoutes) {
  test(`${nameOf(route)} refuses no credential, a gateway key and a provider's key`, async () => {
    for (const token of ['', gatewayToken, 'sk-proj-1234567890', 'ng-x-m1-y']) {
      const answer = await api.call(route.method, fillPath(route.path, own), { token, body: bodyOf(route) });
      assert.equal(answer.status, 401, token);
      assert.equal(errorAnswer.parse(answer.body).error_code, 'authentication_required');
    }
  });

  test(`${nameOf(route)} refuses every role below ${route.role}, and says which is needed`, async () => {
    for (const role of roles.filter(role => !mayAct(role, route.role))) {
      const token = await api.newToken(role);
      const answer = await api.call(route.method, fillPath(route.path, own), { token, body: bodyOf(route) });
      assert.deepEqual([answer.status, answer.body.error_code], [403, 'permission_denied'], role);
      assert.match(answer.body.msg as string, new RegExp(`"${role}".*"${route.role}"`));
    }
  });

  if (route.path.includes('{') && route.role !== 'operator' && !needsStripe(route)) {
    test(`${nameOf(route)} says of another account's objects what it says of those that do not exist`, async () => {
      const token = await api.newToken('admin');
      const answer = await api.call(route.method, fillPath(route.path, others), { token, body: bodyOf(route) });
      assert.deepEqual([answer.status, answer.body.error_code], [404, 'not_found']);
      assert.doesNotMatch(answer.body.msg as string, /account/);
    });
  }
}

const foreignIds: [what: string, method: string, path: string, body: () => object, code: string][] = [
  [
    'its endpoint for a key',
    'POST',
    '/ai_gateway_api_keys',
    () => ({ endpoint_id: others['/endpoints'] }),
    'ERR_NGROK_27002',
  ],
  [
    'its endpoint for a key that moves',
    'PATCH',
    '/ai_gateway_api_keys/{id}',
    () => ({ endpoint_id: others['/endpoints'] }),
    'ERR_NGROK_27002',
  ],
  ['its vault', 'POST', '/secrets', () => ({ name: 'a', value: 'a', vault_id: others['/vaults'] }), 'not_found'],
  ['its lot', 'POST', '/credits/refunds', () => ({ lot_id: otherLot, reason: 'test' }), 'not_found'],
];

for (const [what, method, path, body, code] of foreignIds) {
  test(`${method} ${path} that names of another account ${what} answers 404`, async () => {
    const answer = await api.call(method, fillPath(path, own), { body: body() });
    assert.deepEqual([answer.status, answer.body.error_code], [404, code]);
  });
}

test('a cursor of another account shows nothing of it', async () => {
  let lists = 0;
  for (const [path, cursor] of Object.entries(others)) {
    const route = keyRoutes.find(route => route.method === 'GET' && route.path === path);
    const isPagedById = route?.query !== undefined && path !== '/inspector/requests'; // which has cursors of its own
    if (!isPagedById || path.includes('{')) continue;
    lists++;
    const all = await api.call('GET', path);
    const after = await api.call('GET', `${path}?before_id=${cursor}`);
    const name = Object.keys(all.body)[0] as string;
    const idsOf = (body: Record<string, unknown>) => (body[name] as { id: string }[]).map(({ id }) => id);
    assert.equal(after.status, 200, path);
    assert.ok(!idsOf(after.body).includes(cursor), path);
    assert.deepEqual(
      idsOf(after.body).filter(id => !idsOf(all.body).includes(id)),
      [],
      path,
    );
  }
  assert.ok(lists >= 6);
});

test('nothing of the other account was changed by any of this', async () => {
  const id = others['/endpoints'] as string;
  const account = others['/accounts'] as string;
  const endpoint = await api.operator.getEndpoint({ id, account });
  assert.deepEqual([endpoint.revision, endpoint.description], [1, '']);
  const key = await api.operator.getAiGatewayApiKey({ id: others['/ai_gateway_api_keys'] as string, account });
  assert.equal(key.description, '');
});
