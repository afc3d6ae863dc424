import { createHmac } from 'node:crypto';

export const signatureHeader = 'tollgate-signature';

/**
 * Proves to a receiver that a body comes from here and when: `t=<seconds>,v1=<HMAC-SHA-256 of "<seconds>.<body>" in hex>`.
 * It is Stripe's scheme, so that what verifies Stripe's webhooks verifies ours.
 * @see https://docs.stripe.com/webhooks/signature
 */
export function signWebhook(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
