import { createHash } from 'node:crypto';
import type { Stripe } from 'stripe';
import { z } from 'zod';
import { formatUsd, parseUsd } from '../core/money.ts';
import { replayedField, usdAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { accountField, centsField, isStripeFailure, nanoUsdPerCent, openStripe, toCheckoutError } from './stripe.ts';

const path = '/credits/checkout_sessions';

export const purchaseMinCents = 500;

/** The most that Stripe takes in one payment: eight digits. */
export const purchaseMaxCents = 99_999_999;

const amountField = z
  .string({ error: ({ input }) => (input === undefined ? undefined : 'write it as a decimal string such as "5.00"') })
  .regex(/^\d{1,12}(\.\d{1,9})?$/, {
    error: ({ input }) => `${quote(input)} is not an amount; write USD as a decimal string such as "5.00"`,
  })
  .transform((text, context) => {
    const amountNanoUsd = parseUsd(text) ?? 0n;
    const message = whyNotSold(amountNanoUsd);
    if (message === undefined) return Number(amountNanoUsd / nanoUsdPerCent);
    context.addIssue({ code: 'custom', message: `${quote(text)} ${message}` });
    return z.NEVER;
  })
  .describe(`At least ${inUsd(purchaseMinCents)} and at most ${inUsd(purchaseMaxCents)} USD, with two decimals`);

const returnUrlField = z
  .url({ protocol: /^https?$/, error: 'write an address that begins with https:// or http://' })
  .max(2_048, 'is over 2048 characters; shorten it');

const createBody = z
  .strictObject({
    amount_usd: amountField,
    success_url: returnUrlField.optional(),
    cancel_url: returnUrlField.optional(),
  })
  .meta({ id: 'CheckoutSessionCreate' });

const statusField = z.enum(['open', 'complete', 'expired']);

const sessionAnswer = z
  .strictObject({
    id: z.string(),
    url: z.url().nullable().describe('Where to pay; null once the session is over'),
    amount_usd: usdAnswer,
    status: statusField,
    ...replayedField,
  })
  .meta({ id: 'CheckoutSession' });

/** Buying credits. The lot comes with Stripe's event, see `stripe-webhook.ts`; a session only takes the money. */
export const checkoutSessionRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    summary: 'Begin to buy credits: the answer says where to pay',
    idempotent: true,
    role: 'admin',
    body: createBody,
    answer: sessionAnswer,
    async handle({ body, caller, origin, idempotencyKey }, management) {
      const { client } = await openStripe(management);
      const metadata = { [accountField]: caller.accountId, [centsField]: String(body.amount_usd) };
      try {
        const session = await client.checkout.sessions.create(
          {
            mode: 'payment',
            client_reference_id: caller.accountId,
            line_items: [
              {
                quantity: 1,
                price_data: {
                  currency: 'usd',
                  unit_amount: body.amount_usd,
                  product_data: { name: 'Tollgate credits' },
                },
              },
            ],
            metadata,
            payment_intent_data: { metadata }, // and so the charge's, which a refund is about
            success_url: body.success_url ?? `${origin}/dashboard/`,
            ...(body.cancel_url !== undefined && { cancel_url: body.cancel_url }),
          },
          idempotencyKey === undefined ? {} : { idempotencyKey: stripeKey(caller.accountId, idempotencyKey) },
        );
        const isReplayed = session.lastResponse.headers['idempotent-replayed'] === 'true';
        return { status: 201, body: { ...toWire(session), ...(isReplayed && { replayed: true }) } };
      } catch (error) {
        throw toCheckoutError(error);
      }
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    summary: 'Show whether a purchase was paid',
    role: 'viewer',
    answer: sessionAnswer,
    async handle({ parameters: { id = '' }, caller }, management) {
      const { client } = await openStripe(management);
      const session = await findSession(client, id);
      if (session?.metadata?.[accountField] !== caller.accountId) {
        throw new ManagementError('not_found', `There is no checkout session "${id}"`);
      }
      return { status: 200, body: toWire(session) };
    },
  }),
];

async function findSession(client: Stripe, id: string): Promise<Stripe.Checkout.Session | undefined> {
  if (!/^cs_\w{1,250}$/.test(id)) return undefined;
  try {
    return await client.checkout.sessions.retrieve(id);
  } catch (error) {
    if (isStripeFailure(error) && error.code === 'resource_missing') return undefined;
    throw toCheckoutError(error);
  }
}

function toWire(session: Stripe.Checkout.Session): z.output<typeof sessionAnswer> {
  return {
    id: session.id,
    url: session.url,
    amount_usd: inUsd(session.amount_total ?? 0),
    status: statusField.catch('open').parse(session.status),
  };
}

/** All accounts share one Stripe account, and must not share keys there. */
function stripeKey(accountId: string, idempotencyKey: string): string {
  return `tollgate-${createHash('sha256').update(`${accountId} ${idempotencyKey}`).digest('base64url')}`;
}

function whyNotSold(amountNanoUsd: bigint): string | undefined {
  const cents = amountNanoUsd / nanoUsdPerCent;
  if (amountNanoUsd % nanoUsdPerCent !== 0n) return 'has parts of a cent; write at most two decimals';
  if (cents < purchaseMinCents) return `is below the minimum of ${inUsd(purchaseMinCents)} USD; buy at least that`;
  if (cents > purchaseMaxCents) return `is above the maximum of ${inUsd(purchaseMaxCents)} USD; buy in parts`;
  return undefined;
}

function quote(input: unknown): string {
  return `"${String(input).slice(0, 40)}"`;
}

function inUsd(cents: number): string {
  return formatUsd(BigInt(cents) * nanoUsdPerCent);
}
