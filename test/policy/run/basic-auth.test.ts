import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayError } from '../../../functions/core/errors.ts';
import { basicAuth } from '../../../functions/policy/actions/basic-auth.ts';
import { runBasicAuth } from '../../../functions/policy/run/basic-auth.ts';
import { compileAction, fakeCompiler, newRun } from './action-run.ts';

const basic = (credential: string) => `Basic ${Buffer.from(credential).toString('base64')}`;
const asking = (authorization?: string) =>
  newRun({ request: { headers: { host: 'gateway.example.com', ...(authorization && { authorization }) } } });
const compiler = fakeCompiler({ password: 'correct horse', short: 'abc', nothing: '' });
const config = { credentials: ['ann:first:password', 'bob:${password}'], realm: 'the "lab"' };

const allowed: [string, string][] = [
  ['the first colon divides', basic('ann:first:password')],
  ['a password from an expression', basic('bob:correct horse')],
  ['the scheme in any case', basic('bob:correct horse').replace('Basic', 'basic')],
];

for (const [what, authorization] of allowed) {
  test(`let in: ${what}`, async () => {
    const run = asking(authorization);
    assert.equal(await compileAction(basicAuth, runBasicAuth, config, compiler)(run), undefined);
    const { credentials } = run.results.basic_auth as { credentials: { username: string } };
    const username = authorization === allowed[0]?.[1] ? 'ann' : 'bob';
    assert.deepEqual(credentials, { presented: true, username, authorized: true });
  });
}

const denied: [what: string, authorization: string | undefined, presented: boolean][] = [
  ['nothing shown', undefined, false],
  ['a bearer token', 'Bearer abc', false],
  ['no base64', 'Basic ann:password', false],
  ['no colon', basic('ann'), false],
  ['an unknown user', basic('eve:correct horse'), true],
  ['a wrong password', basic('bob:correct horses'), true],
  ["another user's password", basic('ann:correct horse'), true],
  ['no password', basic('bob:'), true],
];

for (const [what, authorization, presented] of denied) {
  test(`401: ${what}`, async () => {
    const run = asking(authorization);
    await assert.rejects(
      async () => compileAction(basicAuth, runBasicAuth, config, compiler)(run),
      ({ code, status, headers, message }: GatewayError) => {
        assert.deepEqual([code, status], ['basic_auth_failed', 401]);
        assert.equal(headers['www-authenticate'], 'Basic realm="the \\"lab\\"", charset="UTF-8"');
        assert.doesNotMatch(message, /horse|ann|bob|eve/);
        return true;
      },
    );
    const { credentials } = run.results.basic_auth as { credentials: { presented: boolean; authorized: boolean } };
    assert.deepEqual([credentials.presented, credentials.authorized], [presented, false]);
  });
}

test('enforce: false tells and lets the request go on', async () => {
  const run = asking();
  const lenient = { ...config, enforce: false };
  assert.equal(await compileAction(basicAuth, runBasicAuth, lenient, compiler)(run), undefined);
});

for (const credential of ['bob:${short}', 'bob:${nothing}', '${password}']) {
  test(`a credential that is none when filled in fails closed: ${credential}`, async () => {
    const act = compileAction(basicAuth, runBasicAuth, { credentials: [credential] }, compiler);
    await assert.rejects(async () => act(asking(basic('bob:'))), { code: 'ERR_NGROK_2238' });
  });
}

const refused: [string, object, RegExp][] = [
  ['no colon', { credentials: ['hunter2hunter2'] }, /write them as "user:password"/],
  ['a short password', { credentials: ['ann:hunter2'] }, /password of 7 characters/],
  ['a long password', { credentials: [`ann:${'x'.repeat(129)}`] }, /password of 129 characters/],
  ['none', { credentials: [] }, /./],
  ['eleven', { credentials: Array(11).fill('ann:password') }, /./],
  ['a realm beyond ASCII', { credentials: ['ann:password'], realm: 'Büro' }, /printable ASCII/],
];

for (const [what, written, message] of refused) {
  test(`refused when saved, without repeating it: ${what}`, () => {
    const { error } = basicAuth.config.safeParse(written);
    const messages = error?.issues.map(({ message }) => message).join('\n') ?? '';
    assert.match(messages, message);
    assert.doesNotMatch(messages, /hunter2/);
  });
}
