import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import Stripe from 'stripe';
import { balanceRoutes } from '../../functions/credits/balance.ts';
import { checkoutSessionRoutes } from '../../functions/credits/checkout-sessions.ts';
import { createStripeWebhookRoute } from '../../functions/credits/stripe-webhook.ts';
import { transactionRoutes } from '../../functions/credits/transactions.ts';
import { type Call, callWith, startTestBackend, type TestBackend } from '../support/management-backend.ts';
import { type StripeMock, secretKey, startStripeMock, webhookSecret } from './stripe-mock.ts';

export interface CreditsApi extends TestBackend {
  url: string;
  stripe: StripeMock;
  open(role?: 'admin' | 'viewer'): Promise<{ accountId: string; call: Call }>;
  configure(value: Record<string, string>): Promise<void>;
  /** Sends an event to the webhook as Stripe does; options change what is signed or sent. */
  deliver(event: object, options?: DeliverOptions): ReturnType<Call>;
}

export interface DeliverOptions {
  secret?: string;
  ageSeconds?: number;
  /** Sent instead of what was signed. */
  body?: string;
  headers?: Record<string, string>;
}

const secretId = 'stripe';

export async function startCreditsApi(): Promise<CreditsApi> {
  const backend = await startTestBackend();
  const stripe = await startStripeMock();
  const routes = [...balanceRoutes, ...transactionRoutes, ...checkoutSessionRoutes, createStripeWebhookRoute()];
  const server = await backend.serve(routes, { stripe: { secretId, apiBase: stripe.url } });
  const signer = new Stripe(secretKey);

  const configure = async (value: Record<string, string>) => {
    const SecretString = JSON.stringify(value);
    await backend.secrets.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
  };
  await backend.secrets.send(new CreateSecretCommand({ Name: secretId }));

  return {
    ...backend,
    url: server.url,
    stripe,
    configure,
    async open(role = 'admin') {
      const { accountId, token } = await backend.newAccount(role);
      return { accountId, call: callWith(server.url, token) };
    },
    deliver(event, { secret = webhookSecret, ageSeconds = 0, body, headers = {} } = {}) {
      const payload = JSON.stringify(event, null, 2);
      const timestamp = Math.floor(backend.management.now() / 1000) - ageSeconds;
      const signature = signer.webhooks.generateTestHeaderString({ payload, secret, timestamp });
      const call = callWith(server.url, '');
      return call('POST', '/webhooks/stripe', body ?? payload, {
        authorization: '',
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signature,
        ...headers,
      });
    },
    async close() {
      await server.close();
      await stripe.close();
      await backend.close();
    },
  };
}

let events = 0;

/** A paid session of an account, as Stripe's event has it; fields replace those of the session. */
export function sessionEvent(
  accountId: string,
  fields: Record<string, unknown> = {},
  type = 'checkout.session.completed',
): object {
  const cents = (fields.amount_total as number | undefined) ?? 1_000;
  const session = {
    id: 'cs_test_1',
    object: 'checkout.session',
    amount_total: cents,
    currency: 'usd',
    payment_status: 'paid',
    payment_intent: 'pi_1',
    status: 'complete',
    metadata: { tollgate_account_id: accountId, tollgate_amount_cents: String(cents) },
    ...fields,
  };
  return { id: `evt_${++events}`, object: 'event', type, data: { object: session } };
}

/** A refund; amounts in cents. */
export function refundEvent(accountId: string, { before = 0, refunded = 1_000, payment = 'pi_1' } = {}): object {
  const charge = {
    id: `ch_${payment}`,
    object: 'charge',
    amount: 1_000,
    amount_refunded: refunded,
    payment_intent: payment,
    metadata: { tollgate_account_id: accountId },
  };
  const data = { object: charge, previous_attributes: { amount_refunded: before } };
  return { id: `evt_${++events}`, object: 'event', type: 'charge.refunded', data };
}
