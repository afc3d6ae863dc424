import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rollUp } from '../../functions/rollup/roll-up.ts';
import { decide, type UsageRecord } from '../../functions/store/usage.ts';
import { startTestManagement, type TestManagement } from '../support/management.ts';
import { usageRecord } from '../support/usage-records.ts';

const nowMs = Date.UTC(2026, 10, 24, 12);
let api: TestManagement;
let other: Awaited<ReturnType<TestManagement['newAccount']>>;
let records: UsageRecord[];
before(async () => {
  api = await startTestManagement();
  api.clock.stoppedAtMs = nowMs;
  other = await api.newAccount();
  const { accountId } = api;
  const attempt = { keySource: 'own', status: 200, totalMs: 200 } as const;
  records = [
    usageRecord(nowMs - 90_000_000, { accountId, costNanoUsd: '2000000' }),
    usageRecord(nowMs - 3_000_000, { accountId, gatewayKeyId: 'aigk_2', endpointId: 'ep_2' }),
    usageRecord(nowMs - 2_000_000, {
      accountId,
      model: '=HYPERLINK("x","y")',
      provider: 'anthropic',
      attempts: [
        { ...attempt, provider: 'openai', model: 'gpt-4o', status: 429, failure: 'http', error: 'HTTP 429' },
        { ...attempt, provider: 'anthropic', model: '=HYPERLINK("x","y")' },
      ],
      costLines: [{ class: 'input', tokens: 20, nanoUsdPerMillion: '150000000' }],
      finishReason: 'length',
      traceId: '0af7651916cd43dd8448eb211c80319c',
    }),
    usageRecord(nowMs - 1_000_000, { accountId, outcome: 'stream_failed' }),
  ];
  for (const record of records) await decide(api.store, record, Date.parse(record.createdAt) + 305);
  await decide(api.store, usageRecord(nowMs - 1_000, { accountId: other.accountId }), nowMs - 500);
  const timing = { intervalSeconds: 60, graceSeconds: 30, stopAtMs: Number.MAX_SAFE_INTEGER };
  // The first run looks back a day.
  for (const now of [nowMs - 89_000_000, nowMs + 600_000])
    await rollUp({ store: api.store, now: () => now, ...timing });
});
after(() => api.close());

const idsOf = (body: Record<string, unknown>) => (body.usage as { id: string }[]).map(({ id }) => id);
const newest = () => records.map(({ requestId }) => requestId).reverse();

test('requests are listed newest first, page by page, and only those of the account', async () => {
  const first = await api.call('GET', '/usage?limit=3');
  assert.deepEqual(idsOf(first.body), newest().slice(0, 3));
  const second = await api.call('GET', first.body.next_page_uri as string);
  assert.deepEqual(idsOf(second.body), newest().slice(3));
  assert.equal(second.body.next_page_uri, null);
  const foreign = await api.call('GET', '/usage', { token: other.token });
  assert.equal(idsOf(foreign.body).length, 1);
});

const filters: [query: string, places: number[]][] = [
  ['endpointId=ep_2', [2]],
  ['accessKeyId=aigk_2', [2]],
  ['provider=anthropic', [1]],
  ['model=gpt-4o-mini', [0, 2, 3]],
  ['outcome=stream_failed', [0]],
  ['statusCode=500', []],
  ['startTime=2026-11-24T00:00:00Z', [0, 1, 2]],
  ['endTime=2026-11-24T00:00:00Z', [3]],
  ['endTime=2026-11-24T00:00:00Z&cursor=zzzzzz', [3]],
  ['startTime=2026-11-24T11:00:00%2B01:00&endTime=2026-11-24T11:20:00Z', [2]],
];
for (const [query, places] of filters) {
  test(`GET /usage?${query} finds what it says`, async () => {
    const { body } = await api.call('GET', `/usage?${query}`);
    assert.deepEqual(
      idsOf(body),
      places.map(place => newest()[place]),
    );
  });
}

const refusals: [path: string, message: RegExp][] = [
  ['/usage?startTime=2026-11-25T00:00:00Z', /"startTime" 2026-11-25T00:00:00.000Z is not before "endTime"/],
  ['/usage?startTime=yesterday', /RFC 3339/],
  ['/usage?limit=0', /"limit"/],
  ['/usage?colour=red', /there are startTime/],
  ['/usage/overview?groupBy=colour', /"groupBy"/],
  ['/metrics?scope=endpoint', /"endpointId" is missing/],
  ['/metrics?endpointId=ep_1', /scope=endpoint/],
  ['/metrics?range=1y', /"range"/],
];
for (const [path, message] of refusals) {
  test(`GET ${path} is refused, and says why`, async () => {
    const answer = await api.call('GET', path);
    assert.ok(answer.status === 400 || answer.status === 422, String(answer.status));
    assert.match(answer.body.msg as string, message);
  });
}

test('an overview has a bucket for each day and group, and totals that are their sum', async () => {
  const { body } = await api.call('GET', '/usage/overview?groupBy=accessKey');
  const buckets = (body.buckets as Record<string, unknown>[]).map(bucket => [
    bucket.bucket_start,
    bucket.group_key,
    bucket.requests,
    bucket.errors,
    bucket.cost_usd,
  ]);
  assert.deepEqual(buckets, [
    ['2026-11-23T00:00:00.000Z', 'aigk_1', 1, 0, '0.002'],
    ['2026-11-24T00:00:00.000Z', 'aigk_1', 2, 1, '0.000002'],
    ['2026-11-24T00:00:00.000Z', 'aigk_2', 1, 0, '0.000001'],
  ]);
  const totals = body.totals as Record<string, unknown>;
  assert.deepEqual([totals.requests, totals.errors, totals.cost_nano_usd], [4, 1, '2003000']);
  assert.deepEqual([totals.provider_input_tokens, totals.estimated_input_tokens], [80, 76]);
  const groups = (body.groups as Record<string, unknown>[]).map(group => [group.group_key, group.requests]);
  assert.deepEqual(groups, [
    ['aigk_1', 3],
    ['aigk_2', 1],
  ]);
  assert.ok(Date.parse(body.counted_until as string) >= nowMs);
});

test('a request tells its whole story', async () => {
  const { body } = await api.call('GET', `/usage/requests/${records[2]?.requestId}`);
  const attempts = body.attempts as Record<string, unknown>[];
  assert.deepEqual(
    attempts.map(({ model, served, failure }) => [model, served, failure]),
    [
      ['gpt-4o', false, 'http'],
      ['=HYPERLINK("x","y")', true, null],
    ],
  );
  assert.deepEqual(body.cost_lines, [
    { class: 'input', tokens: 20, nano_usd_per_million_tokens: '150000000', usd: '0.000003' },
  ]);
  assert.deepEqual(body.estimate, { input_tokens: 19, output_tokens: 11, rough: false });
  assert.deepEqual([body.finish_reason, body.trace_id], ['length', '0af7651916cd43dd8448eb211c80319c']);
  const ledger = (body.ledger as { amount_nano_usd: string }[]).map(row => BigInt(row.amount_nano_usd));
  assert.equal(
    ledger.reduce((sum, amount) => sum + amount, 0n),
    -1000n,
  );
  const foreign = await api.call('GET', `/usage/requests/${records[2]?.requestId}`, { token: other.token });
  assert.equal(foreign.status, 404);
});

test('an export has the same rows as the list, as lines of JSON', async () => {
  const answer = await api.call('GET', '/usage/export?format=jsonl');
  assert.equal(answer.headers.get('content-type'), 'text/jsonl; charset=utf-8');
  const lines = (answer.body.text as string).trim().split('\n');
  const list = await api.call('GET', '/usage');
  assert.deepEqual(
    lines.map(line => JSON.parse(line)),
    list.body.usage,
  );
});

test('and as CSV, where no cell is a formula', async () => {
  const { body } = await api.call('GET', '/usage/export');
  const [head = '', ...rows] = (body.text as string).trim().split('\r\n');
  assert.match(head, /^id,created_at,endpoint_id,/);
  assert.equal(rows.length, 4);
  assert.ok(rows[1]?.includes(`,"'=HYPERLINK(""x"",""y"")",`), rows[1]);
});

test('pages of an export end before 5 MB, and the link leads to the rest', async () => {
  const account = await api.newAccount();
  const long = 'm'.repeat(20_000);
  const many = Array.from({ length: 300 }, (_, index) =>
    usageRecord(nowMs - 600_000 + index, { accountId: account.accountId, model: long, attempts: [] }),
  );
  await Promise.all(many.map(record => decide(api.store, record, nowMs)));
  const ids: string[] = [];
  const sizes: number[] = [];
  for (let path: string | undefined = '/usage/export?format=jsonl'; path; ) {
    const answer = await api.call('GET', path, { token: account.token });
    const text = answer.body.text as string;
    sizes.push(Buffer.byteLength(text));
    ids.push(
      ...text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).id),
    );
    path = /^<(.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  assert.deepEqual(ids, many.map(({ requestId }) => requestId).reverse());
  assert.equal(sizes.length, 2);
  assert.ok(sizes.every(bytes => bytes <= 5 * 1024 * 1024));
});

test('metrics show requests over time, and attempts by provider with their errors', async () => {
  const { body } = await api.call('GET', '/metrics?range=24h&splitBy=provider');
  const totals = body.totals as { requests: number; total_ms: { avg: number }; errors: Record<string, number> };
  assert.equal(totals.requests, 3);
  assert.equal(totals.total_ms.avg, 305);
  assert.deepEqual(totals.errors, { total: 1, timeout: 0, rate_limit: 0, client: 0, server: 1 });
  assert.equal((body.points as unknown[]).length, 3);
  const series = body.series as { key: string; totals: typeof totals; points: unknown[] }[];
  assert.deepEqual(
    series.map(({ key, totals: { requests, errors } }) => [key, requests, errors.rate_limit, errors.server]),
    [
      ['openai', 3, 1, 1],
      ['anthropic', 1, 0, 0],
    ],
  );
  const endpoint = await api.call('GET', '/metrics?scope=endpoint&endpointId=ep_2&range=7d&splitBy=model');
  assert.equal((endpoint.body.totals as { requests: number }).requests, 1);
  const foreign = await api.call('GET', '/metrics?scope=endpoint&endpointId=ep_2', { token: other.token });
  assert.deepEqual([foreign.status, (foreign.body.totals as { requests: number }).requests], [200, 0]);
});

test('Prometheus reads what was recorded since midnight', async () => {
  const answer = await api.call('GET', '/metrics/prometheus');
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const text = answer.body.text as string;
  assert.match(text, /^tollgate_requests_total 3$/m);
  assert.match(text, /^tollgate_attempt_errors_total\{provider="openai",model="gpt-4o",kind="rate_limit"\} 1$/m);
  assert.match(text, /model="=HYPERLINK\(\\"x\\",\\"y\\"\)"/);
  assert.match(text, /^tollgate_key_requests_total\{key="aigk_2"\} 1$/m);
});
