import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '../../functions/core/ids.ts';
import type { LimitPeriod, SpendLimit } from '../../functions/core/key-limit.ts';
import { KeyLimits } from '../../functions/store/key-limits.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { chatAnswer, chatScript, sendJson, startUpstream, type Upstream } from '../support/upstream.ts';

let upstream: Upstream;
let gateway: TestGateway;

before(async () => {
  upstream = await startUpstream(chatScript(['Hello'], 9, 1));
  gateway = await startTestGateway({ baseUrls: { openai: upstream.baseUrl }, managedKeys: { openai: 'sk-managed' } });
});

beforeEach(() => {
  upstream.script = chatScript(['Hello'], 9, 1);
});

after(async () => {
  await gateway.close();
  await upstream.close();
});

const hello = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 1_000 };
/** What one answer of the upstream costs: 9 tokens at 0.15 and one at 0.60 USD a million. */
const costNanoUsd = 9n * 150n + 600n;
let serial = 0;

async function keyWith(amountNanoUsd: bigint, period: LimitPeriod) {
  const id = newId('aigk', Date.now() + serial++, () => Buffer.alloc(6));
  const spendLimit: SpendLimit = { amountNanoUsd: amountNanoUsd.toString(), period };
  const token = await gateway.newKey({ id, spendLimit });
  const limits = new KeyLimits(gateway.store);
  const use = () => limits.read({ accountId: gateway.accountId, id, spendLimit }, Date.now() + gateway.clock.offsetMs);
  return {
    chat: () => gateway.chat(hello, { authorization: `Bearer ${token}` }),
    settled: () =>
      eventually('settled limit', async () => {
        const { spentNanoUsd, heldNanoUsd } = await use();
        return heldNanoUsd === 0n ? { spentNanoUsd } : undefined;
      }).then(({ spentNanoUsd }) => spentNanoUsd),
  };
}

/** What one request sets aside. */
async function heldForHello(): Promise<bigint> {
  await gateway.grant(5_000_000_000n);
  const record = await gateway.usageRecord(await gateway.chat(hello));
  return BigInt(record?.heldNanoUsd ?? 0);
}

async function message(response: Response): Promise<string> {
  return ((await response.json()) as { error: { message: string } }).error.message;
}

test('of 30 requests at once, exactly as many are served as the key may spend', async () => {
  const heldNanoUsd = await heldForHello();
  const key = await keyWith(heldNanoUsd * 10n + heldNanoUsd / 2n, 'total');
  const waiting: (() => void)[] = [];
  let refused = 0;
  const releaseWhenAllAreDecided = () => {
    if (waiting.length + refused === 30) for (const resolve of waiting) resolve();
  };
  upstream.script = async (_, response) => {
    await new Promise<void>(resolve => {
      waiting.push(resolve);
      releaseWhenAllAreDecided();
    });
    sendJson(response, 200, chatAnswer('Hello', 9, 1));
  };
  const answers = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const response = await key.chat();
      if (response.status !== 200) {
        refused++;
        releaseWhenAllAreDecided();
      }
      return response;
    }),
  );
  assert.equal(answers.filter(({ status }) => status === 200).length, 10);
  const refusal = answers.find(({ status }) => status !== 200) as Response;
  assert.equal(refusal.status, 403);
  assert.equal(refusal.headers.get('ngrok-error-code'), 'key_limit_reached');
  assert.match(
    await message(refusal),
    /may spend 0\.00\d+ USD in total: .* are spent and .* set aside.*raise the key's/,
  );
  assert.equal(await key.settled(), 10n * costNanoUsd);
  assert.equal((await gateway.settled())?.heldNanoUsd, 0n);
});

test('what the balance refuses does not count to the limit', async () => {
  const heldNanoUsd = await heldForHello();
  const key = await keyWith(heldNanoUsd, 'total');
  const rest = (await gateway.settled())?.availableNanoUsd ?? 0n;
  const requestId = newId('rq', Date.now(), () => Buffer.alloc(6));
  const blocking = await gateway.balances.hold(gateway.accountId, requestId, rest - (rest % 1_000n), Date.now());
  assert.ok(blocking.status === 'held');
  assert.equal((await key.chat()).headers.get('ngrok-error-code'), 'ERR_NGROK_4026');
  assert.equal(await key.settled(), 0n);
  await gateway.balances.settle(blocking.hold, 0n, Date.now());
  assert.equal((await key.chat()).status, 200);
  assert.equal(await key.settled(), costNanoUsd);
});

test('own provider keys do not count to the limit', async () => {
  const key = await keyWith(0n, 'total');
  const policy = (apiKeys: string) => `
on_http_request:
  - actions: [{ type: ai-gateway, config: { providers: [{ id: openai${apiKeys} }] } }]
`;
  await gateway.setPolicy(policy(', api_keys: [{ value: sk-own }]'));
  assert.equal((await key.chat()).status, 200);
  await gateway.setPolicy(policy(''));
  assert.equal((await key.chat()).headers.get('ngrok-error-code'), 'key_limit_reached');
});

test('a daily limit is new each UTC day', async () => {
  const key = await keyWith((await heldForHello()) + 1_000n, 'daily');
  assert.equal((await key.chat()).status, 200);
  await key.settled();
  const refusal = await key.chat();
  assert.equal(refusal.headers.get('ngrok-error-code'), 'key_limit_reached');
  assert.match(await message(refusal), /a day \(UTC\).*wait until \d{4}-\d\d-\d\dT00:00:00.000Z/);
  gateway.clock.offsetMs += 86_400_000; // from here on it is tomorrow
  await gateway.grant(5_000_000_000n);
  assert.equal((await key.chat()).status, 200);
});

test('a key is shut from the moment it expires', async () => {
  const nowMs = Date.now() + gateway.clock.offsetMs;
  const token = await gateway.newKey({ expiresAt: new Date(nowMs + 60_000).toISOString() });
  await gateway.grant(5_000_000_000n);
  const chat = () => gateway.chat(hello, { authorization: `Bearer ${token}` });
  assert.equal((await chat()).status, 200);
  gateway.clock.offsetMs += 61_000;
  const refusal = await chat();
  assert.equal(refusal.status, 401);
  assert.equal(refusal.headers.get('ngrok-error-code'), 'ERR_NGROK_27007');
  assert.match(await message(refusal), /expired at .*; create a new one/);
});
