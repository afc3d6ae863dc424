import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import type { GatewayError } from '../../../functions/core/errors.ts';
import { jwtValidation } from '../../../functions/policy/actions/jwt-validation.ts';
import { runJwtValidation } from '../../../functions/policy/run/jwt-validation.ts';
import { CallFailed, type OutgoingCall, type PolicyRequest } from '../../../functions/policy/run/policy-run.ts';
import { compileAction, newRun, startMs } from './action-run.ts';

const issuer = 'https://login.example.com/';
const audience = 'https://gateway.example.com';
const jku = 'https://login.example.com/.well-known/jwks.json';
const written = {
  issuer: { allow_list: [{ value: 'https://other.example.com/' }, { value: issuer }] },
  audience: { allow_list: [{ value: audience }] },
  http: { tokens: [{ type: 'access_token', method: 'header', name: 'Authorization', prefix: 'Bearer ' }] },
  jws: { allowed_algorithms: ['ES256', 'RS256'], keys: { sources: { additional_jkus: [jku] } } },
};

const pair = await generateKeyPair('ES256', { extractable: true });
const otherPair = await generateKeyPair('ES256', { extractable: true });
const jwk = async (key: CryptoKey, kid?: string): Promise<JWK> => ({ ...(await exportJWK(key)), ...(kid && { kid }) });
const keys = [await jwk(pair.publicKey, 'key-1')];
const nowSeconds = startMs / 1_000;

interface TokenParts {
  kid?: string | undefined;
  claims?: Record<string, unknown>;
  key?: CryptoKey;
  typ?: string;
}

function token({ kid = 'key-1', claims = {}, key = pair.privateKey, typ }: TokenParts = {}): Promise<string> {
  return new SignJWT({ iss: issuer, aud: audience, sub: 'ann', exp: nowSeconds + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', ...(kid !== '' && { kid }), ...(typ && { typ }) })
    .sign(key);
}

/** A place that serves key sets, and counts how often it is asked. */
function keyServer(sets: Record<string, () => { status?: number; body: string }>) {
  const calls: string[] = [];
  const reports: string[] = [];
  const clock = { nowMs: startMs };
  const services = {
    now: () => clock.nowMs,
    report: (message: string) => reports.push(message),
    call: async ({ url }: OutgoingCall) => {
      calls.push(url.href);
      const { status = 200, body } = (sets[url.href] as () => { status?: number; body: string })();
      return { status, headers: {}, body: Buffer.from(body) };
    },
  };
  return { calls, reports, clock, services };
}

const served = (list: readonly JWK[]) => () => ({ body: JSON.stringify({ keys: list }) });

function asking(server: ReturnType<typeof keyServer>, request: Partial<PolicyRequest>) {
  return newRun({ services: server.services, request });
}

const bearer = (text: string) => ({ headers: { host: 'gateway.example.com', authorization: `Bearer ${text}` } });

async function refusal(act: () => unknown): Promise<GatewayError> {
  try {
    await act();
  } catch (error) {
    return error as GatewayError;
  }
  throw new assert.AssertionError({ message: 'it was let in' });
}

test('a signed token is let in, and expressions can read it', async () => {
  const server = keyServer({ [jku]: served(keys) });
  const run = asking(server, bearer(await token()));
  assert.equal(await compileAction(jwtValidation, runJwtValidation, written)(run), undefined);
  const { tokens, error } = run.results.jwt_validation as { tokens: Record<string, unknown>[]; error: object };
  assert.deepEqual(error, { code: '', message: '' });
  const { signature, ...told } = tokens[0] as { signature: string };
  assert.match(signature, /^[\w-]{86}$/);
  assert.deepEqual(told, {
    location: 'header',
    location_property: 'Authorization',
    header: { alg: 'ES256', kid: 'key-1' },
    payload: { iss: issuer, aud: audience, sub: 'ann', exp: nowSeconds + 60 },
    verified: true,
  });
});

const hs256 = await new SignJWT({ iss: issuer, aud: audience })
  .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
  .sign(Buffer.from(JSON.stringify(keys[0])));
const unsecured = new UnsecuredJWT({ iss: issuer, aud: audience }).encode();
const [head, , tail] = (await token()).split('.');
const changed = `${head}.${Buffer.from(JSON.stringify({ iss: issuer, aud: audience, sub: 'eve' })).toString('base64url')}.${tail}`;

const invalid: [what: string, shown: string | undefined, reason: RegExp][] = [
  ['nothing shown', undefined, /it is missing/],
  ['no prefix', await token(), /it is missing/],
  ['no token', 'Bearer abc', /not a signed token/],
  ['expired', `Bearer ${await token({ claims: { exp: nowSeconds - 6 } })}`, /expired/],
  ['not valid yet', `Bearer ${await token({ claims: { nbf: nowSeconds + 6 } })}`, /not valid yet/],
  ['another issuer', `Bearer ${await token({ claims: { iss: 'https://login.example.com' } })}`, /issuer/],
  ['no issuer', `Bearer ${await token({ claims: { iss: undefined } })}`, /issuer/],
  ['another audience', `Bearer ${await token({ claims: { aud: ['a', 'b'] } })}`, /audience/],
  ['another key', `Bearer ${await token({ key: otherPair.privateKey })}`, /signature is wrong/],
  ['an unknown key id', `Bearer ${await token({ kid: 'key-2' })}`, /no key set has the key/],
  ['changed claims', `Bearer ${changed}`, /signature is wrong/],
  ['signed with the public key', `Bearer ${hs256}`, /algorithm/],
  ['not signed', `Bearer ${unsecured}`, /algorithm/],
];

for (const [what, authorization, reason] of invalid) {
  test(`401 without repeating the token: ${what}`, async () => {
    const server = keyServer({ [jku]: served(keys) });
    const run = asking(server, { headers: { host: 'gateway.example.com', authorization } });
    const error = await refusal(() => compileAction(jwtValidation, runJwtValidation, written)(run));
    assert.deepEqual([error.code, error.status], ['jwt_invalid', 401]);
    assert.match(error.message, reason);
    assert.match(error.headers['www-authenticate'] ?? '', /^Bearer/);
    for (const part of (authorization ?? '').split(/[ .]/).filter(part => part.length > 6)) {
      assert(!error.message.includes(part), error.message);
    }
    const { tokens } = run.results.jwt_validation as { tokens: { verified: boolean }[] };
    assert.equal(tokens[0]?.verified, false);
  });
}

test('a token without a key id fits any key of the set', async () => {
  const server = keyServer({ [jku]: served([await jwk(otherPair.publicKey, 'old'), ...keys]) });
  const run = asking(server, bearer(await token({ kid: '' })));
  assert.equal(await compileAction(jwtValidation, runJwtValidation, written)(run), undefined);
});

test('every listed token must be there: one in a header, one in a JSON body or a form', async () => {
  const tokens = [
    { type: 'jwt', method: 'header', name: 'X-First' },
    { type: 'at+jwt', method: 'body', name: 'second' },
  ];
  const act = compileAction(jwtValidation, runJwtValidation, { ...written, http: { tokens } });
  const server = keyServer({ [jku]: served(keys) });
  const [first, second] = [await token(), await token({ typ: 'at+jwt' })];
  const json = 'application/json; charset=utf-8';
  const form = 'application/x-www-form-urlencoded';
  const ask =
    (type: string, body: string, more: Partial<PolicyRequest> = {}) =>
    async () =>
      act(asking(server, { headers: { 'x-first': first, 'content-type': type }, body: Buffer.from(body), ...more }));
  assert.equal(await ask(json, JSON.stringify({ second }))(), undefined);
  assert.equal(await ask(form, `a=b&second=${second}`)(), undefined);
  for (const missing of [
    ask(json, '{}'),
    ask(json, '{'),
    ask(json, JSON.stringify({ second: [second] })),
    ask('text/plain', JSON.stringify({ second })),
    ask(json, JSON.stringify({ second }), { method: 'GET' }),
  ]) {
    assert.match((await refusal(missing)).message, /field "second" of the body is not valid: it is missing/);
  }
  assert.match((await refusal(ask(json, JSON.stringify({ second: first })))).message, /type is another one/);
});

test('keys are fetched once in 15 minutes, and for an unknown key once a minute', async () => {
  const sets = { list: keys };
  const server = keyServer({ [jku]: () => ({ body: JSON.stringify({ keys: sets.list }) }) });
  const act = compileAction(jwtValidation, runJwtValidation, written);
  const ask = async (parts: TokenParts = {}) => {
    const claims = { exp: server.clock.nowMs / 1_000 + 60 };
    return act(asking(server, bearer(await token({ claims, ...parts }))));
  };
  await Promise.all([ask(), ask(), ask()]);
  assert.equal(server.calls.length, 1);
  const unknown = { kid: 'key-2', key: otherPair.privateKey };
  for (let time = 0; time < 5; time++) await refusal(() => ask(unknown));
  assert.equal(server.calls.length, 1);

  server.clock.nowMs += 60_000;
  sets.list = [...keys, await jwk(otherPair.publicKey, 'key-2')];
  assert.equal(await ask(unknown), undefined);
  assert.equal(server.calls.length, 2);
  for (let time = 0; time < 5; time++) await refusal(() => ask({ ...unknown, kid: 'key-3' }));
  assert.equal(server.calls.length, 2);

  server.clock.nowMs += 15 * 60_000;
  await ask();
  await ask();
  assert.equal(server.calls.length, 3);
});

test('while keys cannot be had: known ones serve, else 503, and the place is not asked all the time', async () => {
  const state = { isDown: true };
  const server = keyServer({
    [jku]: () => {
      if (state.isDown) throw new CallFailed('login.example.com did not answer');
      return { body: JSON.stringify({ keys }) };
    },
  });
  const act = compileAction(jwtValidation, runJwtValidation, written);
  const ask = async (parts: TokenParts = {}) => {
    const claims = { exp: server.clock.nowMs / 1_000 + 60 };
    return act(asking(server, bearer(await token({ claims, ...parts }))));
  };
  for (let time = 0; time < 3; time++) {
    const error = await refusal(ask);
    assert.deepEqual([error.code, error.status], ['policy_dependency_failed', 503]);
    assert(error.retryAfterSeconds !== undefined);
  }
  assert.deepEqual([server.calls.length, server.reports.length], [1, 1]);

  server.clock.nowMs += 5_000;
  state.isDown = false;
  assert.equal(await ask(), undefined);
  state.isDown = true;
  server.clock.nowMs += 16 * 60_000;
  assert.equal(await ask(), undefined);
  assert.equal((await refusal(() => ask({ kid: 'key-2' }))).code, 'policy_dependency_failed');
  server.clock.nowMs += 24 * 3_600_000;
  assert.equal((await refusal(ask)).code, 'policy_dependency_failed');
});

const badSets: [string, { status?: number; body: string }][] = [
  ['an error', { status: 500, body: JSON.stringify({ keys }) }],
  ['no JSON', { body: '<html>' }],
  ['no keys', { body: '{"keys":[]}' }],
  ['keys that are none', { body: '{"keys":[1]}' }],
  ['more keys than anyone has', { body: JSON.stringify({ keys: Array(101).fill(keys[0]) }) }],
];

for (const [what, answer] of badSets) {
  test(`a place that answers with ${what} has no keys`, async () => {
    const server = keyServer({ [jku]: () => answer });
    const act = compileAction(jwtValidation, runJwtValidation, written);
    const run = asking(server, bearer(await token()));
    assert.equal((await refusal(() => act(run))).code, 'policy_dependency_failed');
  });
}

test('one of several places suffices', async () => {
  const second = 'https://keys.example.com/jwks';
  const server = keyServer({
    [jku]: () => {
      throw new CallFailed('no answer');
    },
    [second]: served(keys),
  });
  const config = structuredClone(written);
  config.jws.keys.sources.additional_jkus.push(second);
  const act = compileAction(jwtValidation, runJwtValidation, config);
  assert.equal(await act(asking(server, bearer(await token()))), undefined);
});

const refused: [string, (config: typeof written) => void, RegExp][] = [
  ['none', ({ jws }) => jws.allowed_algorithms.push('none'), /"none" is not an algorithm/],
  ['a shared secret', ({ jws }) => jws.allowed_algorithms.push('HS256'), /"HS256" is not an algorithm/],
  ['no algorithm', ({ jws }) => jws.allowed_algorithms.splice(0), /./],
  ['no issuer', ({ issuer }) => issuer.allow_list.splice(0), /./],
  ['no token', ({ http }) => http.tokens.splice(0), /./],
  ['a token in the query', ({ http }) => Object.assign(http.tokens[0] ?? {}, { method: 'query' }), /./],
  ['no keys', ({ jws }) => jws.keys.sources.additional_jkus.splice(0), /./],
];

for (const [what, change, message] of refused) {
  test(`refused when saved: ${what}`, () => {
    const config = structuredClone(written);
    change(config);
    const { error } = jwtValidation.config.safeParse(config);
    assert.match(error?.issues.map(({ message }) => message).join('\n') ?? '', message);
  });
}

test('key sets are had over https, and from this machine only on local stacks', () => {
  const check = (url: string, allowLoopback = false) => {
    const config = structuredClone(written);
    config.jws.keys.sources.additional_jkus = [url];
    return jwtValidation.check(config, ['config'], { allowLoopback, knowsProvider: () => true });
  };
  assert.deepEqual(check(jku), []);
  assert.deepEqual(check('http://127.0.0.1:8080/jwks', true), []);
  for (const url of [
    'http://login.example.com/jwks',
    'jwks',
    'https://a:b@login.example.com/',
    'https://localhost/jwks',
  ]) {
    const [problem] = check(url);
    assert.equal(problem?.path, 'config.jws.keys.sources.additional_jkus[0]', url);
  }
});
