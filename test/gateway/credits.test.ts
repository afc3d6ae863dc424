import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import OpenAI from 'openai';
import { brokenRules } from '../../functions/core/balance.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatScript, sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

before(async () => {
  upstream = await startUpstream(chatScript(['Hello'], 9, 1));
});

beforeEach(async () => {
  gateway = await startTestGateway({ baseUrls: { openai: upstream.baseUrl }, managedKeys: { openai: 'sk-managed' } });
});

afterEach(async () => {
  const balance = await gateway.settled();
  assert.deepEqual(balance && brokenRules(balance), balance && []);
  assert.deepEqual(gateway.reports, []);
  await gateway.close();
  upstream.script = chatScript(['Hello'], 9, 1);
  upstream.requests.length = 0;
});

after(() => upstream.close());

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 1_000 };

/** Its answer cannot be shortened, so what it sets aside is always the same. */
const shortHello = { ...hello, max_tokens: 16 };

/** What one such request sets aside. */
async function heldForHello(): Promise<bigint> {
  await gateway.grant(1_000_000_000n);
  const record = await gateway.usageRecord(await gateway.chat(shortHello));
  return BigInt(record?.heldNanoUsd ?? 0);
}

test('of 50 requests at once, exactly as many are served as the balance covers', async () => {
  const heldNanoUsd = await heldForHello();
  const rest = (await gateway.settled())?.availableNanoUsd ?? 0n;
  const blocking = { accountId: gateway.accountId, id: { requestId: 'rq_0000000zzzzzz', attempt: 0, shard: 0 } };
  const blockedNanoUsd = rest - (rest % 1_000n);
  await gateway.balances.hold(gateway.accountId, blocking.id.requestId, blockedNanoUsd, Date.now());
  await gateway.grant(heldNanoUsd * 10n + heldNanoUsd / 2n);
  const available = await gateway.balances.read(gateway.accountId);
  const refused: unknown[] = [];
  const waiting: (() => void)[] = [];
  const releaseWhenAllAreDecided = () => {
    if (waiting.length + refused.length === 50) for (const resolve of waiting) resolve();
  };
  upstream.script = async (_, response) => {
    await new Promise<void>(resolve => {
      waiting.push(resolve);
      releaseWhenAllAreDecided();
    });
    sendJson(response, 200, chatAnswer('Hello', 9, 1));
  };
  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
  const calls = Array.from({ length: 50 }, () =>
    openai.chat.completions.create(shortHello).then(
      () => true,
      error => {
        refused.push(error);
        releaseWhenAllAreDecided();
        return false;
      },
    ),
  );
  const served = (await Promise.all(calls)).filter(Boolean).length;
  assert.equal(served, 10);
  assert.equal(upstream.requests.length, 11, 'one request before, and ten now');
  for (const error of refused) {
    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.status, 403);
    assert.equal(error.code, 'ERR_NGROK_4026');
    assert.equal(error.headers?.get('ngrok-error-code'), 'ERR_NGROK_4026');
    assert.match(error.message, /USD are available; buy or grant credits/);
  }
  const after = await eventually('settled balance', async () => {
    const balance = await gateway.balances.read(gateway.accountId);
    return balance?.holds.size === 1 ? balance : undefined;
  });
  assert.equal((available?.availableNanoUsd ?? 0n) - after.availableNanoUsd, 10n * (9n * 150n + 600n));
  await gateway.balances.settle({ ...blocking, amountNanoUsd: blockedNanoUsd }, 0n, Date.now());
});

test('an account that never had credits is told so, and a grant restores access at once', async () => {
  const refused = await gateway.chat(hello);
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get('ngrok-error-code'), 'ERR_NGROK_6033');
  await gateway.grant(5_000_000_000n);
  assert.equal((await gateway.chat(hello)).status, 200);
});

test('credits end to the second, and then the balance is empty', async () => {
  const expiresAtSeconds = Math.floor(Date.now() / 1000) + 60;
  await gateway.grant(5_000_000_000n, { expiresAtSeconds });
  assert.equal((await gateway.chat(hello)).status, 200);
  await gateway.settled();
  gateway.clock.offsetMs = 61_000;
  const refused = await gateway.chat(hello);
  assert.equal(refused.headers.get('ngrok-error-code'), 'ERR_NGROK_4026');
  const balance = await gateway.balances.read(gateway.accountId);
  assert.equal(balance?.availableNanoUsd, 0n);
  assert.equal(balance?.expiredNanoUsd, 5_000_000_000n - 1_950n);
});

test('what returns from a hold to a lot that has ended expires', async () => {
  const expiresAtSeconds = Math.floor(Date.now() / 1000) + 60;
  await gateway.grant(5_000_000_000n, { expiresAtSeconds });
  upstream.script = async (_, response) => {
    gateway.clock.offsetMs = 61_000;
    await gateway.balances.expireLots(gateway.accountId, Date.now() + 61_000);
    sendJson(response, 200, chatAnswer('Hello', 9, 1));
  };
  assert.equal((await gateway.chat(hello)).status, 200);
  const balance = await gateway.settled();
  assert.equal(balance?.availableNanoUsd, 0n);
  assert.equal(balance?.spentNanoUsd, 1_950n);
  assert.equal(balance?.expiredNanoUsd, 5_000_000_000n - 1_950n);
});

test('own keys cost no credits and work without any', async () => {
  await gateway.setPolicy(`
on_http_request:
  - actions:
      - type: ai-gateway
        config:
          providers:
            - id: openai
              api_keys: [{ value: sk-first }, { value: sk-second }]
`);
  upstream.script = (request, response) =>
    request.headers.authorization === 'Bearer sk-first'
      ? sendJson(response, 401, { error: { message: 'no' } })
      : chatScript(['Hello'], 9, 1)(request, response);
  for (const headers of [{}, { authorization: 'Bearer unused' }, { authorization: '' }]) {
    const response = await fetch(`${gateway.url}/e/default/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.token}`, ...headers },
      body: JSON.stringify({ ...hello, custom_member: { kept: 1 } }),
    });
    assert.equal(response.status, 200);
    assert.deepEqual(
      upstream.requests.at(-1)?.body,
      { ...hello, custom_member: { kept: 1 } },
      'whatever is in it passes',
    );
    const record = await gateway.usageRecord(response);
    assert.deepEqual(
      record?.attempts.map(({ keySource, status }) => [keySource, status]),
      [
        ['own', 401],
        ['own', 200],
      ],
    );
    assert.equal(record?.costNanoUsd, '0');
  }
});

test('without a key of ours the client’s own goes to its provider', async () => {
  const response = await fetch(`${gateway.url}/e/default/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-client' },
    body: JSON.stringify(hello),
  });
  assert.equal(response.status, 200);
  assert.equal(upstream.requests[0]?.headers.authorization, 'Bearer sk-client');
  const none = await fetch(`${gateway.url}/e/default/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(hello),
  });
  assert.equal(none.headers.get('ngrok-error-code'), 'ERR_NGROK_3802');
});

test('a provider of the endpoint’s own is called at its address without any credential of the deployment', async () => {
  await gateway.setPolicy(`
on_http_request:
  - type: ai-gateway
    config:
      providers:
        - id: ollama
          base_url: ${upstream.baseUrl.replace('/v1', '')}
          models: [{ id: "llama3.2:1b", id_aliases: [small] }]
`);
  for (const model of ['llama3.2:1b', 'small', 'ollama:llama3.2:1b']) {
    const response = await gateway.chat({ ...hello, model, stream: true });
    assert.equal(response.status, 200);
    const seen = upstream.requests.at(-1);
    assert.equal(seen?.path, '/v1/chat/completions');
    assert.equal(seen?.body.model, 'llama3.2:1b');
    assert.equal(seen?.headers.authorization, undefined);
    assert.equal(seen?.body.stream_options, undefined, 'it may not know the option');
    assert.equal((await gateway.usageRecord(response))?.costNanoUsd, '0');
  }
});
