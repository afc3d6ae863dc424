import type { Stripe } from 'stripe';
import { idempotencyConflict } from '../management/idempotency-key.ts';
import { ManagementError } from '../management/management-error.ts';
import type { Management } from '../management/route.ts';

export interface StripeAccess {
  client: Stripe;
  /** Signs what Stripe sends to the webhook. */
  webhookSecret: string;
}

/** Two attempts and the pause between them end before API Gateway gives up. */
const timeoutMs = 8_000;
const retries = 1;

/** Stripe counts US dollars in cents. */
export const nanoUsdPerCent = 10_000_000n;

/** What our checkout sessions and their payments carry, so that an event leads to its account. */
export const accountField = 'tollgate_account_id';
export const centsField = 'tollgate_amount_cents';

const opened = new WeakMap<Management, { secretKey: string; client: Stripe }>();

/**
 * Opens Stripe when it is needed: the package takes longer to load than everything else in the function. Both keys must
 * be there, because a sale whose event is refused would take money and give nothing.
 * @throws ManagementError stripe_not_configured
 */
export async function openStripe(management: Management): Promise<StripeAccess> {
  const { stripe, secrets } = management;
  const keys = (stripe && (await secrets.read(stripe.secretId))) ?? {};
  const secretKey = requireKey(keys, 'secret_key');
  const webhookSecret = requireKey(keys, 'webhook_secret');
  const known = opened.get(management);
  if (known?.secretKey === secretKey) return { client: known.client, webhookSecret };
  const { Stripe } = await import('stripe');
  const options = { timeout: timeoutMs, maxNetworkRetries: retries, telemetry: false, ...addressOf(stripe?.apiBase) };
  const client = new Stripe(secretKey, options);
  opened.set(management, { secretKey, client });
  return { client, webhookSecret };
}

function requireKey(keys: Record<string, string>, name: string): string {
  const key = String(keys[name] ?? '').trim();
  if (key) return key;
  throw new ManagementError(
    'stripe_not_configured',
    `This deployment sells no credits: its Stripe secret has no "${name}". Put {"secret_key": "…", "webhook_secret": "…"} into it`,
  );
}

function addressOf(apiBase: string | undefined) {
  if (apiBase === undefined) return {};
  const { protocol, hostname, port } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  return {
    host: hostname,
    port: port || (isPlain ? 80 : 443),
    protocol: isPlain ? ('http' as const) : ('https' as const),
  };
}

interface StripeFailure {
  type: string;
  code?: string;
  param?: string;
  message: string;
  statusCode?: number;
  requestId?: string;
}

/**
 * What the client must hear of a call that Stripe refused or did not answer. Stripe's own messages are passed on only
 * where they are about the client's input: others quote keys.
 */
export function toCheckoutError(error: unknown): unknown {
  if (!isStripeFailure(error)) return error;
  const { type, code, param, message, statusCode, requestId } = error;
  const cause = new Error(`Stripe: ${type}, code ${code}, status ${statusCode}, request ${requestId}`);
  switch (type) {
    case 'StripeIdempotencyError':
      return idempotencyConflict('another_body');
    case 'StripeInvalidRequestError':
      return new ManagementError('ERR_NGROK_215', `Stripe refused "${param ?? 'the request'}": ${message}`, { cause });
    case 'StripeAuthenticationError':
    case 'StripePermissionError':
      return new ManagementError(
        'stripe_not_configured',
        'Stripe does not accept the secret key of this deployment; correct "secret_key" in its Stripe secret',
        { cause },
      );
    default:
      return new ManagementError('service_unavailable', 'Stripe does not answer; try again', {
        retryAfterSeconds: 5,
        cause,
      });
  }
}

export function isStripeFailure(error: unknown): error is StripeFailure {
  return error instanceof Error && 'type' in error && /^Stripe\w*Error$/.test(String(error.type));
}
