import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateLimit } from '../../../functions/policy/actions/rate-limit.ts';
import { runRateLimit } from '../../../functions/policy/run/rate-limit.ts';
import { compileAction, fakeCompiler, newRun } from './action-run.ts';

const written = { name: 'teams', algorithm: 'sliding_window', capacity: 3, rate: '60s', bucket_key: ['team', 'ip'] };
const values = { team: 'red', ip: '203.0.113.7' };

function limiter(config: object, compilerValues: Record<string, unknown> = values, place?: string) {
  return compileAction(rateLimit, runRateLimit, { ...written, ...config }, fakeCompiler(compilerValues, place));
}

/** The bucket that a request is counted in. */
async function bucketOf(
  config: object,
  compilerValues: Record<string, unknown> = values,
  place?: string,
  caller: object = {},
): Promise<string> {
  const buckets: string[] = [];
  const takeRate = async (bucket: string) => {
    buckets.push(bucket);
    return { isLimited: false } as const;
  };
  await limiter(config, compilerValues, place)(newRun({ services: { takeRate }, caller }));
  return String(buckets);
}

const full = async () => ({ isLimited: true, retryAfterMs: 12_001 }) as const;

test('a request with room goes on, and expressions can see it', async () => {
  const limits: object[] = [];
  const run = newRun({
    services: {
      takeRate: async (_, limit) => {
        limits.push(limit);
        return { isLimited: false };
      },
    },
  });
  assert.equal(await limiter({})(run), undefined);
  assert.deepEqual(limits, [{ capacity: 3, windowMs: 60_000 }]);
  assert.deepEqual(run.results.rate_limit, {
    bucket_key: ['red', '203.0.113.7'],
    limited: false,
    error: { code: '', message: '' },
  });
});

test('a full bucket answers 429 with whole seconds to wait', async () => {
  const run = newRun({ services: { takeRate: full } });
  await assert.rejects(async () => limiter({})(run), { code: 'rate_limited', status: 429, retryAfterSeconds: 13 });
  assert.equal((run.results.rate_limit as { limited: boolean }).limited, true);
});

test('enforce: false counts and tells, and lets the request go on', async () => {
  const run = newRun({ services: { takeRate: full } });
  assert.equal(await limiter({ enforce: false })(run), undefined);
  assert.deepEqual((run.results.rate_limit as { limited: boolean; error: { code: string } }).limited, true);
  assert.equal((run.results.rate_limit as { error: { code: string } }).error.code, 'rate_limited');
});

test('when nobody can count, on_error decides, and an operator is told', async () => {
  const reports: string[] = [];
  const services = {
    takeRate: () => Promise.reject(new Error('no luck')),
    report: (message: string) => reports.push(message),
  };
  await assert.rejects(async () => limiter({})(newRun({ services })), {
    code: 'policy_dependency_failed',
    status: 503,
    retryAfterSeconds: 1,
  });
  const run = newRun({ services });
  assert.equal(await limiter({ on_error: 'continue' })(run), undefined);
  assert.equal((run.results.rate_limit as { error: { code: string } }).error.code, 'policy_dependency_failed');
  assert.equal(reports.length, 2);
});

test('every combination of values has a bucket, and so have account, endpoint, place and name', async () => {
  const place = 'on_http_request[0].actions[0]';
  const buckets = await Promise.all([
    bucketOf({}),
    bucketOf({}, { team: 'red', ip: '203.0.113.8' }),
    bucketOf({}, { team: '203.0.113.7', ip: 'red' }),
    bucketOf({}, { team: 'red,203', ip: '.0.113.7' }),
    bucketOf({}, { team: null, ip: 'red' }),
    bucketOf({ name: 'others' }),
    bucketOf({}, values, 'on_http_request[1].actions[0]'),
    bucketOf({}, values, place, { accountId: 'ac_2' }),
    bucketOf({}, values, place, { endpoint: { id: 'ep_2', slug: 'support' } }),
  ]);
  assert.equal(new Set(buckets).size, buckets.length);
  assert.equal(await bucketOf({ capacity: 500 }), buckets[0]);
  for (const bucket of buckets) assert.match(bucket, /^[\w-]{43}$/); // a digest, in which nothing is in clear
});

const refused: [string, object, RegExp][] = [
  ['a rate per minute', { rate: '100/min' }, /"100\/min" is not a duration; write one from "60s" to "24h"/],
  ['too short', { rate: '30s' }, /out of range/],
  ['too long', { rate: '25h' }, /out of range/],
  ['no multiple of 10s', { rate: '65s' }, /"65s" is not a multiple of "10s"/],
  ['no capacity', { capacity: 0 }, /capacity/],
  ['too much capacity', { capacity: 2_000_000_001 }, /capacity/],
  ['no key', { bucket_key: [] }, /bucket_key/],
  ['eleven keys', { bucket_key: Array(11).fill('ip') }, /bucket_key/],
  ['another algorithm', { algorithm: 'token_bucket' }, /algorithm/],
  ['a long name', { name: 'x'.repeat(1_024) }, /name/],
  ['an unknown field', { burst: 3 }, /burst/],
];

for (const [what, config, message] of refused) {
  test(`refused when saved: ${what}`, () => {
    const { error } = rateLimit.config.safeParse({ ...written, ...config });
    assert.match(
      JSON.stringify(error?.issues.map(({ path, message }) => [path, message])).replaceAll('\\"', '"'),
      message,
    );
  });
}

test('the longest window and the largest capacity are taken', () => {
  const config = rateLimit.config.parse({ ...written, rate: '24h', capacity: 2_000_000_000 });
  assert.equal(config.rate, 86_400_000);
});
