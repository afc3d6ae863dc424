import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { GatewayError } from '../../../functions/core/errors.ts';
import { parsePolicy } from '../../../functions/policy/parse-policy.ts';
import { compileRules } from '../../../functions/policy/run/compile-rules.ts';
import { type OutgoingCall, type PolicyAnswer, wholeBody } from '../../../functions/policy/run/policy-run.ts';
import { runPhase } from '../../../functions/policy/run/run-phase.ts';
import { newRun, startMs } from './action-run.ts';

/** Policies as they are written, read and run; every expression is the real one. */
async function runPolicy(text: string, parts: Parameters<typeof newRun>[0] = {}) {
  const parsed = parsePolicy(text, { allowLoopback: false });
  assert('policy' in parsed, JSON.stringify(parsed));
  assert('rules' in parsed.policy);
  const stored = JSON.parse(JSON.stringify(parsed.policy.rules)) as typeof parsed.policy.rules;
  const { request } = await compileRules(stored);
  const models = async () => ({ ...said('models'), result: () => undefined, isError: false });
  const run = newRun({ ...parts, services: { callModels: models, ...parts.services } });
  let answer: PolicyAnswer | undefined;
  let error: GatewayError | undefined;
  try {
    answer = await runPhase(request, run);
  } catch (thrown) {
    error = thrown as GatewayError;
  }
  return { answer, error, run };
}

function said(text: string): PolicyAnswer {
  return { status: 200, headers: { 'x-said': text }, body: wholeBody('') };
}

const cookbook = (name: string) => readFile(new URL(`../../../docs/policies/${name}.yaml`, import.meta.url), 'utf8');
const headers = (more: Record<string, string>) => ({ request: { headers: { host: 'gateway.example.com', ...more } } });
const saidBy = ({ answer }: { answer: PolicyAnswer | undefined }) => answer?.headers['x-said'];

test('the cookbook lets addresses in', async () => {
  const policy = await cookbook('ip-allow-list');
  assert.equal(saidBy(await runPolicy(policy)), 'models');
  const { error } = await runPolicy(policy, { caller: { clientIp: '203.0.113.77' } });
  assert.equal(error?.code, 'ip_not_allowed');
});

test('the cookbook limits rates by the key that is proven', async () => {
  const policy = await cookbook('rate-limit-per-key');
  const bucketOf = async (gatewayKeyId: string, more: Record<string, string> = {}) => {
    let taken: [string, object] | undefined;
    const takeRate = async (bucket: string, limit: object) => {
      taken = [bucket, limit];
      return { isLimited: false } as const;
    };
    assert.equal(
      saidBy(await runPolicy(policy, { ...headers(more), caller: { gatewayKeyId }, services: { takeRate } })),
      'models',
    );
    return taken;
  };
  const [red, limit] = (await bucketOf('aigk_red')) ?? [];
  assert.deepEqual(limit, { capacity: 100, windowMs: 60_000 });
  assert.equal((await bucketOf('aigk_red', { authorization: 'anything' }))?.[0], red);
  assert.notEqual((await bucketOf('aigk_blue'))?.[0], red);
});

test('the cookbook lets tokens in', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = JSON.stringify({ keys: [await exportJWK(publicKey)] });
  const call = async ({ url }: OutgoingCall) => {
    assert.equal(url.href, 'https://login.example.com/.well-known/jwks.json');
    return { status: 200, headers: {}, body: Buffer.from(keys) };
  };
  const claims = { iss: 'https://login.example.com/', aud: 'https://gateway.example.com', exp: startMs / 1_000 + 9 };
  const token = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
  const policy = await cookbook('jwt');
  const parts = { ...headers({ authorization: `Bearer ${token}` }), services: { call } };
  const { answer, error, run } = await runPolicy(policy, parts);
  assert.equal(error, undefined);
  assert.equal(answer?.headers['x-said'], 'models');
  assert.equal(run.request.headers.authorization, undefined);
  const bad = headers({ authorization: `Bearer ${token.slice(0, -4)}AAAA` });
  assert.equal((await runPolicy(policy, { ...bad, services: { call } })).error?.code, 'jwt_invalid');
});

test('rules read what an action that does not enforce has found', async () => {
  const policy = `
    on_http_request:
      - actions:
          - type: set-vars
            config: { vars: [{ office: 198.51.100.0/24 }] }
          - type: rate-limit
            config: { capacity: 5, rate: 60s, bucket_key: ["conn.client_ip", "req.headers['x-team'][0]"], enforce: false }
          - type: restrict-ips
            config: { allow: ["\${vars.office}"], enforce: false }
          - type: basic-auth
            config: { credentials: ["ann:\${'pass' + 'word'}"], enforce: false }
          - type: circuit-breaker
            config: { enforce: false }
      - expressions:
          - actions.ngrok.rate_limit.limited && actions.ngrok.rate_limit.error.code == 'rate_limited'
          - actions.ngrok.rate_limit.bucket_key[1] == 'red'
          - actions.ngrok.restrict_ips.action == 'deny'
          - actions.ngrok.basic_auth.credentials.username == 'ann'
          - actions.ngrok.basic_auth.credentials.authorized
          - actions.ngrok.circuit_breaker.tripped
        actions:
          - type: custom-response
            config: { body: all of them }
  `;
  const basic = Buffer.from('ann:password').toString('base64');
  const { answer, error } = await runPolicy(policy, {
    ...headers({ 'x-team': 'red', authorization: `Basic ${basic}` }),
    services: {
      takeRate: async () => ({ isLimited: true, retryAfterMs: 1 }),
      circuits: { openFor: async () => 1_000, note: async () => {} },
    },
  });
  assert.equal(error, undefined);
  assert.equal(answer?.status, 200);
});

test('a policy asks a service, again while it fails, and acts on its answer', async () => {
  const policy = `
    on_http_request:
      - actions:
          - type: http-request
            config:
              url: "https://auth.example.com/check/\${req.headers['x-team'][0]}"
              method: POST
              body: "\${{'ip': conn.client_ip}}"
              retry_condition: attempts < 2 && last_attempt.res.status_code >= 500
      - expressions:
          - actions.ngrok.http_request.res.status_code == 200 && actions.ngrok.http_request.res.json.allowed
          - actions.ngrok.http_request.attempts == 2 && actions.ngrok.http_request.error.code == ''
        actions:
          - type: ai-gateway
      - actions:
          - type: deny
  `;
  const calls: OutgoingCall[] = [];
  const ask = (allowed: boolean) =>
    runPolicy(policy, {
      ...headers({ 'x-team': 'red' }),
      services: {
        call: async call => {
          calls.push(call);
          const status = calls.length % 2 === 1 ? 503 : 200;
          return {
            status,
            headers: { 'content-type': 'application/json' },
            body: Buffer.from(JSON.stringify({ allowed })),
          };
        },
      },
    });
  assert.equal(saidBy(await ask(true)), 'models');
  assert.equal((await ask(false)).answer?.status, 403);
  assert.deepEqual(
    calls.map(({ url, body }) => [url.href, body]),
    Array(4).fill(['https://auth.example.com/check/red', '{"ip":"203.0.113.7"}']),
  );
});

test('a webhook is verified with a secret of a vault', async () => {
  const policy = `
    on_http_request:
      - actions:
          - type: verify-webhook
            config: { provider: github, secret: "\${secrets.get('hooks', 'github')}" }
          - type: custom-response
            config: { status_code: 202 }
  `;
  const signature = `sha256=${createHmac('sha256', 'hush').update('hello').digest('hex')}`;
  const secrets = {
    get: (vault: string, name: string) => (`${vault}/${name}` === 'hooks/github' ? 'hush' : undefined),
  };
  const ask = (body: string) => {
    const { request } = headers({ 'x-hub-signature-256': signature });
    return runPolicy(policy, { request: { ...request, body: Buffer.from(body) }, secrets });
  };
  assert.equal((await ask('hello')).answer?.status, 202);
  assert.equal((await ask('hallo')).error?.code, 'webhook_not_verified');
});

const broken: [what: string, config: string, path: string][] = [
  [
    'a bucket key',
    'type: rate-limit, config: { capacity: 1, rate: 60s, bucket_key: ["req.nothing"] }',
    'bucket_key[0]',
  ],
  [
    'a retry condition',
    'type: http-request, config: { url: "https://a.example", retry_condition: "attempts" }',
    'retry_condition',
  ],
  ['a range', 'type: restrict-ips, config: { allow: ["${nothing}"] }', 'allow[0]'],
  ['a credential', 'type: basic-auth, config: { credentials: "ann:hunter2" }', 'credentials'],
  ['a secret', 'type: verify-webhook, config: { provider: github, secret: "${hunter2" }', 'secret'],
  [
    'a key set',
    `type: jwt-validation, config: { issuer: { allow_list: [{ value: a }] }, http: { tokens: [{ type: jwt, method: header, name: a }] }, jws: { allowed_algorithms: [RS256], keys: { sources: { additional_jkus: ["http://a.example"] } } } }`,
    'jws.keys.sources.additional_jkus[0]',
  ],
];

for (const [what, action, path] of broken) {
  test(`a mistake is told where it is, and no credential with it: ${what}`, () => {
    const parsed = parsePolicy(`on_http_request: [{ actions: [{ ${action} }] }]`, { allowLoopback: false });
    assert('problems' in parsed);
    assert.equal(parsed.problems[0]?.path, `on_http_request[0].actions[0].config.${path}`);
    assert.doesNotMatch(JSON.stringify(parsed.problems), /hunter2/);
  });
}
