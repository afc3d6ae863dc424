import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayError } from '../../../functions/core/errors.ts';
import { httpRequest } from '../../../functions/policy/actions/http-request.ts';
import { runHttpRequest } from '../../../functions/policy/run/http-request.ts';
import { CallFailed, type OutgoingCall } from '../../../functions/policy/run/policy-run.ts';
import { compileAction, fakeCompiler, newRun, startMs } from './action-run.ts';

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  afterMs?: number;
}

interface Result {
  req: { method: string; url: string };
  res: { status_code: number; headers: Record<string, string[]>; body: string; json?: unknown };
  attempts: number;
  error: { code: string; message: string };
}

/** Runs the action against answers, of which the last one repeats; an error is thrown. */
async function ask(config: object, answers: (Answer | Error)[], values: Record<string, unknown> = {}) {
  const calls: OutgoingCall[] = [];
  const reports: string[] = [];
  let nowMs = startMs;
  const run = newRun({
    services: {
      now: () => nowMs,
      report: (message: string) => reports.push(message),
      call: async call => {
        const answer = answers[Math.min(calls.length, answers.length - 1)] ?? {};
        calls.push(call);
        if (answer instanceof Error) throw answer;
        const { status = 200, headers = {}, body = '', afterMs = 0 } = answer;
        nowMs += afterMs;
        return { status, headers, body: Buffer.from(body) };
      },
    },
  });
  const written = { url: 'https://auth.example.com/check', ...config };
  let error: GatewayError | undefined;
  try {
    const act = compileAction(httpRequest, runHttpRequest, written, fakeCompiler(values));
    assert.equal(await act(run), undefined);
  } catch (thrown) {
    error = thrown as GatewayError;
  }
  return { calls, reports, error, result: run.results.http_request as Result };
}

const json = { 'content-type': 'application/json', 'x-team': 'red' };
const location = (to: string, status = 302): Answer => ({ status, headers: { location: to } });
const noAnswer = new CallFailed('auth.example.com did not answer within 3000 ms');

test('sends method, parameters, headers and body, and shows the answer to expressions', async () => {
  const config = {
    url: 'https://auth.example.com/check?a=1',
    method: 'POST',
    query_params: [{ key: 'team', value: '${team}' }],
    headers: { 'X-Token': '${token}' },
    body: '{"token": "${token}"}',
  };
  const answers = [{ headers: json, body: '{"allowed":[true]}' }];
  const { calls, result, error } = await ask(config, answers, { team: 'red & blue', token: 'hunter2' });
  assert.equal(error, undefined);
  const { url, ...call } = calls[0] as OutgoingCall;
  assert.equal(url.href, 'https://auth.example.com/check?a=1&team=red+%26+blue');
  assert.deepEqual(call, {
    method: 'POST',
    headers: { 'x-token': 'hunter2' },
    body: '{"token": "hunter2"}',
    timeoutMs: 3_000,
  });
  assert.deepEqual(result, {
    req: { method: 'POST', url: url.href },
    res: {
      status_code: 200,
      headers: { 'content-type': ['application/json'], 'x-team': ['red'] },
      body: '{"allowed":[true]}',
      json: { allowed: [true] },
    },
    attempts: 1,
    error: { code: '', message: '' },
  });
});

test('what is no JSON, or deeper than anyone means it, is only text, and text has an end', async () => {
  for (const body of ['{', `${'['.repeat(1_000)}${']'.repeat(1_000)}`]) {
    assert.equal('json' in (await ask({}, [{ headers: json, body }])).result.res, false);
  }
  assert.equal('json' in (await ask({}, [{ body: '{}' }])).result.res, false);
  assert.equal((await ask({}, [{ body: 'x'.repeat(100_000) }])).result.res.body.length, 65_536);
});

test('on_error decides about no answer, and about answers of 400 or more', async () => {
  for (const answer of [noAnswer, { status: 401 }, { status: 500 }]) {
    const lenient = await ask({}, [answer]);
    assert.equal(lenient.error, undefined);
    assert.notEqual(lenient.result.error.code, '');
    assert.equal(lenient.reports.length, 1);
    const strict = await ask({ on_error: 'halt' }, [answer]);
    assert.deepEqual([strict.error?.code, strict.error?.status], ['policy_dependency_failed', 503]);
  }
  assert.equal((await ask({ on_error: 'halt' }, [{ status: 204 }])).error, undefined);
});

test('tries again while the condition holds, three times in all', async () => {
  const again = { again: ({ lastAttempt }: { lastAttempt: Result }) => lastAttempt.res.status_code >= 500 };
  const config = { retry_condition: 'again' };
  const failing = await ask(config, [{ status: 503 }], again);
  assert.deepEqual([failing.calls.length, failing.result.attempts, failing.result.res.status_code], [3, 3, 503]);
  const second = await ask(config, [{ status: 503 }, { status: 200 }], again);
  assert.deepEqual([second.calls.length, second.result.attempts, second.result.error.code], [2, 2, '']);
  assert.equal((await ask(config, [{ status: 404 }], again)).calls.length, 1);
  assert.equal((await ask({}, [{ status: 503 }])).calls.length, 1);
});

test('the time is for all tries and redirects together', async () => {
  const config = { retry_condition: 'always', timeout: '2s' };
  const { calls, result } = await ask(config, [{ status: 503, afterMs: 1_500 }], { always: () => true });
  assert.deepEqual(
    calls.map(({ timeoutMs }) => timeoutMs),
    [2_000, 500],
  );
  assert.equal(result.attempts, 2);
  const redirected = await ask({ timeout: '2s' }, [{ ...location('/next'), afterMs: 2_000 }]);
  assert.equal(redirected.calls.length, 1);
  assert.match(redirected.result.error.message, /no time is left/);
});

test('redirects are followed up to a number, and only to what is a URL', async () => {
  const followed = await ask({}, [location('/a'), location('b', 307), { body: 'done' }]);
  assert.deepEqual(
    followed.calls.map(({ url }) => url.href),
    ['https://auth.example.com/check', 'https://auth.example.com/a', 'https://auth.example.com/b'],
  );
  assert.equal(followed.result.res.body, 'done');
  const endless = await ask({ max_redirects: 2 }, [location('/again')]);
  assert.equal(endless.calls.length, 3);
  assert.match(endless.result.error.message, /more than 2 times/);
  assert.match((await ask({ max_redirects: 0 }, [location('/again')])).result.error.message, /more than 0 times/);
  assert.match((await ask({}, [location('http://')])).result.error.message, /no URL/);
  assert.equal((await ask({}, [{ status: 302 }])).result.res.status_code, 302);
});

test('another origin gets neither credentials nor a body', async () => {
  const headers = { Authorization: 'Bearer hunter2', 'X-Key': 'hunter2', Accept: 'application/json' };
  const { calls } = await ask({ headers }, [location('https://evil.example.com/'), location('/more'), {}]);
  assert.deepEqual(calls[1]?.headers, { accept: 'application/json' });
  assert.deepEqual(calls[2]?.headers, { accept: 'application/json' });
  const port = await ask({ headers }, [location('https://auth.example.com:8443/'), {}]);
  assert.deepEqual(port.calls[1]?.headers, { accept: 'application/json' });

  const post = { method: 'POST', body: 'hunter2' };
  const kept = await ask(post, [location('https://evil.example.com/', 307), {}]);
  assert.equal(kept.calls.length, 1);
  assert.match(kept.result.error.message, /redirects a body/);
  const dropped = await ask(post, [location('https://evil.example.com/', 302), {}]);
  assert.deepEqual([dropped.calls[1]?.method, dropped.calls[1]?.body], ['GET', undefined]);
  const same = await ask(post, [location('/next', 308), {}]);
  assert.deepEqual([same.calls[1]?.method, same.calls[1]?.body], ['POST', 'hunter2']);
});

test('an address that is none when filled in fails closed, without being repeated', async () => {
  const { error, calls } = await ask({ url: '${address}' }, [{}], { address: 'hunter2' });
  assert.equal(error?.code, 'ERR_NGROK_2238');
  assert.doesNotMatch(error?.message ?? '', /hunter2/);
  assert.equal(calls.length, 0);
});

const refused: [string, object, RegExp][] = [
  ['plain http', { url: 'http://example.com/' }, /use https/],
  ['no URL', { url: 'auth' }, /is not a URL/],
  ['no URL before an expression', { url: 'ftp://${host}' }, /does not begin with https/],
  ['a method', { method: 'TRACE' }, /./],
  ['too many redirects', { max_redirects: 101 }, /./],
  ['too long', { timeout: '31s' }, /out of range/],
  ['too short', { timeout: '500ms' }, /out of range/],
  [
    'too many headers',
    { headers: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`x-${at}`, '1'])) },
    /11 entries/,
  ],
  ['too many parameters', { query_params: Array(33).fill({ key: 'a', value: 'b' }) }, /./],
  ['an unknown field', { retries: 3 }, /./],
];

for (const [what, config, message] of refused) {
  test(`refused when saved: ${what}`, () => {
    const { error } = httpRequest.config.safeParse({ url: 'https://auth.example.com/', ...config });
    assert.match(error?.issues.map(({ message }) => message).join('\n') ?? '', message);
  });
}
