import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { brokenRules } from '../../functions/core/balance.ts';
import { newId } from '../../functions/core/ids.ts';
import { lotIdOf } from '../../functions/credits/stripe-webhook.ts';
import { listAuditEvents } from '../../functions/store/audit.ts';
import { Balances } from '../../functions/store/balances.ts';
import { findRefusedPayment } from '../../functions/store/refused-payments.ts';
import { intercept } from '../support/store-faults.ts';
import { type CreditsApi, refundEvent, sessionEvent, startCreditsApi } from './start-credits-api.ts';
import { secretKey, webhookSecret } from './stripe-mock.ts';

let api: CreditsApi;
let balances: Balances;

before(async () => {
  api = await startCreditsApi();
  balances = new Balances(api.store, api.management.randomBytes);
});

beforeEach(async () => {
  await api.configure({ secret_key: secretKey, webhook_secret: webhookSecret });
  api.reports.length = 0;
});

after(() => api.close());

let payments = 0;

/** A payment that no other test has. */
function newPayment(): { id: string; payment_intent: string } {
  payments++;
  return { id: `cs_test_w${payments}`, payment_intent: `pi_w${payments}` };
}

/** What the account has, with every rule of the balance checked. */
async function lotsOf(accountId: string) {
  const balance = await balances.read(accountId);
  assert.deepEqual(balance && brokenRules(balance), balance && []);
  return balance?.lots ?? [];
}

test('a paid session becomes a lot of its amount for 365 days, which can be spent at once', async () => {
  const { accountId, call } = await api.open();
  const payment = newPayment();
  const nowMs = api.management.now();
  const answer = await api.deliver(sessionEvent(accountId, { ...payment, amount_total: 1_234 }));
  assert.deepEqual([answer.status, answer.body], [200, { status: 'credited' }]);
  const [lot, ...others] = await lotsOf(accountId);
  assert.deepEqual(others, []);
  assert.equal(lot?.id, lotIdOf(payment.payment_intent));
  assert.equal(lot?.category, 'purchase');
  assert.equal(lot?.remainingNanoUsd, 12_340_000_000n);
  const days = ((lot?.expiresAtSeconds ?? 0) * 1000 - nowMs) / 86_400_000;
  assert.ok(days > 364.99 && days < 365.01, String(days));
  assert.equal((await call('GET', '/credits/balance')).body.available_usd, '12.34');
  const { transactions } = (await call('GET', '/credits/transactions')).body as { transactions: object[] };
  assert.equal(transactions.length, 1);
  assert.match(JSON.stringify(transactions), /"kind":"purchase".*"reason":"Stripe payment pi_w/);
  const held = await balances.hold(accountId, 'rq_000000000000000', 12_000_000_000n, nowMs);
  assert.ok(held.status === 'held');
  await balances.settle(held.hold, 0n, nowMs);
});

test('what Stripe changed is in the audit log of the account, from where and how it went', async () => {
  const { accountId } = await api.open();
  const payment = newPayment();
  const paid = sessionEvent(accountId, payment);
  await api.deliver(paid);
  await api.deliver(paid);
  await api.deliver(refundEvent(accountId, { payment: payment.payment_intent, refunded: 300 }));
  await api.deliver(sessionEvent(accountId, { ...payment, amount_total: 2_000 }));
  const { events } = await listAuditEvents(api.store, accountId, { beforeId: undefined, limit: 10 });
  assert.deepEqual(
    events.map(({ actor, operation, outcome, objectId, sourceIp }) => [actor, operation, outcome, objectId, sourceIp]),
    ['refused', 'changed', 'unchanged', 'changed'].map(outcome => [
      'stripe',
      'stripeWebhooks',
      outcome,
      lotIdOf(payment.payment_intent),
      '127.0.0.1',
    ]),
  );
});

test('a payment that cannot be recorded in the audit log is sent again, and credited then', async () => {
  const { accountId } = await api.open();
  const paid = sessionEvent(accountId, newPayment());
  const restore = intercept(api.store.dynamo, async ({ input }, send) => {
    const { pk } = (input.Item ?? {}) as Record<string, { S: string }>;
    if (pk?.S.startsWith('AUDIT#')) throw new Error('no luck');
    return send();
  });
  const refused = await api.deliver(paid).finally(restore);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  assert.deepEqual(await lotsOf(accountId), []);
  assert.equal((await api.deliver(paid)).body.status, 'credited');
});

test('credits that were bought end after 365 days', async () => {
  const { accountId, call } = await api.open();
  await api.deliver(sessionEvent(accountId, newPayment()));
  const start = api.clock.offsetMs;
  api.clock.offsetMs = start + 364 * 86_400_000;
  assert.equal((await call('GET', '/credits/balance')).body.available_usd, '10.00');
  api.clock.offsetMs = start + 366 * 86_400_000;
  assert.equal((await call('GET', '/credits/balance')).body.available_usd, '0.00');
  api.clock.offsetMs = start;
});

test('however often and in whatever order events come, a payment makes one lot', async () => {
  const { accountId } = await api.open();
  const payment = newPayment();
  const unpaid = sessionEvent(accountId, { ...payment, payment_status: 'unpaid' });
  const paid = sessionEvent(accountId, payment, 'checkout.session.async_payment_succeeded');
  const completed = sessionEvent(accountId, payment);
  assert.equal((await api.deliver(unpaid)).body.status, 'awaiting_payment');
  assert.deepEqual(await lotsOf(accountId), []);
  assert.equal((await api.deliver(paid)).body.status, 'credited');
  for (const event of [paid, completed, unpaid, completed]) {
    const answer = await api.deliver(event);
    assert.equal(answer.status, 200);
    assert.notEqual(answer.body.status, 'credited');
  }
  assert.equal((await lotsOf(accountId)).length, 1);
  assert.equal((await api.deliver(sessionEvent(accountId, newPayment()))).body.status, 'credited');
  assert.equal((await lotsOf(accountId)).length, 2, 'another payment is another lot');
});

test('of 100 deliveries at once, of two events about one payment, one makes the lot', async () => {
  const { accountId } = await api.open();
  const payment = newPayment();
  const kinds = ['checkout.session.completed', 'checkout.session.async_payment_succeeded'];
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => api.deliver(sessionEvent(accountId, payment, kinds[index % 2]))),
  );
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(answers.filter(({ body }) => body.status === 'credited').length, 1);
  assert.equal((await lotsOf(accountId)).length, 1);
  assert.equal((await balances.read(accountId))?.purchasedNanoUsd, 10_000_000_000n);
});

const forgeries: [what: string, options: Parameters<CreditsApi['deliver']>[1]][] = [
  ['signed with another secret', { secret: 'whsec_another' }],
  ['signed with nothing', { secret: ' ' }],
  ['without a signature', { headers: { 'stripe-signature': '' } }],
  ['with a signature of an unknown scheme', { headers: { 'stripe-signature': 't=1,v0=abc' } }],
  ['with a broken signature', { headers: { 'stripe-signature': 'v1' } }],
  ['with another body', { body: '{}' }],
  ['without a body', { body: '' }],
  ['older than five minutes', { ageSeconds: 301 }],
];

for (const [what, options] of forgeries) {
  test(`a delivery ${what} is refused and changes nothing`, async () => {
    const { accountId } = await api.open();
    const answer = await api.deliver(sessionEvent(accountId, newPayment()), options);
    assert.deepEqual([answer.status, answer.body.error_code], [400, 'invalid_signature']);
    assert.match(String(answer.body.msg), /check "webhook_secret"/);
    assert.ok(!answer.text.includes('whsec'));
    assert.deepEqual(await lotsOf(accountId), []);
  });
}

test('a delivery that took almost five minutes is still taken', async () => {
  const { accountId } = await api.open();
  const answer = await api.deliver(sessionEvent(accountId, newPayment()), { ageSeconds: 295 });
  assert.equal(answer.body.status, 'credited');
});

test('a body that API Gateway passes in base64 is proven by its bytes', async () => {
  const { accountId } = await api.open();
  const answer = await api.deliver(sessionEvent(accountId, { ...newPayment(), note: 'ünïcödé €' }), {
    headers: { 'content-type': 'application/octet-stream' },
  });
  assert.equal(answer.body.status, 'credited', answer.text);
});

test('while Stripe is not configured the webhook refuses everything', async () => {
  const { accountId } = await api.open();
  const event = sessionEvent(accountId, newPayment());
  const values: Record<string, string>[] = [
    {},
    { secret_key: secretKey },
    { secret_key: secretKey, webhook_secret: '' },
  ];
  for (const value of values) {
    await api.configure(value);
    for (const secret of [webhookSecret, '']) {
      const answer = await api.deliver(event, secret ? { secret } : { headers: { 'stripe-signature': 't=1,v1=' } });
      assert.deepEqual([answer.status, answer.body.error_code], [501, 'stripe_not_configured']);
    }
  }
  assert.deepEqual(await lotsOf(accountId), []);
  assert.deepEqual(api.reports, [], 'which is no fault of ours');
});

const refusals: [what: string, fields: Record<string, unknown>, reason: RegExp][] = [
  ['in another currency', { currency: 'eur' }, /currency is "eur"/],
  ['without a currency', { currency: null }, /currency is "null"/],
  ['without an amount', { amount_total: null }, /amount is null/],
  ['of part of a cent', { amount_total: 999.5 }, /amount is 999\.5/],
  ['of a number past all numbers', { amount_total: 2 ** 60 }, /amount is 1152921504606847000/],
  ['of less than was asked', { amount_total: 999 }, /999 cents, not 1000 as asked/],
  ['of more than was asked', { amount_total: 100_000 }, /100000 cents, not 1000 as asked/],
];

for (const [what, fields, reason] of refusals) {
  test(`a payment ${what} is recorded, reported and not credited, and Stripe need not send it again`, async () => {
    const { accountId } = await api.open();
    const payment = newPayment();
    const metadata = { tollgate_account_id: accountId, tollgate_amount_cents: '1000' };
    const answer = await api.deliver(sessionEvent(accountId, { ...payment, amount_total: 1_000, metadata, ...fields }));
    assert.deepEqual([answer.status, answer.body.status], [200, 'refused']);
    assert.match(String(answer.body.reason), reason);
    assert.deepEqual(await lotsOf(accountId), []);
    const record = await findRefusedPayment(api.store, payment.payment_intent);
    assert.equal(record?.accountId, accountId);
    assert.match(record?.reason ?? '', reason);
    assert.equal(api.reports.length, 1);
    assert.match(api.reports[0] ?? '', /bought no credits; grant them or refund it/);
    const refunded = await api.deliver(refundEvent(accountId, { payment: payment.payment_intent }));
    assert.deepEqual([refunded.status, refunded.body.status], [200, 'ignored']);
  });
}

for (const cents of [0, 499, 100_000_000, -1_000]) {
  test(`${cents} cents are not sold, whatever the session says`, async () => {
    const { accountId } = await api.open();
    const answer = await api.deliver(sessionEvent(accountId, { ...newPayment(), amount_total: cents }));
    assert.deepEqual([answer.status, answer.body.status], [200, 'refused']);
    assert.deepEqual(await lotsOf(accountId), []);
  });
}

test('a payment for an account that does not exist is recorded, and credited once the account is there', async () => {
  for (const accountId of ['ac_000000000000000', 'constructor', '']) {
    const payment = newPayment();
    const answer = await api.deliver(sessionEvent(accountId, payment));
    assert.deepEqual([answer.status, answer.body.status], [200, 'refused'], accountId);
    assert.match(String(answer.body.reason), /there is no account/);
    assert.equal((await findRefusedPayment(api.store, payment.payment_intent))?.accountId, accountId);
  }
  const { accountId } = await api.open();
  const payment = newPayment();
  const odd = { ...payment, metadata: { tollgate_account_id: accountId, tollgate_amount_cents: '1' } };
  assert.equal((await api.deliver(sessionEvent(accountId, odd))).body.status, 'refused');
  assert.equal((await api.deliver(sessionEvent(accountId, payment))).body.status, 'credited', 'sent again by hand');
});

test('what does not concern Tollgate is let pass', async () => {
  const { accountId } = await api.open();
  const events = [
    sessionEvent(accountId, { ...newPayment(), metadata: {} }),
    sessionEvent(accountId, { ...newPayment(), metadata: null }),
    sessionEvent(accountId, { ...newPayment(), payment_status: 'no_payment_required' }),
    sessionEvent(accountId, newPayment(), 'checkout.session.expired'),
    { id: 'evt_x', object: 'event', type: 'invoice.paid', data: { object: {} } },
  ];
  for (const event of events) {
    const answer = await api.deliver(event);
    assert.equal(answer.status, 200);
    assert.ok(['ignored', 'awaiting_payment'].includes(String(answer.body.status)), answer.text);
  }
  assert.deepEqual(await lotsOf(accountId), []);
  assert.deepEqual(api.reports, []);
});

test('an event in a form that is not understood is a fault of ours: told, reported, and sent again', async () => {
  const { accountId } = await api.open();
  const answer = await api.deliver(sessionEvent(accountId, { ...newPayment(), payment_status: undefined }));
  assert.equal(answer.status, 500);
  assert.equal(api.reports.length, 1);
});

test('a refund takes back what was refunded, each part once, whatever the order', async () => {
  const { accountId } = await api.open();
  const { payment_intent, ...session } = newPayment();
  await api.deliver(sessionEvent(accountId, { ...session, payment_intent }));
  const first = refundEvent(accountId, { payment: payment_intent, refunded: 300 });
  const second = refundEvent(accountId, { payment: payment_intent, before: 300, refunded: 1_000 });
  for (const event of [second, first, second]) {
    const answer = await api.deliver(event);
    assert.deepEqual([answer.status, answer.body], [200, { status: 'refunded' }]);
  }
  assert.deepEqual(await lotsOf(accountId), [], 'all of it was taken back');
  const balance = await balances.read(accountId);
  assert.equal(balance?.refundedNanoUsd, 10_000_000_000n);
});

test('a refund that comes before its purchase is asked for again', async () => {
  const { accountId } = await api.open();
  const payment = newPayment();
  const refund = refundEvent(accountId, { payment: payment.payment_intent });
  const early = await api.deliver(refund);
  assert.deepEqual([early.status, early.body.error_code], [503, 'service_unavailable']);
  await api.deliver(sessionEvent(accountId, payment));
  assert.equal((await api.deliver(refund)).body.status, 'refunded');
});

test('a refund of another business’s charge is let pass', async () => {
  const foreign = { id: 'ch_9', object: 'charge', amount_refunded: 100, payment_intent: 'pi_9', metadata: {} };
  const data = { object: foreign, previous_attributes: { amount_refunded: 0 } };
  const answer = await api.deliver({ id: 'evt_9', object: 'event', type: 'charge.refunded', data });
  assert.deepEqual([answer.status, answer.body.status], [200, 'ignored']);
});

test('what was refunded and is spent already is reported', async () => {
  const { accountId } = await api.open();
  const payment = newPayment();
  await api.deliver(sessionEvent(accountId, payment));
  const nowMs = Date.now();
  const held = await balances.hold(accountId, newId('rq', nowMs, api.management.randomBytes), 6_000_000_000n, nowMs);
  assert(held.status === 'held');
  await balances.settle(held.hold, 6_000_000_000n, nowMs);
  api.reports.length = 0;
  assert.equal(
    (await api.deliver(refundEvent(accountId, { payment: payment.payment_intent }))).body.status,
    'refunded',
  );
  assert.match(api.reports.join(), /6\.00 USD of it are no longer there/);
  assert.deepEqual(await lotsOf(accountId), []);
});
