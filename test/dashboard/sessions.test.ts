import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestManagement, type TestManagement } from '../support/management.ts';

let api: TestManagement;
before(async () => {
  api = await startTestManagement();
});
after(() => api.close());

const ownPage = { 'sec-fetch-site': 'same-origin' };

/** @returns the session as a `cookie` header */
async function signIn(token = api.operatorToken, from = api): Promise<string> {
  const answer = await from.call('POST', '/dashboard_sessions', { token, headers: ownPage });
  assert.equal(answer.status, 200);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] as string;
}

const withSession = (cookie: string, headers: Record<string, string> = ownPage) => ({
  token: '',
  headers: { cookie, ...headers },
});

test('a session stands for the key that opened it, and says who is signed in', async () => {
  const answer = await api.call('POST', '/dashboard_sessions', { headers: ownPage });
  assert.match(
    answer.headers.get('set-cookie') ?? '',
    /^tollgate_session=[\w-]{43}; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict$/,
  );
  assert.equal(answer.body.role, 'operator');
  assert.equal(answer.body.account_id, api.accountId);
  const cookie = await signIn();
  const shown = await api.call('GET', '/dashboard_sessions', withSession(cookie));
  assert.deepEqual([shown.status, shown.body.role], [200, 'operator']);
  const listed = await api.call('GET', '/endpoints', withSession(cookie));
  assert.deepEqual([listed.status, (listed.body.endpoints as { id: string }[])[0]?.id], [200, api.endpointId]);
});

test('a session may do what its key may, and no more', async () => {
  const cookie = await signIn(await api.newToken('viewer'));
  const refused = await api.call('POST', '/vaults', { ...withSession(cookie), body: { name: 'mine' } });
  assert.deepEqual([refused.status, refused.body.error_code], [403, 'permission_denied']);
});

test('only pages of this very origin use a session or open one', async () => {
  const cookie = await signIn();
  for (const site of ['same-site', 'cross-site', 'none', undefined]) {
    const headers = site === undefined ? {} : { 'sec-fetch-site': site };
    const used = await api.call('GET', '/endpoints', withSession(cookie, headers as Record<string, string>));
    assert.deepEqual([site, used.status], [site, 403]);
    const opened = await api.call('POST', '/dashboard_sessions', { headers: headers as Record<string, string> });
    assert.deepEqual([site, opened.status, opened.headers.get('set-cookie')], [site, 403, null]);
  }
});

test('a session ends with a sign-out, with its key, and after eight hours', async () => {
  const [left, orphaned, old] = [await signIn(), await signIn(await api.newToken('admin')), await signIn()];
  const statusOf = async (cookie: string) => (await api.call('GET', '/endpoints', withSession(cookie))).status;

  const out = await api.call('DELETE', '/dashboard_sessions', withSession(left));
  assert.deepEqual([out.status, /Max-Age=0/.test(out.headers.get('set-cookie') ?? '')], [204, true]);
  assert.equal(await statusOf(left), 401);

  const shown = await api.call('GET', '/api_keys');
  const [newest] = shown.body.api_keys as { id: string; role: string }[];
  assert.equal(newest?.role, 'admin');
  assert.equal(await statusOf(orphaned), 200);
  await api.call('DELETE', `/api_keys/${newest?.id}`);
  assert.equal(await statusOf(orphaned), 401);

  api.clock.offsetMs = 8 * 3_600_000 - 60_000;
  assert.equal(await statusOf(old), 200);
  api.clock.offsetMs += 60_001;
  assert.equal(await statusOf(old), 401);
  api.clock.offsetMs = 0;
});

test('nonsense in the place of a session is refused, and a key beside it counts', async () => {
  const wrong = await api.call('GET', '/endpoints', withSession('tollgate_session=nonsense'));
  assert.deepEqual([wrong.status, wrong.body.error_code], [401, 'authentication_required']);
  const withKey = await api.call('GET', '/endpoints', { headers: { cookie: 'tollgate_session=nonsense' } });
  assert.equal(withKey.status, 200);
});

test('who looks around uses up nothing of what programs may do', async () => {
  const limited = await startTestManagement({ rateLimit: 5 });
  try {
    const cookie = await signIn(limited.operatorToken, limited);
    for (let count = 0; count < 5; count++) await limited.call('GET', '/endpoints', withSession(cookie));
    assert.equal((await limited.call('GET', '/endpoints', withSession(cookie))).status, 429);
    assert.equal((await limited.call('GET', '/endpoints')).status, 200);
  } finally {
    await limited.close();
  }
});

test('signing in is in the audit log, and no token of a session is', async () => {
  const token = (await signIn()).split('=')[1] as string;
  const { body } = await api.call('GET', '/audit_events?limit=1');
  assert.equal((body.audit_events as { operation: string }[])[0]?.operation, 'createDashboardSession');
  assert.ok(!JSON.stringify(body).includes(token));
});

test('pages are one file, which is fresh each time; its scripts are kept for ever', async () => {
  const get = (path: string) => fetch(api.url + path, { redirect: 'manual' });
  assert.equal((await get('/')).headers.get('location'), '/dashboard');
  for (const path of ['/dashboard', '/dashboard/endpoints/ep_1/policy']) {
    const page = await get(path);
    assert.deepEqual([page.status, page.headers.get('cache-control')], [200, 'no-cache']);
    assert.match(await page.text(), /<title>Tollgate/);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.ok(!/unsafe|\*|https?:/.test(policy), policy);
    assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  }
  const script = await get('/dashboard/main-1.js');
  assert.deepEqual(
    [script.headers.get('content-type'), script.headers.get('cache-control')],
    ['text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  );
  for (const path of ['/dashboard/main-2.js', '/dashboard/..%2f..%2fpackage.json', '/dashboard/__proto__.js']) {
    assert.equal((await get(path)).status, 404, path);
  }
});
