import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;
/** The one key that the provider takes. */
let valid = '';

before(async () => {
  upstream = await startUpstream(({ headers }, response) =>
    headers.authorization === `Bearer ${valid}`
      ? sendJson(response, 200, chatAnswer('Hello', 9, 1))
      : sendJson(response, 401, { error: { message: 'bad key' } }),
  );
  gateway = await startTestGateway({
    baseUrls: { openai: upstream.baseUrl },
    managedKeys: { openai: 'sk-managed-1' },
    cacheLifetimeMs: 60_000,
  });
  await gateway.grant(5_000_000_000n);
});

afterEach(() => {
  upstream.requests.length = 0;
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

const hello = { model: 'openai:gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 };
const keysSent = () => upstream.requests.map(({ headers }) => headers.authorization);

test('a managed key that was replaced is read again when the provider refuses the old one', async () => {
  valid = 'sk-managed-1';
  assert.equal((await gateway.chat(hello)).status, 200);
  gateway.secrets.managed = { openai: 'sk-managed-2' };
  valid = 'sk-managed-2';
  const answer = await gateway.chat(hello);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('ngrok-aig-attempts'), '2');
  assert.deepEqual(keysSent(), ['Bearer sk-managed-1', 'Bearer sk-managed-1', 'Bearer sk-managed-2']);
});

test('a managed key that is still the same is not tried again, and its refusal is not the client’s', async () => {
  valid = 'sk-somebody-else';
  const answer = await gateway.chat(hello);
  assert.deepEqual([answer.status, answer.headers.get('ngrok-error-code')], [503, 'ERR_NGROK_3807']);
  assert.equal(upstream.requests.length, 1);
});

test('an endpoint’s own key that was replaced in its vault is read again, once a request', async () => {
  const secretId = `accounts/${gateway.accountId}`;
  gateway.secrets[secretId] = { 'providers/openai': 'sk-own-1' };
  await gateway.setPolicy(`on_http_request:
  - actions:
      - type: ai-gateway
        config:
          providers:
            - id: openai
              api_keys:
                - value: "\${secrets.get('providers', 'openai')}"`);
  gateway.clock.offsetMs += 61_000; // the policy that was cached
  valid = 'sk-own-1';
  assert.equal((await gateway.chat(hello)).status, 200);
  gateway.secrets[secretId] = { 'providers/openai': 'sk-own-2' };
  valid = 'sk-own-2';
  assert.equal((await gateway.chat(hello)).status, 200);
  assert.deepEqual(keysSent(), ['Bearer sk-own-1', 'Bearer sk-own-1', 'Bearer sk-own-2']);
  valid = 'sk-own-3';
  assert.equal((await gateway.chat(hello)).status, 401, 'the provider’s own words about the endpoint’s own key');
});

test('while Secrets Manager fails, keys that were read go on being used', async () => {
  const id = `accounts/${gateway.accountId}`;
  valid = 'sk-own-2';
  const kept = gateway.secrets[id];
  Object.defineProperty(gateway.secrets, id, { configurable: true, get: () => assert.fail('Secrets Manager is down') });
  gateway.clock.offsetMs += 61_000;
  assert.equal((await gateway.chat(hello)).status, 200);
  Object.defineProperty(gateway.secrets, id, { configurable: true, writable: true, value: kept });
});
