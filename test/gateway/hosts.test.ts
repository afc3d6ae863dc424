import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { authenticate } from '../../functions/gateway/authenticate.ts';
import { changeEndpoint, createEndpoint, findEndpoint } from '../../functions/store/endpoints.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { intercept } from '../support/store-faults.ts';

let gateway: TestGateway;
const otherId = 'ep_other';

before(async () => {
  gateway = await startTestGateway({ baseUrls: {}, cacheLifetimeMs: 60_000 });
  const { store, accountId, endpointId } = gateway;
  const by = { changedBy: 'ak', claimId: 'test', nowMs: Date.now() };
  await changeEndpoint(store, { accountId, id: endpointId }, { hosts: ['own.example.com'] }, by);
  const own = await findEndpoint(store, accountId, endpointId);
  assert.ok(own);
  const names = { id: otherId, slug: 'other', hosts: ['other.example.com'] };
  await createEndpoint(store, { ...own, ...names, createdBy: 'ak' }, { claimId: 'other', nowMs: Date.now() });
});
after(() => gateway.close());

/** The endpoint that a request reaches. */
async function reach(host: string | undefined, { path = '/v1/models', token = '' } = {}): Promise<string> {
  const headers = { host, ...(token !== '' && { authorization: `Bearer ${token}` }) };
  const call = { method: 'GET', path, query: '', headers, body: Buffer.alloc(0) };
  const request = { ...call, clientIp: '127.0.0.1', httpVersion: 'HTTP/1.1', timeLeftMs: 60_000 };
  return (await authenticate(request, gateway.gateway)).endpoint.id;
}

test('without a key, the host names the endpoint, whatever its case and port', async () => {
  for (const host of ['other.example.com', 'OTHER.Example.com', 'other.example.com:443', 'other.example.com.']) {
    assert.equal(await reach(host), otherId, host);
  }
  assert.equal(await reach('own.example.com'), gateway.endpointId);
});

test('the slug comes before the host', async () => {
  assert.equal(await reach('own.example.com', { path: '/e/other/v1/models' }), otherId);
});

test('no key, no slug and a host of nobody: no endpoint', async () => {
  for (const host of [undefined, '', 'nobody.example.com', '127.0.0.1:8080', '[::1]:8080', 'localhost']) {
    await assert.rejects(reach(host), { code: 'ERR_NGROK_3200' }, host);
  }
});

test('a key works on the hosts of its endpoint and on those of nobody', async () => {
  for (const host of ['own.example.com', 'nobody.example.com', 'localhost:8080']) {
    assert.equal(await reach(host, { token: gateway.token }), gateway.endpointId, host);
  }
});

test('a key is refused on another endpoint’s host', async () => {
  await assert.rejects(reach('other.example.com', { token: gateway.token }), {
    code: 'ERR_NGROK_27008',
    message: /does not belong to the endpoint of host "other\.example\.com"/,
  });
});

test('a host is looked up once, be it anybody’s or nobody’s, and what can be no endpoint’s never', async () => {
  await reach('localhost', { token: gateway.token });
  let calls = 0;
  const restore = intercept(gateway.store.dynamo, (_, send) => {
    calls++;
    return send();
  });
  const callsFor = async (host: string) => {
    calls = 0;
    await reach(host, { token: gateway.token });
    return calls;
  };
  try {
    for (const host of ['abc123.lambda-url.eu-central-1.on.aws', '10.0.0.1:80', '[::1]', 'x.localhost']) {
      assert.equal(await callsFor(host), 0, host);
    }
    assert.ok((await callsFor('new.example.com')) > 0);
    assert.equal(await callsFor('new.example.com'), 0);
    await callsFor('own.example.com');
    assert.equal(await callsFor('own.example.com'), 0);
  } finally {
    restore();
  }
});
