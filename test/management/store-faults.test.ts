import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorAnswer } from '../../functions/management/management-error.ts';
import { listAccessKeys } from '../../functions/store/access-keys.ts';
import { listVersions } from '../../functions/store/endpoint-versions.ts';
import { listEndpoints } from '../../functions/store/endpoints.ts';
import { managementInventory } from '../../infra/management-routes.ts';
import { policy, startTestManagement, type TestManagement } from '../support/management.ts';
import { fillPath, makeOneOfEach, needsStripe } from '../support/management-objects.ts';
import { type FaultKind, withFault } from '../support/store-faults.ts';

let api: TestManagement;
let count = 0;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

const kinds: FaultKind[] = ['throttled', 'lost', 'repeated'];
const otherPolicy = 'on_http_request: [{ type: ai-gateway, config: { total_timeout: 1m } }]\n';

/** Everything that is of an account. */
async function look({ accountId, endpointId }: Setting) {
  const { store } = api;
  const page = { beforeId: undefined, limit: 100 };
  const { endpoints } = await listEndpoints(store, accountId, page);
  const endpoint = endpoints.find(({ id }) => id === endpointId);
  const versions = endpoint ? await listVersions(store, endpoint, { beforeVersion: undefined, limit: 100 }) : undefined;
  const { keys: gatewayKeys } = await listAccessKeys(store, 'gateway_key', accountId, page);
  const { keys: managementKeys } = await listAccessKeys(store, 'management_key', accountId, page);
  return { endpoints, versions: versions?.versions ?? [], gatewayKeys, managementKeys };
}

type State = Awaited<ReturnType<typeof look>>;

interface Setting {
  accountId: string;
  token: string;
  endpointId: string;
  gatewayKeyId: string;
  managementKeyId: string;
  /** Different for every setting. */
  unique: string;
}

async function newSetting(): Promise<Setting> {
  const unique = `s-${count++}`;
  const { accountId, token, client } = await api.newAccount();
  await api.newToken('admin', accountId);
  const { keys } = await listAccessKeys(api.store, 'management_key', accountId, { beforeId: undefined, limit: 1 });
  const endpoint = await client.createEndpoint({ body: { slug: unique, traffic_policy: policy } });
  const gatewayKey = await client.createAiGatewayApiKey({ body: { endpoint_id: endpoint.id } });
  const managementKeyId = keys[0]?.id as string;
  return { accountId, token, unique, endpointId: endpoint.id, gatewayKeyId: gatewayKey.id, managementKeyId };
}

const changes: {
  name: string;
  request: (setting: Setting) => [method: string, path: string, body?: object];
  /** What it is for, as far as it can be seen. */
  isDone: (before: State, after: State, setting: Setting) => boolean;
}[] = [
  {
    name: 'creating a gateway key',
    request: ({ endpointId }) => ['POST', '/ai_gateway_api_keys', { endpoint_id: endpointId }],
    isDone: (before, after) => after.gatewayKeys.length === before.gatewayKeys.length + 1,
  },
  {
    name: 'changing a gateway key',
    request: ({ gatewayKeyId }) => [
      'PATCH',
      `/ai_gateway_api_keys/${gatewayKeyId}`,
      { description: 'new', metadata: 'new' },
    ],
    isDone: (_, { gatewayKeys: [key] }) => key?.description === 'new' && key.metadata === 'new',
  },
  {
    name: 'deleting a gateway key',
    request: ({ gatewayKeyId }) => ['DELETE', `/ai_gateway_api_keys/${gatewayKeyId}`],
    isDone: (_, after) => after.gatewayKeys.length === 0,
  },
  {
    name: 'creating a management key',
    request: () => ['POST', '/api_keys', { role: 'viewer' }],
    isDone: (before, after) => after.managementKeys.length === before.managementKeys.length + 1,
  },
  {
    name: 'deleting a management key',
    request: ({ managementKeyId }) => ['DELETE', `/api_keys/${managementKeyId}`],
    isDone: (before, after) => after.managementKeys.length === before.managementKeys.length - 1,
  },
  {
    name: 'creating an endpoint',
    request: ({ unique }) => [
      'POST',
      '/endpoints',
      { slug: `${unique}-b`, hosts: [`${unique}.example.com`], traffic_policy: policy },
    ],
    isDone: (before, after) => after.endpoints.length === before.endpoints.length + 1,
  },
  {
    name: 'changing an endpoint',
    request: ({ endpointId, unique }) => [
      'PATCH',
      `/endpoints/${endpointId}`,
      { slug: `${unique}-c`, hosts: [`${unique}-c.example.com`], traffic_policy: otherPolicy },
    ],
    isDone: (_, { endpoints: [endpoint], versions }, { unique }) =>
      endpoint?.slug === `${unique}-c` &&
      endpoint.hosts[0] === `${unique}-c.example.com` &&
      endpoint.trafficPolicy === otherPolicy &&
      versions.length === 2 &&
      versions[0]?.trafficPolicy === otherPolicy &&
      versions[1]?.trafficPolicy === policy,
  },
  {
    name: 'deleting an endpoint',
    request: ({ endpointId }) => ['DELETE', `/endpoints/${endpointId}`],
    isDone: (_, after) => after.endpoints.length === 0,
  },
];

for (const kind of kinds) {
  for (const { name, request, isDone } of changes) {
    test(`${name} while any one call to the store is ${kind}: all or nothing, and a second try completes it`, async () => {
      for (let at = 0; ; at++) {
        const setting = await newSetting();
        const [method, path, body] = request(setting);
        const options = { token: setting.token, body, headers: { 'idempotency-key': 'one' } };
        const before = await look(setting);
        const act = () => api.call(method, path, options);
        const { result, failed } = await withFault(api.store, { at, kind }, act);
        const after = await look(setting);
        const where = `call ${at}, ${failed}: ${JSON.stringify(result.body)}`;
        const isSame = JSON.stringify(after) === JSON.stringify(before);
        if (failed === undefined || kind === 'repeated' || failed.endsWith('#OUTCOME')) {
          assert.ok(result.status < 300 && isDone(before, after, setting), where);
          if (failed === undefined) break;
        } else {
          assert.equal(result.status, 503, where);
          assert.equal(errorAnswer.parse(result.body).error_code, 'service_unavailable', where);
          assert.equal(result.headers.get('retry-after'), '1', where);
          assert.ok(isSame || isDone(before, after, setting), `${where}, half of it: ${JSON.stringify(after)}`);
        }
        const again = await act();
        const isGone = method === 'DELETE' && again.status === 404 && !isSame;
        assert.ok(again.status < 300 || isGone, `${where}, then ${JSON.stringify(again.body)}`);
        assert.ok(isDone(before, await look(setting), setting), `${where}, the second try completes it`);
      }
    });
  }
}

test('reading anything while any one call to the store times out answers 503, never that something is not there', async () => {
  const objects = await makeOneOfEach(api.operator, api);
  for (const route of Object.values(managementInventory).flat()) {
    if (route.method !== 'GET' || route.role === 'public' || needsStripe(route)) continue;
    const path = fillPath(route.path, objects);
    for (let at = 0; ; at++) {
      const { result, failed } = await withFault(api.store, { at, kind: 'timed out' }, () => api.call('GET', path));
      if (failed === undefined) {
        assert.equal(result.status, 200, path);
        break;
      }
      assert.equal(result.status, 503, `${path}, ${failed}`);
      assert.equal(result.headers.get('retry-after'), '1');
    }
  }
});
