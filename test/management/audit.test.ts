import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { digestObject } from '../../functions/management/audit.ts';
import type { AuditEvent } from '../../functions/management/client.generated.ts';
import { operationNameOf } from '../../functions/management/operation-id.ts';
import type { AnyRoute } from '../../functions/management/route.ts';
import { managementInventory } from '../../infra/management-routes.ts';
import { policy, startTestManagement, type TestManagement } from '../support/management.ts';
import { fillPath, makeOneOfEach, validBodies } from '../support/management-objects.ts';
import { intercept } from '../support/store-faults.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

async function newest(count: number, account?: string): Promise<AuditEvent[]> {
  const page = await api.operator.listAuditEvents({ query: { limit: count }, ...(account && { account }) });
  return page.audit_events;
}

const routes: AnyRoute[] = Object.values(managementInventory).flat();

test('only these routes are not audited though they are not GET', () => {
  const silent = routes.filter(route => route.method !== 'GET' && (route.role === 'public' || route.changesNothing));
  assert.deepEqual(silent.map(operationNameOf), [
    'validateEndpoint',
    'importEndpoints',
    'explainEndpoint',
    'stripeWebhooks', // which records itself what it changes, see `stripe-webhook.test.ts`
  ]);
});

test('whatever changes something is in the log, done or refused, under the operation id of its answer', async () => {
  const objects = await makeOneOfEach(api.operator, api);
  for (const route of routes) {
    if (route.method === 'GET' || route.role === 'public' || route.changesNothing) continue;
    const name = operationNameOf(route);
    const answer = await api.call(route.method, fillPath(route.path, objects), { body: validBodies[name] });
    const [event] = await newest(1);
    assert.deepEqual([event?.operation, event?.method, event?.status_code], [name, route.method, answer.status]);
    assert.equal(event?.outcome, answer.status < 300 ? 'changed' : 'refused', name);
    if (answer.status >= 300) {
      const { operation_id } = answer.body.details as { operation_id: string };
      assert.deepEqual([event?.operation_id, event?.error_code], [operation_id, answer.body.error_code]);
    }
  }
});

test('a change is recorded: who, what, when, from where, before and after', async () => {
  const made = await api.operator.createEndpoint({ body: { slug: 'audited', traffic_policy: policy } });
  const changed = await api.operator.updateEndpoint({ id: made.id, body: { description: 'secret plans' } });
  await api.operator.deleteEndpoint({ id: made.id });
  const [deletion, update, creation] = await newest(3);
  const actor = { api_key_id: api.operatorKeyId, account_id: api.accountId, role: 'operator' };
  for (const event of [deletion, update, creation]) {
    assert.deepEqual(event?.actor, actor);
    assert.deepEqual([event?.object_id, event?.outcome, event?.source_ip], [made.id, 'changed', '127.0.0.1']);
    assert.match(event?.operation_id ?? '', /^op_/);
    assert.ok((event?.finished_at ?? '') >= (event?.created_at ?? 'x'));
  }
  assert.deepEqual(
    [creation, update, deletion].map(event => [event?.operation, event?.method, event?.path, event?.status_code]),
    [
      ['createEndpoint', 'POST', '/endpoints', 201],
      ['updateEndpoint', 'PATCH', `/endpoints/${made.id}`, 200],
      ['deleteEndpoint', 'DELETE', `/endpoints/${made.id}`, 204],
    ],
  );
  assert.deepEqual([creation?.before_digest, creation?.after_digest], [null, digestObject(made)]);
  assert.deepEqual([update?.before_digest, update?.after_digest], [digestObject(made), digestObject(changed)]);
  assert.deepEqual([deletion?.before_digest, deletion?.after_digest], [digestObject(changed), null]);
  assert.doesNotMatch(JSON.stringify([deletion, update, creation]), /secret plans/);
  assert.deepEqual(await api.operator.getAuditEvent({ id: update?.id as string }), update);
});

test('what was refused is recorded as refused, under the operation id that the answer names', async () => {
  const answer = await api.call('PATCH', `/endpoints/${api.endpointId}`, {
    body: { slug: 'audit-x' },
    headers: { 'if-match': '"9"' },
  });
  assert.equal(answer.status, 412);
  const [event] = await newest(1);
  assert.deepEqual([event?.outcome, event?.status_code, event?.error_code], ['refused', 412, 'precondition_failed']);
  assert.equal(event?.operation_id, (answer.body.details as { operation_id: string }).operation_id);
  assert.notEqual(event?.before_digest, null);
  assert.equal(event?.after_digest, null);
});

test('a replayed creation is recorded as having changed nothing, and no token is in the log', async () => {
  const input = { idempotencyKey: 'audited', body: { endpoint_id: api.endpointId } };
  const made = await api.operator.createAiGatewayApiKey(input);
  await api.operator.createAiGatewayApiKey(input);
  const [second, first] = await newest(2);
  assert.deepEqual([first?.outcome, second?.outcome], ['changed', 'unchanged']);
  assert.deepEqual([first?.object_id, second?.object_id], [made.id, made.id]);
  assert.equal(first?.after_digest, second?.after_digest);
  assert.doesNotMatch(JSON.stringify([second, first]), new RegExp(made.token as string));
});

test('a token that somebody pasted into a path does not get into the log', async () => {
  const { token } = await api.operator.createAiGatewayApiKey({ body: { endpoint_id: api.endpointId } });
  await api.call('DELETE', `/ai_gateway_api_keys/${token}`);
  const [event] = await newest(1);
  assert.deepEqual([event?.path, event?.object_id, event?.outcome], ['/ai_gateway_api_keys/{id}', null, 'refused']);
});

test('what an operator does in another account is in that account’s log', async () => {
  const other = await api.newAccount();
  await api.operator.createCreditGrant({ account: other.accountId, body: { amount_usd: '5.00', reason: 'Welcome' } });
  const { audit_events } = await other.client.listAuditEvents();
  assert.deepEqual(
    audit_events.map(({ operation, actor }) => [operation, actor.api_key_id, actor.account_id]),
    [['createCreditGrant', api.operatorKeyId, api.accountId]],
  );
});

test('reading, asking, and being turned away at the door are not in the log', async () => {
  const { client } = await api.newAccount();
  await client.listEndpoints();
  const { id } = await client.createEndpoint({ body: { slug: 'quiet', traffic_policy: policy } });
  await client.validateEndpoint({ id, body: { traffic_policy: policy } });
  await assert.rejects(client.createAccount({ body: { plan: 'payg' } }));
  await assert.rejects(client.createApiKey({ body: { role: 'king' as 'viewer' } }));
  const { audit_events } = await client.listAuditEvents();
  assert.deepEqual(
    audit_events.map(({ operation }) => operation),
    ['createEndpoint'],
  );
});

test('pages visit every event once', async () => {
  const { client, token } = await api.newAccount();
  for (let count = 0; count < 7; count++) await client.createApiKey({ body: { role: 'viewer' } });
  const seen: string[] = [];
  for (let uri: string | null = `${api.url}/audit_events?limit=3`; uri; ) {
    const { body } = await api.call('GET', uri, { token });
    const events = body.audit_events as AuditEvent[];
    assert.ok(events.every(({ outcome }) => outcome === 'changed'));
    seen.push(...events.map(({ id }) => id));
    uri = body.next_page_uri as string | null;
  }
  assert.equal(seen.length, 7);
  assert.deepEqual(seen, [...new Set(seen)].sort().reverse());
});

/** Fails the puts of the audit log for which `fails` says so. */
async function withFaultyLog(fails: (sk: string) => boolean, act: () => Promise<void>): Promise<void> {
  const restore = intercept(api.store.dynamo, async ({ input }, send) => {
    const { pk, sk } = (input.Item ?? {}) as Record<string, { S: string }>;
    if (pk?.S.startsWith('AUDIT#') && fails(sk?.S as string)) throw new Error('no luck');
    return send();
  });
  await act().finally(restore);
}

test('nothing changes that cannot be recorded', async () => {
  const { id } = await api.operator.createEndpoint({ body: { slug: 'unrecorded', traffic_policy: policy } });
  await withFaultyLog(
    () => true,
    async () => {
      const answer = await api.call('PATCH', `/endpoints/${id}`, { body: { description: 'x' } });
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('retry-after'), '1');
    },
  );
  assert.equal((await api.operator.getEndpoint({ id })).revision, 1);
});

test('a change whose outcome cannot be recorded is answered as what it is, shows so, and is reported', async () => {
  const { id } = await api.operator.createEndpoint({ body: { slug: 'half-recorded', traffic_policy: policy } });
  await withFaultyLog(
    sk => sk.endsWith('#OUTCOME'),
    async () => {
      await api.operator.updateEndpoint({ id, body: { description: 'x' } });
    },
  );
  const [event] = await newest(1);
  assert.deepEqual([event?.operation, event?.object_id, event?.outcome], ['updateEndpoint', id, 'unknown']);
  assert.ok(api.reports.some(report => report.includes(`audit event ${event?.id} has no outcome`)));
});

test('a digest does not depend on the order of fields, nor on what differs between two answers', () => {
  const one = { id: 'a', uri: 'http://a/b', nested: { x: 1, y: [2, { z: 3 }] }, last_used: null };
  const other = { nested: { y: [2, { z: 3 }], x: 1 }, uri: 'https://other/b', id: 'a', token: 't', last_used: 'now' };
  assert.equal(digestObject(one), digestObject(other));
  assert.notEqual(digestObject(one), digestObject({ ...one, id: 'b' }));
});
