import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import Stripe from 'stripe';
import { createManagementClient, type ManagementClient } from '../../../functions/management/client.generated.ts';
import { type StripeMock, secretKey, startStripeMock, webhookSecret } from '../../credits/stripe-mock.ts';
import { eventually } from '../../support/eventually.ts';
import { refused } from '../../support/refused.ts';
import { chatAnswer, chatScript, sendJson, startUpstream, type Upstream } from '../../support/upstream.ts';
import { newDataFolder, type Stack, startStack } from '../start-stack.ts';

const data = newDataFolder();
let stripe: StripeMock;
let upstream: Upstream;
let stack: Stack;
let operator: ManagementClient;
let clockOffset: string;

before(async () => {
  stripe = await startStripeMock();
  upstream = await startUpstream(chatScript(['Hello'], 9, 1));
  await start('0s');
});

beforeEach(() => {
  upstream.script = chatScript(['Hello'], 9, 1);
});

after(async () => {
  await stack.kill('SIGTERM');
  await stripe.close();
  await upstream.close();
  data.remove();
});

/** Starts the stack, or starts it again with another clock. */
async function start(offset: string): Promise<void> {
  clockOffset = offset;
  stack = await startStack(data.folder, {
    OPENAI_API_KEY: 'sk-managed',
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    TOLLGATE_STRIPE_API_BASE: stripe.url,
    TOLLGATE_PROVIDER_BASE_URLS: JSON.stringify({ openai: upstream.baseUrl }),
    TOLLGATE_CONFIG_CACHE_MS: '0',
    TOLLGATE_MANAGEMENT_RATE_LIMIT: '100000',
    TOLLGATE_FEE: '5%+0.05/M',
    TOLLGATE_CLOCK_OFFSET: offset,
  });
  operator = client(stack.managementKey);
}

function client(token: string): ManagementClient {
  return createManagementClient({ baseUrl: stack.managementUrl, token });
}

let accounts = 0;

/** An account on payg with an endpoint, a gateway key and nothing else. */
class Account {
  readonly id: string;
  readonly slug: string;
  private readonly token: string;

  static async open(apiKeys = ''): Promise<Account> {
    const { id } = await operator.createAccount({ body: { plan: 'payg' } });
    const { token } = await operator.createApiKey({ account: id, body: { role: 'admin' } });
    const admin = client(token as string);
    const slug = `credits-${accounts++}`;
    const traffic_policy = `on_http_request:\n  - type: ai-gateway\n    config: { providers: [{ id: openai${apiKeys} }] }\n`;
    const endpoint = await admin.createEndpoint({ body: { slug, traffic_policy } });
    const key = await admin.createAiGatewayApiKey({ body: { endpoint_id: endpoint.id } });
    return new Account(id, slug, key.token as string);
  }

  private constructor(id: string, slug: string, token: string) {
    this.id = id;
    this.slug = slug;
    this.token = token;
  }

  async chat(more: object = {}, path = '/v1/chat/completions'): Promise<{ status: number; code: string; id: string }> {
    const response = await fetch(stack.gatewayUrl + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'Hi' }],
        max_tokens: 16,
        ...more,
      }),
    });
    const text = await response.text();
    const code = response.headers.get('ngrok-error-code') ?? '';
    assert.ok(text.includes(code), 'the message carries the code');
    return { status: response.status, code, id: response.headers.get('ngrok-aig-request-id') ?? '' };
  }

  grant(amount_usd: string) {
    return operator.createCreditGrant({ account: this.id, body: { amount_usd, reason: 'tests' } });
  }

  /** The balance, once nothing is set aside. */
  balance() {
    return eventually('settled balance', async () => {
      const balance = await operator.getCreditBalance({ account: this.id });
      return balance.held_nano_usd === '0' ? balance : undefined;
    });
  }

  async transactions() {
    return (await operator.listCreditTransactions({ account: this.id })).transactions;
  }

  /** Takes all that is left. */
  async drain(): Promise<void> {
    for (const { id } of (await this.balance()).lots) {
      await operator.createCreditRefund({ account: this.id, body: { lot_id: id, reason: 'tests' } });
    }
  }

  /** Begins a purchase, and lets Stripe say that it was paid. */
  async buy(amount_usd: string): Promise<void> {
    const session = await operator.createCreditCheckoutSession({ account: this.id, body: { amount_usd } });
    const payment = `pi_${session.id}`;
    const paid = { ...stripe.sessions.get(session.id), payment_status: 'paid', payment_intent: payment };
    const event = { object: 'event', type: 'checkout.session.completed', data: { object: paid } };
    const payload = JSON.stringify({ id: `evt_${payment}`, ...event });
    const days = Number.parseInt(clockOffset, 10);
    const timestamp = Math.floor(Date.now() / 1000) + days * 86_400;
    const signed = { payload, secret: webhookSecret, timestamp };
    const response = await fetch(`${stack.managementUrl}/webhooks/stripe`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'stripe-signature': new Stripe(secretKey).webhooks.generateTestHeaderString(signed),
      },
      body: payload,
    });
    assert.equal(response.status, 200, await response.text());
  }
}

test('B2 a call on managed keys costs the provider’s price and the fee, and is on the ledger', async () => {
  const account = await Account.open();
  await account.grant('5.00');
  upstream.script = chatScript(['Hello'], 1_000, 200);
  const { status, id } = await account.chat({ max_tokens: 1_000 });
  assert.equal(status, 200);
  // 1,000 tokens at 0.15 and 200 at 0.60 USD a million, 5 % of that, and 0.05 USD a million tokens.
  const upstreamNanoUsd = 1_000n * 150n + 200n * 600n;
  const feeNanoUsd = upstreamNanoUsd / 20n + 1_200n * 50n;
  const { available_nano_usd, spent_nano_usd } = await account.balance();
  assert.equal(BigInt(available_nano_usd), 5_000_000_000n - upstreamNanoUsd - feeNanoUsd);
  assert.equal(BigInt(spent_nano_usd), upstreamNanoUsd + feeNanoUsd);
  const charge = (await account.transactions()).find(({ request_id }) => request_id === id);
  assert.deepEqual(
    [charge?.kind, charge?.amount_nano_usd, charge?.fee_nano_usd],
    ['charge', `-${upstreamNanoUsd + feeNanoUsd}`, String(feeNanoUsd)],
  );
});

test('B3, B7 own provider keys need no credits, never had any or used up', async () => {
  const account = await Account.open(', api_keys: [{ value: sk-own }]');
  assert.equal((await account.chat()).status, 200);
  await account.grant('1.00');
  const before = await account.balance();
  assert.equal((await account.chat()).status, 200);
  assert.deepEqual(await account.balance(), before);
  await account.drain();
  assert.equal((await account.chat()).status, 200);
  assert.equal((await account.balance()).spent_nano_usd, '0');
});

test('B4 less than 5.00 USD is not sold', async () => {
  const account = await Account.open();
  const less = operator.createCreditCheckoutSession({ account: account.id, body: { amount_usd: '4.99' } });
  await assert.rejects(less, refused(400, 'ERR_NGROK_215'));
  await account.buy('5.00');
  assert.equal((await account.balance()).available_usd, '5.00');
});

test('B6 with an empty balance managed keys answer 403 with ERR_NGROK_4026', async () => {
  const account = await Account.open();
  await account.grant('0.0001');
  for (let calls = 0; calls < 100; calls++) if ((await account.chat()).status !== 200) break;
  const { status, code } = await account.chat();
  assert.deepEqual([status, code], [403, 'ERR_NGROK_4026']);
  const { available_nano_usd, spent_nano_usd, purchased_nano_usd } = await account.balance();
  assert.ok(BigInt(spent_nano_usd) > 0n);
  assert.equal(BigInt(available_nano_usd) + BigInt(spent_nano_usd), BigInt(purchased_nano_usd));
});

test('B8 buying restores access at once', async () => {
  const account = await Account.open();
  await account.grant('1.00');
  await account.drain();
  assert.equal((await account.chat()).code, 'ERR_NGROK_4026');
  await account.buy('5.00');
  assert.equal((await account.chat()).status, 200);
});

test('B12 an account that never had credits answers 403 with ERR_NGROK_6033', async () => {
  const account = await Account.open();
  const { status, code } = await account.chat();
  assert.deepEqual([status, code], [403, 'ERR_NGROK_6033']);
});

test('B13 what the provider counts is billed, and our own count where it counts nothing', async () => {
  const account = await Account.open();
  await account.grant('5.00');
  upstream.script = chatScript(['one two three'], 700, 300);
  const counted = await account.chat({ max_tokens: 1_000 });
  upstream.script = (_, response) =>
    sendJson(response, 200, { ...chatAnswer('one two three', 9, 1), usage: undefined });
  const uncounted = await account.chat({ max_tokens: 1_000 });
  await account.balance();
  const read = async (id: string) => (await operator.getUsageRequest({ account: account.id, id })).usage;
  const provider = await read(counted.id);
  assert.deepEqual([provider?.input_tokens, provider?.output_tokens, provider?.estimated], [700, 300, false]);
  const ours = await read(uncounted.id);
  assert.deepEqual([ours?.input_tokens, ours?.output_tokens, ours?.estimated], [1, 3, true]);
});

test('B14 managed keys are for known paths, the standard tier and models with a price', async () => {
  const account = await Account.open();
  await account.grant('5.00');
  const path = await account.chat({}, '/v1/images/generations');
  assert.deepEqual([path.status, path.code], [400, 'ERR_NGROK_3814']);
  const tier = await account.chat({ service_tier: 'priority' });
  assert.deepEqual([tier.status, tier.code], [422, 'ERR_NGROK_3815']);
  const model = await account.chat({ model: 'openai:gpt-99-unknown' });
  assert.deepEqual([model.status, model.code], [422, 'ERR_NGROK_3816']);
  assert.equal((await account.balance()).spent_nano_usd, '0');
});

test('B5 credits can be spent for 365 days, and not on the day after', async () => {
  const account = await Account.open();
  await account.buy('5.00');
  for (const [offset, status, code] of [
    ['364d', 200, ''],
    ['366d', 403, 'ERR_NGROK_4026'],
  ] as const) {
    await stack.kill('SIGTERM');
    await start(offset);
    const answer = await account.chat();
    assert.deepEqual([answer.status, answer.code], [status, code], offset);
  }
  const { available_nano_usd, spent_nano_usd, expired_nano_usd } = await account.balance();
  assert.equal(available_nano_usd, '0');
  assert.equal(BigInt(expired_nano_usd), 5_000_000_000n - BigInt(spent_nano_usd));
  await account.buy('5.00');
  assert.equal((await account.chat()).status, 200);
});
