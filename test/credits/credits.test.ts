import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { newId } from '../../functions/core/ids.ts';
import { decide, type UsageRecord } from '../../functions/store/usage.ts';
import { startCredits, type TestCredits } from './start-credits.ts';

let credits: TestCredits;

before(async () => {
  credits = await startCredits();
});

type Row = Record<string, string | null>;

async function balance(): Promise<Record<string, string> & { lots: Record<string, string>[] }> {
  return (await credits.call('GET', '/credits/balance')).body as never;
}

async function transactions(): Promise<Row[]> {
  return (await credits.call('GET', '/credits/transactions')).body.transactions as Row[];
}

const badAmounts: [what: string, amount: unknown][] = [
  ['not a number', 'NaN'],
  ['infinity', 'Infinity'],
  ['more than a double holds', '1e309'],
  ['an exponent', '1e3'],
  ['negative', '-5.00'],
  ['minus zero', '-0'],
  ['zero', '0.00'],
  ['a plus sign', '+5'],
  ['words', 'five'],
  ['empty', ''],
  ['a space', ' 5'],
  ['another currency', '5 EUR'],
  ['a currency sign', '€5'],
  ['a comma', '5,00'],
  ['hexadecimal', '0x10'],
  ['other digits', '٥'],
  ['less than a nano-USD', '0.0000000001'],
  ['thirteen digits', '1000000000000'],
  ['a number', 5],
  ['a list', ['5']],
  ['an object', { usd: '5' }],
  ['null', null],
  ['true', true],
];

/** Balance and ledger, to see that neither has changed. */
async function books(): Promise<object> {
  return { balance: await balance(), transactions: await transactions() };
}

test('an amount that is none is refused, named in the answer, and nothing changes', async () => {
  const before = await books();
  for (const [what, amount] of badAmounts) {
    const { status, body } = await credits.call('POST', '/credits/grants', { amount_usd: amount, reason: 'test' });
    assert.deepEqual([status, body.error_code], [400, 'ERR_NGROK_215'], what);
    assert.match(String(body.msg), /amount_usd/, what);
    if (typeof amount === 'string') assert.ok(String(body.msg).includes(`"${amount}"`), what);
  }
  assert.deepEqual(await books(), before);
});

test('a number in the body is no amount, however it is written', async () => {
  const before = await books();
  for (const number of ['4.99', '-5', '1e309', '-1e309', '5e-324', '0', '-0.0']) {
    const grant = `{"amount_usd": ${number}, "reason": "test"}`;
    const { status, body } = await credits.call('POST', '/credits/grants', grant);
    assert.deepEqual([status, body.error_code], [400, 'ERR_NGROK_215'], number);
    assert.match(String(body.msg), /write it as a decimal string such as "5\.00"/, number);
  }
  assert.deepEqual(await books(), before);
});

const badGrants: [what: string, body: unknown, status: number, code: string][] = [
  ['no amount', { reason: 'test' }, 422, 'ERR_NGROK_27006'],
  ['no reason', { amount_usd: '5' }, 422, 'ERR_NGROK_27006'],
  ['another currency', { amount_usd: '5', reason: 'test', currency: 'EUR' }, 400, 'ERR_NGROK_214'],
  ['an amount in euro', { amount_eur: '5', reason: 'test' }, 422, 'ERR_NGROK_27006'],
  ['a bare NaN', '{"amount_usd": NaN, "reason": "test"}', 400, 'ERR_NGROK_213'],
  [
    'an end that has passed',
    { amount_usd: '5', reason: 'test', expires_at: '2020-01-01T00:00:00Z' },
    400,
    'ERR_NGROK_215',
  ],
  [
    'an end that is none',
    { amount_usd: '5', reason: 'test', expires_at: '2027-02-30T00:00:00Z' },
    400,
    'ERR_NGROK_215',
  ],
  ['an end in words', { amount_usd: '5', reason: 'test', expires_at: 'soon' }, 400, 'ERR_NGROK_215'],
];

test('a grant that is not one is refused, and nothing changes', async () => {
  const before = await books();
  for (const [what, grant, status, code] of badGrants) {
    const answer = await credits.call('POST', '/credits/grants', grant);
    assert.deepEqual([answer.status, answer.body.error_code], [status, code], what);
  }
  const thisSecond = new Date(credits.now()).toISOString().replace(/\.\d+/, '.999');
  const brief = await credits.call('POST', '/credits/grants', {
    amount_usd: '5',
    reason: 'test',
    expires_at: thisSecond,
  });
  assert.match(String(brief.body.msg), /which has passed/, 'it would end before anybody could spend it');
  assert.deepEqual(await books(), before);
});

test('a grant below the least purchase is fine, and shows in the ledger with what is then there', async () => {
  const before = BigInt((await balance()).available_nano_usd ?? '');
  const { status, body } = await credits.call('POST', '/credits/grants', { amount_usd: '4.99', reason: 'welcome' });
  assert.equal(status, 201);
  const [row] = await transactions();
  assert.equal(row?.lot_id, body.id);
  assert.deepEqual([row?.kind, row?.category, row?.amount_usd], ['grant', 'grant', '4.99']);
  assert.equal(row?.balance_after_nano_usd, (before + 4_990_000_000n).toString());
  assert.equal((await balance()).available_nano_usd, row?.balance_after_nano_usd);
});

test('the same Idempotency-Key makes one grant, and with another body it is a conflict that changes nothing', async () => {
  const headers = { 'idempotency-key': 'grant-1' };
  const grant = { amount_usd: '2.00', reason: 'test' };
  const first = await credits.call('POST', '/credits/grants', grant, headers);
  const after = await books();
  const again = await credits.call('POST', '/credits/grants', grant, headers);
  assert.deepEqual(again, { status: 201, body: { ...first.body, replayed: true } });
  for (const other of [{ amount_usd: '3.00' }, { reason: 'other' }, { expires_at: '2090-01-01T00:00:00Z' }]) {
    const { status, body } = await credits.call('POST', '/credits/grants', { ...grant, ...other }, headers);
    assert.deepEqual([status, body.error_code], [409, 'idempotency_conflict']);
  }
  assert.deepEqual(await books(), after);
  const long = await credits.call('POST', '/credits/grants', grant, { 'idempotency-key': 'x'.repeat(256) });
  assert.equal(long.body.error_code, 'ERR_NGROK_215');
});

test('a grant that is asked for again after its end is the one that was made', async () => {
  const headers = { 'idempotency-key': 'grant-2' };
  const grant = { amount_usd: '2.00', reason: 'test', expires_at: new Date(credits.now() + 5_000).toISOString() };
  const first = await credits.call('POST', '/credits/grants', grant, headers);
  assert.equal(first.status, 201);
  credits.clock.offsetMs += 6_000;
  const { purchased_nano_usd: purchased } = await balance();
  const again = await credits.call('POST', '/credits/grants', grant, headers);
  assert.deepEqual(again, { status: 201, body: { ...first.body, replayed: true } });
  const conflict = await credits.call('POST', '/credits/grants', { ...grant, amount_usd: '3.00' }, headers);
  assert.equal(conflict.body.error_code, 'idempotency_conflict');
  assert.equal((await balance()).purchased_nano_usd, purchased);
});

test('a refund gives back the rest of a lot once, but for what open requests hold', async () => {
  const grant = { amount_usd: '10.00', reason: 'test', expires_at: new Date(credits.now() + 60_000).toISOString() };
  const lotId = (await credits.call('POST', '/credits/grants', grant)).body.id as string;
  const before = BigInt((await balance()).available_nano_usd ?? '');
  const requestId = newId('rq', credits.now(), randomBytes);
  const held = await credits.balances.hold(credits.accountId, requestId, 4_000_000_000n, credits.now());
  assert.ok(held.status === 'held');
  const headers = { 'idempotency-key': 'refund-1' };
  const refund = { lot_id: lotId, reason: 'asked for' };
  const first = await credits.call('POST', '/credits/refunds', refund, headers);
  assert.deepEqual([first.status, first.body.amount_usd, first.body.lot_id], [201, '6.00', lotId]);
  const replayed = await credits.call('POST', '/credits/refunds', refund, headers);
  assert.deepEqual(replayed, { status: 201, body: { ...first.body, replayed: true } });
  const refunded = await books();
  const conflict = await credits.call('POST', '/credits/refunds', { ...refund, reason: 'other' }, headers);
  assert.deepEqual([conflict.status, conflict.body.error_code], [409, 'idempotency_conflict']);
  assert.deepEqual(await books(), refunded);
  const again = await credits.call('POST', '/credits/refunds', refund);
  assert.deepEqual([again.status, again.body.error_code], [409, 'nothing_to_refund']);
  await credits.balances.settle(held.hold, 0n, credits.now());
  const rest = await credits.call('POST', '/credits/refunds', refund);
  assert.equal(rest.body.amount_usd, '4.00', 'what came back can be refunded too');
  const after = await balance();
  assert.equal(before - BigInt(after.available_nano_usd ?? ''), 10_000_000_000n);
  assert.equal(after.refunded_nano_usd, '10000000000');
  assert.ok(!after.lots.some(({ id }) => id === lotId));
  const rows = (await transactions()).filter(row => row.kind === 'refund');
  assert.deepEqual(
    rows.map(row => [row.refund_id, row.lot_id, row.amount_usd, row.reason, row.category]),
    [
      [rest.body.id, lotId, '-4.00', 'asked for', 'grant'],
      [first.body.id, lotId, '-6.00', 'asked for', 'grant'],
    ],
  );
});

test('a refund of what does not exist is refused', async () => {
  const before = await books();
  for (const lotId of ['lot_000000000000000', 'ep_000000000000000', '', 'x'.repeat(300)]) {
    const { status, body } = await credits.call('POST', '/credits/refunds', { lot_id: lotId, reason: 'test' });
    assert.deepEqual([status, body.error_code], [404, 'not_found']);
  }
  const badRefunds: [refund: unknown, code: string][] = [
    [{ reason: 'test' }, 'ERR_NGROK_27006'],
    [{ lot_id: 5, reason: 'test' }, 'ERR_NGROK_215'],
    [{ lot_id: 'lot_000000000000000', reason: 'test', amount_usd: '-5' }, 'ERR_NGROK_214'],
    ['{"lot_id": NaN}', 'ERR_NGROK_213'],
  ];
  for (const [refund, code] of badRefunds) {
    assert.equal((await credits.call('POST', '/credits/refunds', refund)).body.error_code, code);
  }
  assert.deepEqual(await books(), before);
});

test('the ledger lists charges with their fee, price version and request, abandoned requests and ended lots, and adds up', async () => {
  const grant = { amount_usd: '1.00', reason: 'test', expires_at: new Date(credits.now() + 5_000).toISOString() };
  const lotId = (await credits.call('POST', '/credits/grants', grant)).body.id as string;
  const requestId = newId('rq', credits.now(), randomBytes);
  const held = await credits.balances.hold(credits.accountId, requestId, 1_000_000n, credits.now());
  assert.ok(held.status === 'held');
  await decide(
    credits.store,
    { ...record(requestId), costNanoUsd: '700', feeNanoUsd: '200', heldNanoUsd: '1000000' },
    credits.now(),
  );
  await credits.balances.settle(held.hold, 700n, credits.now());
  const abandoned = newId('rq', credits.now(), randomBytes);
  await decide(credits.store, { ...record(abandoned), outcome: 'abandoned', heldNanoUsd: '5000' }, credits.now());
  credits.clock.offsetMs += 6_000;
  const { available_nano_usd: available } = await balance();
  const rows = await transactions();
  const charge = rows.find(row => row.request_id === requestId);
  assert.deepEqual(
    [charge?.kind, charge?.amount_nano_usd, charge?.fee_nano_usd, charge?.price_version],
    ['charge', '-700', '200', 'v1'],
  );
  assert.equal(rows.find(row => row.request_id === abandoned)?.kind, 'abandoned');
  const ended = rows.find(row => row.kind === 'expiry');
  assert.deepEqual([ended?.lot_id, ended?.amount_nano_usd, ended?.category], [lotId, '-999999300', 'grant']);
  assert.equal(ended?.balance_after_nano_usd, available);
  const paged: Row[] = [];
  for (let path: string | null = '/credits/transactions?limit=1'; path; ) {
    const { body } = await credits.call('GET', path);
    paged.push(...(body.transactions as Row[]));
    path = (body.next_page_uri as string | null)?.replace('https://localhost', '') ?? null;
  }
  assert.deepEqual(paged, rows, 'pages visit every row once');
  const times = rows.map(row => row.created_at ?? '');
  assert.deepEqual(times.toSorted().reverse(), times, 'newest first');
  assert.equal(
    rows.reduce((total, row) => total + BigInt(row.amount_nano_usd ?? ''), 0n),
    BigInt(available ?? ''),
  );
});

function record(requestId: string): UsageRecord {
  return {
    requestId,
    holdAttempt: 0,
    accountId: credits.accountId,
    endpointId: 'ep',
    createdAt: new Date(credits.now()).toISOString(),
    surface: 'chat-completions',
    streaming: false,
    outcome: 'succeeded',
    status: 200,
    attempts: [],
    costNanoUsd: '0',
    upstreamCostNanoUsd: '0',
    feeNanoUsd: '0',
    priceVersion: 'v1',
  };
}
