import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import Stripe from 'stripe';
import { verifyWebhook } from '../../../functions/policy/actions/verify-webhook.ts';
import type { PolicyRequest } from '../../../functions/policy/run/policy-run.ts';
import { runVerifyWebhook } from '../../../functions/policy/run/verify-webhook.ts';
import { compileAction, fakeCompiler, newRun, startMs } from './action-run.ts';

interface Signed {
  config: { provider: string; [field: string]: unknown };
  secret: string;
  request: Partial<Omit<PolicyRequest, 'body'>> & { body: string };
  nowMs?: number;
}

const slackBody =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
  '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com' +
  '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a1' +
  '4d10d2c447fce8b6703c';
const nowSeconds = startMs / 1_000;
const sign = (algorithm: string, secret: string, text: string, encoding: 'hex' | 'base64') =>
  createHmac(algorithm, secret).update(text).digest(encoding);
const form = 'application/x-www-form-urlencoded';
const twilioForm = 'CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212';
const jsonDigest = createHash('sha256').update('{"a":1}').digest('hex');

/** Where a provider publishes an example, it is that one. */
const signed: Record<string, Signed> = {
  github: {
    config: { provider: 'github' },
    secret: "It's a Secret to Everybody",
    request: {
      headers: { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
      body: 'Hello, World!',
    },
  },
  slack: {
    config: { provider: 'slack' },
    secret: '8f742231b10e8888abcd99yyyzzz85a5',
    request: {
      headers: {
        'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
        'x-slack-request-timestamp': '1531420618',
      },
      body: slackBody,
    },
    nowMs: 1_531_420_618_000 + 299_000,
  },
  stripe: {
    config: { provider: 'stripe' },
    secret: 'whsec_test',
    request: {
      headers: {
        'stripe-signature': new Stripe('sk_test_x').webhooks.generateTestHeaderString({
          payload: '{"id":"evt_1"}',
          secret: 'whsec_test',
          timestamp: nowSeconds - 10,
        }),
      },
      body: '{"id":"evt_1"}',
    },
  },
  shopify: {
    config: { provider: 'shopify' },
    secret: 'hush',
    request: {
      headers: { 'x-shopify-hmac-sha256': sign('sha256', 'hush', '{"id":1}', 'base64') },
      body: '{"id":1}',
    },
  },
  twilio: {
    config: { provider: 'twilio' },
    secret: '12345',
    request: {
      path: '/myapp.php',
      query: 'foo=1&bar=2',
      headers: {
        host: 'mycompany.com',
        'content-type': form,
        'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
      },
      body: twilioForm,
    },
  },
  'twilio at the address of the endpoint, with a port': {
    config: { provider: 'twilio' },
    secret: '12345',
    request: {
      path: '/v1/sms',
      headers: {
        host: 'gateway.example.com',
        'content-type': form,
        'x-twilio-signature': sign('sha1', '12345', 'https://gateway.example.com:443/e/support/v1/smsa1a2b3', 'base64'),
      },
      body: 'b=3&a=2&a=1',
    },
  },
  'twilio with JSON': {
    config: { provider: 'twilio' },
    secret: '12345',
    request: {
      path: '/v1/sms',
      query: `bodySHA256=${jsonDigest}`,
      headers: {
        host: 'gateway.example.com',
        'content-type': 'application/json',
        'x-twilio-signature': sign(
          'sha1',
          '12345',
          `https://gateway.example.com/v1/sms?bodySHA256=${jsonDigest}`,
          'base64',
        ),
      },
      body: '{"a":1}',
    },
  },
  generic: {
    config: { provider: 'generic_hmac', header: 'X-Signature', algorithm: 'sha512', encoding: 'base64', prefix: 's=' },
    secret: 'hush',
    request: { headers: { 'x-signature': `s=${sign('sha512', 'hush', 'hello', 'base64')}` }, body: 'hello' },
  },
  'generic with a time': {
    config: { provider: 'generic_hmac', header: 'x-signature', timestamp_header: 'X-Sent-At', tolerance: '1m' },
    secret: 'hush',
    request: {
      headers: {
        'x-signature': sign('sha256', 'hush', `${nowSeconds - 59}.hello`, 'hex'),
        'x-sent-at': String(nowSeconds - 59),
      },
      body: 'hello',
    },
  },
};

function verify({ config, secret, request, nowMs = startMs }: Signed, more: object = {}) {
  const run = newRun({
    services: { now: () => nowMs },
    request: { ...request, body: Buffer.from(request.body) },
  });
  const written = { ...config, secret: '${secret}', ...more };
  const act = async () => compileAction(verifyWebhook, runVerifyWebhook, written, fakeCompiler({ secret }))(run);
  return { run, act };
}

for (const [what, example] of Object.entries(signed)) {
  const { request } = example;
  test(`${what}: what was signed is let in`, async () => {
    const { run, act } = verify(example);
    assert.equal(await act(), undefined);
    assert.deepEqual(run.results.verify_webhook, { verified: true, error: { code: '', message: '' } });
  });

  const changed: [string, Signed][] = [
    ['another body', { ...example, request: { ...request, body: `${request.body} ` } }],
    ['another secret', { ...example, secret: `${example.secret}x` }],
    [
      'no signature',
      { ...example, request: { ...request, headers: { host: request.headers?.host, 'content-type': form } } },
    ],
  ];
  for (const [change, each] of changed) {
    test(`${what}: ${change} is refused`, async () => {
      const { act } = verify(each);
      await assert.rejects(act, { code: 'webhook_not_verified', status: 403 });
    });
  }
}

for (const what of ['slack', 'stripe', 'generic with a time']) {
  const example = signed[what] as Signed;
  const base = example.nowMs ?? startMs;
  for (const [when, nowMs] of [
    ['an old', base + 301_000],
    ['a future', base - 700_000],
  ] as const) {
    test(`${what}: ${when} signature is refused`, async () => {
      await assert.rejects(verify({ ...example, nowMs }).act, /too far from now/);
    });
  }
}

test('one of several signatures of Stripe suffices, while a secret is replaced', async () => {
  const example = signed.stripe as Signed;
  const header = `${example.request.headers?.['stripe-signature']},v1=${'0'.repeat(64)}`;
  await verify({ ...example, request: { ...example.request, headers: { 'stripe-signature': header } } }).act();
});

test('a body that Twilio did not sign is refused, whatever it is', async () => {
  const example = signed.twilio as Signed;
  const headers = { ...example.request.headers, 'content-type': 'application/json' };
  const signature = sign('sha1', '12345', 'https://mycompany.com/myapp.php?foo=1&bar=2', 'base64');
  const request = { ...example.request, headers: { ...headers, 'x-twilio-signature': signature }, body: '{"a":1}' };
  await assert.rejects(verify({ ...example, request }).act, { code: 'webhook_not_verified' });
});

test('an empty secret verifies nothing', async () => {
  const example = signed.shopify as Signed;
  const headers = { 'x-shopify-hmac-sha256': sign('sha256', '', '{"id":1}', 'base64') };
  await assert.rejects(verify({ ...example, secret: '', request: { ...example.request, headers } }).act, {
    code: 'ERR_NGROK_2238',
  });
});

test('enforce: false tells and lets the request go on', async () => {
  const { run, act } = verify({ ...(signed.github as Signed), secret: 'other' }, { enforce: false });
  assert.equal(await act(), undefined);
  assert.equal((run.results.verify_webhook as { verified: boolean }).verified, false);
});

const refused: [string, object, RegExp][] = [
  ['an unknown provider', { provider: 'sendgrid', secret: 's' }, /"sendgrid" is not supported; use "github", "stripe"/],
  ['no secret', { provider: 'github' }, /./],
  ['generic without a header', { provider: 'generic_hmac', secret: 's' }, /header that holds the signature/],
  ['generic fields elsewhere', { provider: 'github', secret: 's', header: 'x-a' }, /"header" is for provider/],
  [
    'tolerance of no time',
    { provider: 'generic_hmac', secret: 's', header: 'x-a', tolerance: '1m' },
    /timestamp_header/,
  ],
];

for (const [what, written, message] of refused) {
  test(`refused when saved: ${what}`, () => {
    const { error } = verifyWebhook.config.safeParse(written);
    assert.match(error?.issues.map(({ message }) => message).join('\n') ?? '', message);
  });
}
