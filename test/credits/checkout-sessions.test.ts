import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import type { ZodSafeParseResult } from 'zod';
import { checkoutSessionRoutes } from '../../functions/credits/checkout-sessions.ts';
import { type CreditsApi, startCreditsApi } from './start-credits-api.ts';
import { metadataOf, secretKey, webhookSecret } from './stripe-mock.ts';

let api: CreditsApi;

before(async () => {
  api = await startCreditsApi();
});

beforeEach(() => api.configure({ secret_key: secretKey, webhook_secret: webhookSecret }));

afterEach(() => {
  assert.ok(!api.reports.join().includes('hush'), 'reports hold no keys');
  api.stripe.failure = undefined;
  api.stripe.requests.length = 0;
  api.reports.length = 0;
});

after(() => api.close());

test('a session is made at Stripe for the account and the amount, and shown', async () => {
  const { accountId, call } = await api.open();
  const made = await call('POST', '/credits/checkout_sessions', {
    amount_usd: '5.00',
    success_url: 'https://example.com/thanks?id={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://example.com/back',
  });
  assert.equal(made.status, 201, made.text);
  const { id } = made.body;
  assert.deepEqual(made.body, {
    id,
    url: `https://checkout.stripe.com/c/pay/${id}`,
    amount_usd: '5.00',
    status: 'open',
  });
  const [{ form } = { form: {} as Record<string, string> }] = api.stripe.requests;
  assert.equal(form.mode, 'payment');
  assert.equal(form.client_reference_id, accountId);
  assert.equal(form['line_items[0][price_data][currency]'], 'usd');
  assert.equal(form['line_items[0][price_data][unit_amount]'], '500');
  assert.equal(form['line_items[0][quantity]'], '1');
  assert.equal(form.success_url, 'https://example.com/thanks?id={CHECKOUT_SESSION_ID}');
  assert.equal(form.cancel_url, 'https://example.com/back');
  const metadata = { tollgate_account_id: accountId, tollgate_amount_cents: '500' };
  assert.deepEqual(metadataOf(form, 'metadata'), metadata);
  assert.deepEqual(metadataOf(form, 'payment_intent_data[metadata]'), metadata);

  assert.deepEqual((await call('GET', `/credits/checkout_sessions/${id}`)).body, made.body);
  const session = api.stripe.sessions.get(String(id));
  Object.assign(session ?? {}, { status: 'complete', url: null });
  const complete = await call('GET', `/credits/checkout_sessions/${id}`);
  assert.deepEqual(complete.body, { ...made.body, url: null, status: 'complete' });
  assert.equal((await call('GET', '/credits/balance')).body.purchased_nano_usd, '0', 'only the event gives credits');
});

test('without addresses the buyer comes back to the dashboard', async () => {
  const { call } = await api.open();
  assert.equal((await call('POST', '/credits/checkout_sessions', { amount_usd: '12.5' })).body.amount_usd, '12.50');
  const { form } = api.stripe.requests[0] ?? { form: {} as Record<string, string> };
  assert.equal(form.success_url, `${api.url}/dashboard/`);
  assert.equal(form.cancel_url, undefined);
});

const badAmounts: [amount: unknown, message: RegExp][] = [
  ['4.99', /below the minimum of 5\.00 USD/],
  ['0', /below the minimum of 5\.00 USD/],
  ['1000000', /above the maximum of 999999\.99 USD/],
  ['999999999999', /above the maximum/],
  ['5.001', /parts of a cent/],
  ['5.000000001', /parts of a cent/],
  ['NaN', /not an amount/],
  ['Infinity', /not an amount/],
  ['1e309', /not an amount/],
  ['1e3', /not an amount/],
  ['-5', /not an amount/],
  ['-5.00', /not an amount/],
  ['+5', /not an amount/],
  ['5,00', /not an amount/],
  ['5.', /not an amount/],
  ['.5', /not an amount/],
  ['USD 5', /not an amount/],
  ['5 EUR', /not an amount/],
  ['€5', /not an amount/],
  ['0x10', /not an amount/],
  ['٥', /not an amount/],
  [' 5', /not an amount/],
  ['', /not an amount/],
  [5, /decimal string such as "5\.00"/],
  [null, /decimal string/],
  [['5'], /decimal string/],
];

test('an amount that is none, or too little, or too much, is refused before Stripe hears of it', async () => {
  const { call } = await api.open();
  for (const [amount_usd, message] of badAmounts) {
    const answer = await call('POST', '/credits/checkout_sessions', { amount_usd });
    assert.deepEqual([answer.status, answer.body.error_code], [400, 'ERR_NGROK_215'], String(amount_usd));
    assert.match(String(answer.body.msg), message);
  }
  for (const number of ['4.99', '1e309', '-5', '500']) {
    const answer = await call('POST', '/credits/checkout_sessions', `{"amount_usd": ${number}}`);
    assert.deepEqual([answer.status, answer.body.error_code], [400, 'ERR_NGROK_215'], number);
  }
  for (const [body, code] of [
    [{}, 'ERR_NGROK_27006'],
    [{ amount_usd: '5', currency: 'eur' }, 'ERR_NGROK_214'],
    [{ amount_usd: '5', success_url: 'javascript:alert(1)' }, 'ERR_NGROK_215'],
    [{ amount_usd: '5', cancel_url: 'nowhere' }, 'ERR_NGROK_215'],
  ] as const) {
    assert.equal((await call('POST', '/credits/checkout_sessions', body)).body.error_code, code, JSON.stringify(body));
  }
  assert.deepEqual(api.stripe.requests, []);
  for (const amount_usd of ['5', '5.0', '5.00', '999999.99', '7.250000000']) {
    assert.equal((await call('POST', '/credits/checkout_sessions', { amount_usd })).status, 201, amount_usd);
  }
});

test('whatever is written as an amount, what is taken is that many cents', () => {
  const [{ body } = { body: undefined }] = checkoutSessionRoutes;
  const read = (amount_usd: string) => body?.safeParse({ amount_usd }) as ZodSafeParseResult<{ amount_usd: number }>;
  const odd = fc.oneof(fc.string(), fc.stringMatching(/^[-+]?[0-9]{0,14}[.,]?[0-9]{0,11}(e[0-9]{1,3})?$/));
  fc.assert(
    fc.property(odd, text => {
      const result = read(text);
      if (!result.success) return;
      assert.match(text, /^\d+(\.\d{1,2}0*)?$/);
      assert.equal(result.data.amount_usd, Math.round(Number(text) * 100));
      assert.ok(result.data.amount_usd >= 500 && result.data.amount_usd <= 99_999_999);
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 500, max: 99_999_999 }), cents => {
      assert.equal(read(`${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`).data?.amount_usd, cents);
    }),
  );
});

test('an idempotency key makes one session for an account, and another for another account', async () => {
  const one = await api.open();
  const two = await api.open();
  const headers = { 'idempotency-key': 'order-1' };
  const buy = (call: typeof one.call, amount_usd: string) =>
    call('POST', '/credits/checkout_sessions', { amount_usd }, headers);
  const first = await buy(one.call, '10.00');
  const again = await buy(one.call, '10.00');
  assert.deepEqual(again.body, { ...first.body, replayed: true });
  const conflict = await buy(one.call, '11.00');
  assert.deepEqual([conflict.status, conflict.body.error_code], [409, 'idempotency_conflict']);
  const other = await buy(two.call, '11.00');
  assert.equal(other.status, 201);
  assert.notEqual(other.body.id, first.body.id);
  const keys = api.stripe.requests.map(({ idempotencyKey = '' }) => idempotencyKey);
  assert.equal(new Set(keys).size, 2);
  for (const key of keys) assert.ok(!key.includes('order-1'));
  const long = await one.call(
    'POST',
    '/credits/checkout_sessions',
    { amount_usd: '5' },
    { 'idempotency-key': 'x'.repeat(256) },
  );
  assert.equal(long.body.error_code, 'ERR_NGROK_215');
});

test('a session of another account, or none at all, is not found', async () => {
  const one = await api.open();
  const two = await api.open();
  const { id } = (await one.call('POST', '/credits/checkout_sessions', { amount_usd: '5' })).body;
  api.stripe.requests.length = 0;
  assert.equal((await two.call('GET', `/credits/checkout_sessions/${id}`)).status, 404);
  assert.equal((await two.call('GET', '/credits/checkout_sessions/cs_test_999')).status, 404);
  assert.equal(api.stripe.requests.length, 2);
  for (const odd of ['pi_1', 'cs_..%2F..%2Fcharges', 'cs_1%3Fexpand=x', '__proto__']) {
    assert.equal((await two.call('GET', `/credits/checkout_sessions/${odd}`)).status, 404, odd);
  }
  assert.equal(api.stripe.requests.length, 2, 'nothing odd reaches Stripe');
});

test('a viewer may look and not buy', async () => {
  const { accountId, call } = await api.open('viewer');
  assert.equal((await call('POST', '/credits/checkout_sessions', { amount_usd: '5' })).status, 403);
  api.stripe.sessions.set('cs_test_seen', {
    id: 'cs_test_seen',
    amount_total: 500,
    status: 'open',
    url: 'https://x.example/',
    metadata: { tollgate_account_id: accountId },
  });
  assert.equal((await call('GET', '/credits/checkout_sessions/cs_test_seen')).status, 200);
});

for (const [what, value] of [
  ['nothing', {}],
  ['no secret key', { webhook_secret: webhookSecret }],
  ['no webhook secret', { secret_key: secretKey }],
  ['an empty webhook secret', { secret_key: secretKey, webhook_secret: ' ' }],
] as [string, Record<string, string>][]) {
  test(`with ${what} configured, nothing is sold, and the answer says what to do`, async () => {
    const { call } = await api.open();
    await api.configure(value);
    for (const answer of [
      await call('POST', '/credits/checkout_sessions', { amount_usd: '5' }),
      await call('GET', '/credits/checkout_sessions/cs_test_1'),
    ]) {
      assert.deepEqual([answer.status, answer.body.error_code], [501, 'stripe_not_configured']);
      assert.match(String(answer.body.msg), /Put \{"secret_key"/);
    }
    assert.deepEqual(api.stripe.requests, []);
    assert.deepEqual(api.reports, [], 'which is no fault of ours');
  });
}

test('what Stripe refuses is told without its keys', async () => {
  const { call } = await api.open();
  const buy = () => call('POST', '/credits/checkout_sessions', { amount_usd: '5' });
  await api.configure({ secret_key: 'sk_test_hushAnother', webhook_secret: webhookSecret });
  const badKey = await buy();
  assert.deepEqual([badKey.status, badKey.body.error_code], [501, 'stripe_not_configured']);
  assert.ok(!badKey.text.includes('hush'));
  assert.match(api.reports.join(), /Stripe: StripeAuthenticationError/, 'operators have to correct it');
  await api.configure({ secret_key: secretKey, webhook_secret: webhookSecret });
  assert.equal((await buy()).status, 201, 'a corrected key is used');

  const error = { type: 'invalid_request_error', param: 'success_url', message: 'Not a valid URL' };
  api.stripe.failure = { status: 400, error };
  const refused = await buy();
  assert.deepEqual([refused.status, refused.body.error_code], [400, 'ERR_NGROK_215']);
  assert.match(String(refused.body.msg), /Stripe refused "success_url": Not a valid URL/);

  for (const failure of [
    { status: 500, error: { type: 'api_error', message: 'hush' } },
    { status: 429, error: { type: 'rate_limit_error', message: 'hush' } },
    'cut' as const,
  ]) {
    api.stripe.failure = failure;
    const down = await buy();
    assert.deepEqual([down.status, down.body.error_code], [503, 'service_unavailable']);
    assert.equal(down.headers.get('retry-after'), '5');
  }
});

test('a request that is repeated because its answer was lost makes one session', async () => {
  const { call } = await api.open();
  api.stripe.failure = 'cut';
  const lost = call('POST', '/credits/checkout_sessions', { amount_usd: '5' });
  while (api.stripe.requests.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
  api.stripe.failure = undefined;
  assert.equal((await lost).status, 201);
  const keys = api.stripe.requests.map(({ idempotencyKey }) => idempotencyKey);
  assert.equal(keys.length, 2);
  assert.ok(keys[0]);
  assert.equal(keys[0], keys[1]);
});
