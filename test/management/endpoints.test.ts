import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  createEndpoint,
  deleteEndpoint,
  type Endpoint,
  findEndpointByHost,
  findEndpointBySlug,
} from '../../functions/store/endpoints.ts';
import { policy, startTestManagement, type TestManagement } from '../support/management.ts';
import { refused } from '../support/refused.ts';
import { intercept } from '../support/store-faults.ts';

let api: TestManagement;
let slugs = 0;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

const create = (fields: object = {}) =>
  api.operator.createEndpoint({ body: { slug: `e-${slugs++}`, traffic_policy: policy, ...fields } });

/** A policy that can be told from others. */
const policyWith = (timeout: string) =>
  `on_http_request: [{ type: ai-gateway, config: { total_timeout: ${timeout} } }]\n`;

test('an endpoint is made, shown, listed, changed and deleted', async () => {
  const { id: destinationId } = await api.operator.createEventDestination({
    body: { target: { webhook: { url: 'https://example.com' } } },
  });
  const made = await create({
    slug: 'crud',
    hosts: ['AI.example.com'],
    description: 'a',
    inspector: true,
    event_destination_ids: [destinationId],
  });
  assert.match(made.id, /^ep_/);
  assert.deepEqual(
    [made.slug, made.hosts, made.traffic_policy, made.policy_version, made.revision, made.inspector],
    ['crud', ['ai.example.com'], policy, 1, 1, true],
  );
  assert.deepEqual(await api.operator.getEndpoint({ id: made.id }), made);
  const { endpoints, next_page_uri } = await api.operator.listEndpoints({ query: { limit: 1 } });
  assert.deepEqual(endpoints, [made]);
  assert.ok(next_page_uri, 'the first endpoint of the deployment comes after it');
  const changed = await api.operator.updateEndpoint({
    id: made.id,
    body: { inspector: false, event_destination_ids: [] },
  });
  assert.deepEqual(changed, {
    ...made,
    inspector: false,
    event_destination_ids: [],
    revision: 2,
    updated_at: changed.updated_at,
  });
  assert.equal((await findEndpointBySlug(api.store, 'crud'))?.id, made.id);
  assert.equal((await findEndpointByHost(api.store, 'ai.example.com'))?.id, made.id);
  await api.operator.deleteEndpoint({ id: made.id });
  await assert.rejects(api.operator.getEndpoint({ id: made.id }), refused(404, 'not_found'));
  await assert.rejects(api.operator.deleteEndpoint({ id: made.id }), refused(404, 'not_found'));
  assert.equal(await findEndpointBySlug(api.store, 'crud'), undefined);
  assert.equal(await findEndpointByHost(api.store, 'ai.example.com'), undefined);
});

const badFields: [what: string, fields: object][] = [
  ['a slug with capitals', { slug: 'Abc' }],
  ['a slug with a slash', { slug: 'a/b' }],
  ['a slug that ends in a hyphen', { slug: 'a-' }],
  ['an empty slug', { slug: '' }],
  ['a slug of 64', { slug: 'a'.repeat(64) }],
  ['a host with a port', { hosts: ['ai.example.com:443'] }],
  ['a host that is an address', { hosts: ['10.0.0.1'] }],
  ['a host of one label', { hosts: ['gateway'] }],
  ['a host with a wildcard', { hosts: ['*.example.com'] }],
  ['a host that every account has', { hosts: ['abc.lambda-url.eu-west-1.on.aws'] }],
  ['the machine itself', { hosts: ['gateway.localhost'] }],
  ['a host twice', { hosts: ['ai.example.com', 'AI.example.com'] }],
  ['eleven hosts', { hosts: Array.from({ length: 11 }, (_, index) => `h${index}.example.com`) }],
  ['a destination that is no id', { event_destination_ids: ['../x'] }],
  ['a destination that there is not', { event_destination_ids: ['ed_1'] }],
];

for (const [what, fields] of badFields) {
  test(`${what} is refused`, async () => {
    await assert.rejects(create(fields), refused(400, 'ERR_NGROK_215'));
    await assert.rejects(
      api.operator.updateEndpoint({ id: api.endpointId, body: fields }),
      refused(400, 'ERR_NGROK_215'),
    );
  });
}

test('a name belongs to one endpoint; one that is given up, or whose endpoint is deleted, is free', async () => {
  const first = await create({ slug: 'taken', hosts: ['taken.example.com'] });
  const other = await api.newAccount();
  const body = { slug: 'taken', traffic_policy: policy };
  await assert.rejects(other.client.createEndpoint({ body }), refused(409, 'already_exists'));
  const hosts = ['free.example.com', 'taken.example.com'];
  await assert.rejects(create({ slug: 'free', hosts }), refused(409, 'already_exists'));
  const free = await create({ slug: 'free', hosts: ['free.example.com'] }); // what was claimed in vain is free again
  await assert.rejects(api.operator.updateEndpoint({ id: free.id, body: { hosts } }), refused(409, 'already_exists'));
  assert.deepEqual((await api.operator.getEndpoint({ id: free.id })).hosts, ['free.example.com']);
  await api.operator.updateEndpoint({ id: first.id, body: { slug: 'renamed', hosts: [] } });
  assert.equal(await findEndpointByHost(api.store, 'taken.example.com'), undefined);
  assert.equal((await other.client.createEndpoint({ body })).slug, 'taken');
  assert.deepEqual((await api.operator.updateEndpoint({ id: free.id, body: { hosts } })).hosts, hosts);
  await api.operator.deleteEndpoint({ id: first.id });
  assert.equal((await create({ slug: 'renamed' })).slug, 'renamed');
});

test('of many that want a name at once, one gets it', async () => {
  const accounts = await Promise.all(Array.from({ length: 8 }, () => api.newAccount()));
  const body = { slug: 'wanted', hosts: ['wanted.example.com'], traffic_policy: policy };
  const results = await Promise.allSettled(accounts.map(({ client }) => client.createEndpoint({ body })));
  const made = results.filter(result => result.status === 'fulfilled');
  assert.ok(made.length <= 1);
  const owner = await findEndpointBySlug(api.store, 'wanted');
  assert.equal(owner?.id, made[0]?.value.id);
  assert.equal((await findEndpointByHost(api.store, 'wanted.example.com'))?.id, owner?.id);
});

test('two changes of one revision: one wins, the other answers 412 and changes nothing', async () => {
  const { id } = await create();
  const shown = await api.call('GET', `/endpoints/${id}`);
  assert.equal(shown.headers.get('etag'), '"1"');
  const results = await Promise.allSettled(
    ['a', 'b'].map(description => api.operator.updateEndpoint({ id, ifMatch: '"1"', body: { description } })),
  );
  const winner = results.find(result => result.status === 'fulfilled');
  const loser = results.find(result => result.status === 'rejected');
  assert.ok(winner && loser);
  assert.equal(refused(412, 'precondition_failed')(loser.reason), true);
  const now = await api.operator.getEndpoint({ id });
  assert.deepEqual([now.revision, now.description], [2, winner.value.description]);
});

test('If-Match guards deleting and rolling back too; * takes any revision, and no other form is taken', async () => {
  const { id } = await create();
  await api.operator.updateEndpoint({ id, ifMatch: '*', body: { traffic_policy: policyWith('1m') } });
  for (const ifMatch of ['"1"', 'W/"2"', '2', '"x"', '']) {
    await assert.rejects(api.operator.deleteEndpoint({ id, ifMatch }), refused(412, 'precondition_failed'), ifMatch);
    const rollback = api.operator.rollbackEndpoint({ id, ifMatch, body: { version: 1 } });
    await assert.rejects(rollback, refused(412, 'precondition_failed'), ifMatch);
  }
  await api.operator.rollbackEndpoint({ id, ifMatch: '"2"', body: { version: 1 } });
  await api.operator.deleteEndpoint({ id, ifMatch: '"3"' });
});

test('without If-Match, changes of different fields at once lose none', async () => {
  const { id } = await create();
  await Promise.all([
    api.operator.updateEndpoint({ id, body: { description: 'both' } }),
    api.operator.updateEndpoint({ id, body: { metadata: 'stay' } }),
    api.operator.updateEndpoint({ id, body: { hosts: ['both.example.com'] } }),
    api.operator.updateEndpoint({ id, body: { traffic_policy: policyWith('2m') } }),
  ]);
  const now = await api.operator.getEndpoint({ id });
  assert.deepEqual(
    [now.description, now.metadata, now.hosts, now.traffic_policy, now.policy_version, now.revision],
    ['both', 'stay', ['both.example.com'], policyWith('2m'), 2, 5],
  );
});

test('every policy that was ever saved can be read and brought back', async () => {
  const { id } = await create();
  const policies = [policy];
  for (const timeout of ['1m', '2m', '3m', '4m']) {
    policies.push(policyWith(timeout));
    await api.operator.updateEndpoint({ id, body: { traffic_policy: policyWith(timeout) } });
  }
  await api.operator.updateEndpoint({ id, body: { description: 'no other policy', traffic_policy: policyWith('4m') } });
  const seen: [number, string][] = [];
  for (let uri: string | null = `${api.url}/endpoints/${id}/versions?limit=2`; uri; ) {
    const { body } = await api.call('GET', uri);
    const versions = body.versions as { version: number; traffic_policy: string }[];
    seen.push(...versions.map(({ version, traffic_policy }): [number, string] => [version, traffic_policy]));
    uri = body.next_page_uri as string | null;
  }
  assert.deepEqual(seen, policies.map((text, index): [number, string] => [index + 1, text]).reverse());
  const back = await api.operator.rollbackEndpoint({ id, body: { version: 2 } });
  assert.deepEqual([back.policy_version, back.traffic_policy], [6, policyWith('1m')]);
  const fifth = await api.operator.getEndpointVersion({ id, version: '5' });
  assert.deepEqual([fifth.traffic_policy, fifth.created_by.id], [policyWith('4m'), api.operatorKeyId]);
  assert.equal((await api.operator.getEndpointVersion({ id, version: '6' })).traffic_policy, policyWith('1m'));
  for (const version of ['0', '7', '1.5', 'x', '9'.repeat(20)]) {
    await assert.rejects(api.operator.getEndpointVersion({ id, version }), refused(404, 'not_found'));
  }
  await assert.rejects(api.operator.rollbackEndpoint({ id, body: { version: 7 } }), refused(404, 'not_found'));
});

test('policies saved at once all become versions', async () => {
  const { id } = await create();
  const timeouts = ['1m', '2m', '3m', '4m', '5m'];
  await Promise.all(
    timeouts.map(timeout => api.operator.updateEndpoint({ id, body: { traffic_policy: policyWith(timeout) } })),
  );
  const { versions } = await api.operator.listEndpointVersions({ id });
  assert.deepEqual(
    versions.map(({ version }) => version),
    [6, 5, 4, 3, 2, 1],
  );
  assert.deepEqual(
    new Set(versions.map(({ traffic_policy }) => traffic_policy)),
    new Set([policy, ...timeouts.map(policyWith)]),
  );
});

test('a broken policy is refused with every problem, and validated without saving', async () => {
  const broken = 'on_http_request: [{ type: ai-gateway, config: { colour: red, total_timeout: soon } }]';
  const { id } = await create();
  const answer = await api.call('PATCH', `/endpoints/${id}`, { body: { traffic_policy: broken } });
  assert.deepEqual([answer.status, answer.body.error_code], [422, 'invalid_policy']);
  const { valid, problems } = await api.operator.validateEndpoint({ id, body: { traffic_policy: broken } });
  assert.equal(valid, false);
  assert.deepEqual(problems, (answer.body.details as { problems: unknown }).problems);
  assert.equal(problems.length, 2);
  const good = await api.operator.validateEndpoint({ id, body: { traffic_policy: policyWith('1m') } });
  assert.deepEqual(good, { valid: true, problems: [] });
  assert.equal((await api.operator.getEndpoint({ id })).revision, 1);
});

test('a policy that no item could hold is refused', async () => {
  const models = Array.from({ length: 9_000 }, (_, index) => `{ id: model-${index} }`).join(', ');
  const large = `on_http_request: [{ type: ai-gateway, config: { providers: [{ id: own, base_url: 'https://a.example', models: [${models}] }] } }]`;
  const comment = `#${'x'.repeat(100_000)}\n`;
  const answer = await api.call('POST', '/endpoints', { body: { slug: 'large', traffic_policy: comment + large } });
  assert.deepEqual([answer.status, answer.body.error_code], [422, 'invalid_policy']);
  assert.match(answer.body.msg as string, /ERR_NGROK_2221/);
});

for (const [what, character, count] of [
  ['letters of three bytes', '字', 18],
  ['quotes, which JSON escapes twice', '"', 9],
] as const) {
  test(`a page of endpoints whose policies are full of ${what} is cut before Lambda would refuse it`, async () => {
    const { accountId, token } = await api.newAccount();
    const trafficPolicy = character.repeat(360_000 / Buffer.byteLength(character));
    const ids = Array.from({ length: count }, (_, index) => `ep_${String(index).padStart(15, '0')}`);
    const template = await findEndpointBySlug(api.store, 'default');
    for (const id of ids) {
      const endpoint = { ...(template as Endpoint), id, accountId, trafficPolicy, slug: id, createdBy: id };
      await createEndpoint(api.store, endpoint, { claimId: id, nowMs: Date.now() });
    }
    const seen: string[] = [];
    for (let uri: string | null = `${api.url}/endpoints`; uri; ) {
      const { status, body } = await api.call('GET', uri, { token });
      assert.equal(status, 200, JSON.stringify(body).slice(0, 200));
      seen.push(...(body.endpoints as { id: string }[]).map(({ id }) => id));
      uri = body.next_page_uri as string | null;
    }
    assert.deepEqual(seen, ids.reverse());
    for (const id of ids) await deleteEndpoint(api.store, { accountId, id }, { nowMs: Date.now() });
  });
}

test('deleting an endpoint while it is changed and used breaks nothing: it is gone, and its names are free', async () => {
  let state = 1;
  const pause = () => {
    state = (state * 48_271) % 2_147_483_647;
    return new Promise(resolve => setTimeout(resolve, state % 10));
  };
  const restore = intercept(api.store.dynamo, async (_, send) => pause().then(send));
  for (const slug of ['race-1', 'race-2', 'race-3']) {
    const names = { slug, hosts: [`${slug}.example.com`] };
    const { id } = await create(names);
    const key = await api.operator.createAiGatewayApiKey({ body: { endpoint_id: id } });
    const calls: [method: string, path: string, body?: object][] = [
      ['DELETE', `/endpoints/${id}`],
      ['DELETE', `/endpoints/${id}`],
      ['PATCH', `/endpoints/${id}`, { slug: `${slug}-b` }],
      ['PATCH', `/endpoints/${id}`, { hosts: [], traffic_policy: policyWith('1m') }],
      ['POST', `/endpoints/${id}/rollback`, { version: 1 }],
      ['POST', '/ai_gateway_api_keys', { endpoint_id: id }],
      ['PATCH', `/ai_gateway_api_keys/${key.id}`, { description: 'x' }],
      ['DELETE', `/ai_gateway_api_keys/${key.id}`],
      ['GET', `/endpoints/${id}/versions`],
      ['POST', `/endpoints/${id}/explain`, { body: { model: 'gpt-4o', messages: [] } }],
    ];
    const answers = await Promise.all(calls.map(([method, path, body]) => api.call(method, path, { body })));
    for (const { status, body } of answers) assert.ok([200, 201, 204, 404].includes(status), JSON.stringify(body));
    for (const path of [`/endpoints/${id}`, `/ai_gateway_api_keys/${key.id}`]) {
      assert.equal((await api.call('GET', path)).status, 404, path);
    }
    assert.equal((await create(names)).slug, slug);
  }
  restore();
});

test('a version has a number, written as one', async () => {
  const { id } = await create();
  for (const version of ['1e0', ' 1', '0x1', '+1', '']) {
    const answer = await api.call('GET', `/endpoints/${id}/versions/${encodeURIComponent(version)}`);
    assert.deepEqual([answer.status, answer.body.error_code], [404, 'not_found'], version);
  }
});

test('deleting goes on where an earlier deletion stopped', async () => {
  const { id } = await create({ slug: 'half' });
  await api.operator.updateEndpoint({ id, body: { traffic_policy: policyWith('1m') } });
  let deletions = 0;
  const restore = intercept(api.store.dynamo, async ({ name }, send) => {
    if (name === 'DeleteItemCommand' && deletions++ === 0) throw new Error('no luck');
    return send();
  });
  const half = await api.call('DELETE', `/endpoints/${id}`);
  restore();
  assert.equal(half.status, 503);
  await assert.rejects(api.operator.getEndpoint({ id }), refused(404, 'not_found'));
  assert.equal(await findEndpointBySlug(api.store, 'half'), undefined);
  await api.operator.deleteEndpoint({ id });
  assert.equal((await create({ slug: 'half' })).slug, 'half');
});
