import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { newToken } from '../../functions/core/credential.ts';
import { masked } from '../../functions/core/mask-credentials.ts';
import { ManagementError } from '../../functions/management/management-error.ts';
import { replay } from '../../functions/observability/replay.ts';
import type { Inspection } from '../../functions/store/inspections.ts';
import { sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

const key = newToken('gateway_key', randomBytes);
let gateway: Upstream;

before(async () => {
  gateway = await startUpstream((_, response) =>
    sendJson(response, 201, {}, { 'ngrok-aig-request-id': 'rq_new', 'content-type': 'application/json' }),
  );
});
after(() => gateway.close());
beforeEach(() => {
  gateway.requests.length = 0;
});

function inspection(request: Partial<Inspection['request']> = {}, fields: Partial<Inspection> = {}): Inspection {
  return {
    requestId: 'rq_old',
    accountId: 'ac_1',
    endpointId: 'ep_1',
    gatewayKeyId: 'aigk_1',
    createdAt: '2027-01-01T00:00:00.000Z',
    expiresAt: '2027-01-02T00:00:00.000Z',
    totalMs: 1,
    status: 200,
    method: 'POST',
    path: '/e/old-slug/v1/chat/completions',
    request: {
      headers: { authorization: `Bearer ${masked}`, 'x-team': 'blue', host: 'elsewhere', 'content-length': '7' },
      query: 'a=b',
      body: '{"a":1}',
      bodyBytes: 7,
      cut: [],
      masked: ['headers.authorization'],
      ...request,
    },
    response: { headers: {}, body: '', bodyBytes: 0, cut: [], masked: [] },
    ...fields,
  };
}

const send = (kept: Inspection, gatewayKey: string | undefined) =>
  replay(kept, 'slug', gatewayKey, new URL(gateway.baseUrl).origin);

test('a request goes out as it came, to the endpoint as it is called now, with the key that is given', async () => {
  assert.deepEqual(await send(inspection(), key), { requestId: 'rq_new', status: 201 });
  const [seen] = gateway.requests;
  assert.equal(seen?.path, '/e/slug/v1/chat/completions?a=b');
  assert.equal(seen?.text, '{"a":1}');
  assert.equal(seen?.headers.authorization, `Bearer ${key}`);
  assert.equal(seen?.headers['x-team'], 'blue');
  assert.equal(seen?.headers['ngrok-replay-original-request-id'], 'rq_old');
  assert.notEqual(seen?.headers.host, 'elsewhere');
});

test('the key stands where the first one stood, and a request that came without one goes without', async () => {
  await send(inspection({ headers: { 'x-api-key': masked }, masked: ['headers.x-api-key'] }), key);
  assert.equal(gateway.requests[0]?.headers['x-api-key'], key);
  assert.equal(gateway.requests[0]?.headers.authorization, undefined);
  const open = inspection({ headers: {}, masked: [], body: '' }, { gatewayKeyId: undefined, method: 'GET' });
  await send(open, undefined);
  assert.equal(gateway.requests[1]?.method, 'GET');
  assert.equal(gateway.requests[1]?.headers.authorization, undefined);
});

const refusals: [why: string, kept: Inspection, given: string | undefined, message: RegExp][] = [
  ['a key that is not given', inspection(), undefined, /give a key of its endpoint/],
  ['a key of another kind', inspection(), 'sk-secret-of-a-provider', /not an AI Gateway API key/],
  ['a body in a GET', inspection({}, { method: 'GET' }), key, /a GET with a body/],
  ['a method that is never sent', inspection({}, { method: 'TRACE' }), key, /send a TRACE/],
  ['a body that is cut', inspection({ cut: ['body'] }), key, /its body was too long/],
  [
    'a masked body',
    inspection({ masked: ['headers.authorization', 'body'] }),
    key,
    /a credential in its body is masked/,
  ],
  ['a cookie', inspection({ masked: ['headers.authorization', 'headers.cookie'] }), key, /headers\.cookie is masked/],
  [
    'two credentials',
    inspection({
      headers: { authorization: `Bearer ${masked}`, 'x-api-key': masked },
      masked: ['headers.authorization', 'headers.x-api-key'],
    }),
    key,
    /another credential/,
  ],
  ['basic authentication', inspection({ headers: { authorization: `Basic ${masked}` } }), key, /another credential/],
  [
    'the client’s own key for a provider, without one of ours',
    inspection({}, { gatewayKeyId: undefined }),
    undefined,
    /headers\.authorization is masked/,
  ],
];

for (const [why, kept, given, message] of refusals) {
  test(`a request is not sent again with ${why}`, async () => {
    await assert.rejects(send(kept, given), error => {
      assert.ok(error instanceof ManagementError);
      assert.equal(error.code, 'unusable_request');
      assert.match(error.message, message);
      assert.ok(given === undefined || !error.message.includes(given));
      return true;
    });
    assert.equal(gateway.requests.length, 0);
  });
}

test('a gateway that cannot be reached is our fault, and passes', async () => {
  await assert.rejects(replay(inspection(), 'slug', key, 'http://127.0.0.1:1'), { code: 'service_unavailable' });
});
