import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import Stripe from 'stripe';
import { createAccountSecrets } from '../../functions/store/account-secrets.ts';
import { createSecretReader } from '../../functions/store/secrets.ts';
import { type StripeMock, secretKey, startStripeMock, webhookSecret } from '../credits/stripe-mock.ts';
import { newDataFolder, type Stack, startStack } from './start-stack.ts';

const data = newDataFolder();
let stripe: StripeMock;
let stack: Stack;

before(async () => {
  stripe = await startStripeMock();
  stack = await startStack(data.folder, stripeVariables());
});

after(async () => {
  await stack.kill('SIGTERM');
  await stripe.close();
  data.remove();
});

function stripeVariables(): Record<string, string> {
  return {
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    TOLLGATE_STRIPE_API_BASE: stripe.url,
  };
}

async function manage(method: string, path: string, body?: unknown) {
  const response = await stack.manage(method, path, body);
  const text = await response.text();
  assert.ok(!text.includes('sk-hush'), `an answer holds a value: ${text}`);
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

test('a vault and a secret are made and rotated, the value is never shown, and a reader sees the new one in time', async () => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SecretsManagerClient({ endpoint: stack.secretsManagerUrl, region: 'us-east-1', credentials });
  const cacheMs = 200; // the stated bound on rotation is this on the local stack
  const gateway = createAccountSecrets(createSecretReader(client, cacheMs, Date.now), 'tollgate/accounts/');

  const vault = await manage('POST', '/vaults', { name: 'default', description: 'provider keys' });
  assert.equal(vault.status, 201);
  const made = await manage('POST', '/secrets', { name: 'openai', value: 'sk-hush-1', vault_name: 'default' });
  assert.equal(made.status, 201);
  assert.equal(made.body.value, undefined);
  assert.equal(await gateway.get(stack.accountId, 'default', 'openai'), 'sk-hush-1');

  const path = `/secrets/${made.body.id}`;
  assert.equal((await manage('PATCH', path, { value: 'sk-hush-2' })).status, 200);
  await new Promise(resolve => setTimeout(resolve, cacheMs + 50));
  assert.equal(await gateway.get(stack.accountId, 'default', 'openai'), 'sk-hush-2');
  assert.equal((await manage('GET', path)).body.name, 'openai');
  assert.equal((await manage('GET', '/secrets')).status, 200);
  assert.equal((await manage('DELETE', `/vaults/${vault.body.id}`)).body.error_code, 'vault_not_empty');

  for (const file of readdirSync(data.folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const bytes = readFileSync(join(file.parentPath, file.name));
    assert.ok(!bytes.includes('sk-hush'), `${file.name} holds a value in the clear`);
  }
  assert.equal((await manage('DELETE', path)).status, 204);
  assert.equal((await manage('DELETE', `/vaults/${vault.body.id}`)).status, 204);
  client.destroy();
});

/** Sends the event that says a session was paid, signed at a time. */
async function deliverPaid(sessionId: unknown, payment: string, { secret = webhookSecret, timeMs = Date.now() } = {}) {
  const paid = { ...stripe.sessions.get(String(sessionId)), payment_status: 'paid', payment_intent: payment };
  const payload = JSON.stringify({
    id: `evt_${payment}`,
    object: 'event',
    type: 'checkout.session.completed',
    data: { object: paid },
  });
  const timestamp = Math.floor(timeMs / 1000);
  const signature = new Stripe(secretKey).webhooks.generateTestHeaderString({ payload, secret, timestamp });
  const response = await fetch(`${stack.managementUrl}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
    body: payload,
  });
  return { httpStatus: response.status, ...((await response.json()) as { status?: string }) };
}

test('credits are bought: a session, its payment, and the balance', async () => {
  const purchased = async () => BigInt((await manage('GET', '/credits/balance')).body.purchased_nano_usd as string);
  const before = await purchased();
  const session = await manage('POST', '/credits/checkout_sessions', { amount_usd: '5.00' });
  assert.equal(session.status, 201);
  assert.match(String(session.body.url), /^https:\/\/checkout\.stripe\.com/);
  assert.equal((await manage('POST', '/credits/checkout_sessions', { amount_usd: '4.99' })).status, 400);
  const { id } = session.body;
  assert.equal((await deliverPaid(id, 'pi_1', { secret: 'whsec_forged' })).httpStatus, 400);
  assert.deepEqual(await deliverPaid(id, 'pi_1'), { httpStatus: 200, status: 'credited' });
  assert.deepEqual(await deliverPaid(id, 'pi_1'), { httpStatus: 200, status: 'already_credited' });
  assert.equal((await purchased()) - before, 5_000_000_000n);
});

test('when all credits have ended, buying some restores access at once', async () => {
  await stack.kill('SIGTERM');
  const offsetMs = 366 * 86_400_000;
  stack = await startStack(data.folder, { ...stripeVariables(), TOLLGATE_CLOCK_OFFSET: '366d' });
  const chat = () =>
    fetch(`${stack.gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.gatewayKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo-chat', messages: [{ role: 'user', content: 'Hi' }] }),
    });
  const refused = await chat();
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get('ngrok-error-code'), 'ERR_NGROK_4026');
  const session = await manage('POST', '/credits/checkout_sessions', { amount_usd: '10' });
  const paid = await deliverPaid(session.body.id, 'pi_2', { timeMs: Date.now() + offsetMs });
  assert.deepEqual(paid, { httpStatus: 200, status: 'credited' });
  assert.equal((await chat()).status, 200);
});
