import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restrictIps } from '../../../functions/policy/actions/restrict-ips.ts';
import { runRestrictIps } from '../../../functions/policy/run/restrict-ips.ts';
import { compileAction, fakeCompiler, newRun } from './action-run.ts';

const office = { allow: ['203.0.113.0/24', '2001:db8::/32'], deny: ['203.0.113.77/32'] };

const cases: [what: string, config: object, clientIp: string, verdict: string, matched: string][] = [
  ['in an allowed range', office, '203.0.113.7', 'allow', '203.0.113.0/24'],
  ['IPv6 in an allowed range', office, '2001:db8::7', 'allow', '2001:db8::/32'],
  ['IPv4 inside IPv6', office, '::ffff:203.0.113.7', 'allow', '203.0.113.0/24'],
  ['denied inside an allowed range', office, '203.0.113.77', 'deny', '203.0.113.77/32'],
  ['denied as IPv4 inside IPv6', office, '::ffff:203.0.113.77', 'deny', '203.0.113.77/32'],
  ['in no range', office, '198.51.100.1', 'deny', ''],
  ['only denials, and not denied', { deny: ['203.0.113.0/24'] }, '198.51.100.1', 'allow', ''],
  ['only denials, and denied', { deny: ['203.0.113.0/24'] }, '203.0.113.1', 'deny', '203.0.113.0/24'],
  [
    'a range of IPv4 addresses inside IPv6',
    { allow: ['::ffff:203.0.113.0/120'] },
    '203.0.113.9',
    'allow',
    '::ffff:203.0.113.0/120',
  ],
  ['everyone on IPv4', { allow: ['0.0.0.0/0'] }, '2001:db8::1', 'deny', ''],
  ['no address at all', { deny: ['203.0.113.0/24'] }, 'unknown', 'deny', ''],
  ['an address in short form', { allow: ['0.0.0.0/0'] }, '203.113', 'deny', ''],
];

for (const [what, config, clientIp, verdict, matched] of cases) {
  test(`${what}: ${verdict}`, async () => {
    const run = newRun({ caller: { clientIp } });
    const act = async () => compileAction(restrictIps, runRestrictIps, config)(run);
    if (verdict === 'allow') assert.equal(await act(), undefined);
    else await assert.rejects(act, { code: 'ip_not_allowed', status: 403 });
    const { action, matched_cidr, error } = run.results.restrict_ips as {
      action: string;
      matched_cidr: string;
      error: { code: string };
    };
    assert.deepEqual(
      [action, matched_cidr, error.code],
      [verdict, matched, verdict === 'deny' ? 'ip_not_allowed' : ''],
    );
  });
}

test('enforce: false tells and lets the request go on', async () => {
  const run = newRun();
  const config = { deny: ['203.0.113.0/24'], enforce: false };
  assert.equal(await compileAction(restrictIps, runRestrictIps, config)(run), undefined);
  assert.equal((run.results.restrict_ips as { action: string }).action, 'deny');
});

test('ranges may come from expressions, and a bad one fails without being repeated', async () => {
  const compiler = fakeCompiler({ office: '203.0.113.0/24', broken: 'hunter2' });
  const run = newRun();
  assert.equal(await compileAction(restrictIps, runRestrictIps, { allow: ['${office}'] }, compiler)(run), undefined);
  await assert.rejects(
    async () => compileAction(restrictIps, runRestrictIps, { allow: ['${broken}'] }, compiler)(run),
    (error: Error & { code: string }) => error.code === 'ERR_NGROK_2238' && !error.message.includes('hunter2'),
  );
});

const refused: [string, object, RegExp][] = [
  ['no CIDR', { allow: ['office'] }, /"office" is not a range/],
  ['an address without a prefix', { allow: ['203.0.113.7'] }, /write "203.0.113.7\/32"/],
  ['an IPv6 address without a prefix', { deny: ['2001:db8::1'] }, /write "2001:db8::1\/128"/],
  ['a prefix that is too long', { allow: ['203.0.113.0/33'] }, /is not a range/],
  ['nothing', {}, /neither allow nor deny/],
  ['IP policies', { allow: ['203.0.113.0/24'], ip_policies: ['ipp_1'] }, /write their ranges into allow and deny/],
];

for (const [what, config, message] of refused) {
  test(`refused when saved: ${what}`, () => {
    const { error } = restrictIps.config.safeParse(config);
    assert.match(error?.issues.map(({ message }) => message).join('\n') ?? '', message);
  });
}
