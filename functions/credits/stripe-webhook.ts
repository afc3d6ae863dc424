import { createHash } from 'node:crypto';
import type { Stripe } from 'stripe';
import { z } from 'zod';
import { isId, toDigits } from '../core/ids.ts';
import { formatUsd } from '../core/money.ts';
import { recorded } from '../management/audit.ts';
import { ManagementError } from '../management/management-error.ts';
import { operationNameOf } from '../management/operation-id.ts';
import type { Management, PublicRequest, PublicRoute, RequestSource } from '../management/route.ts';
import { findAccount } from '../store/accounts.ts';
import { Balances } from '../store/balances.ts';
import { findRefusedPayment, recordRefusedPayment } from '../store/refused-payments.ts';
import { purchaseMaxCents, purchaseMinCents } from './checkout-sessions.ts';
import { accountField, centsField, nanoUsdPerCent, openStripe, type StripeAccess } from './stripe.ts';

const path = '/webhooks/stripe';

/** How old a delivery may be, so that one which was overheard cannot be sent again later. Stripe signs every retry anew. */
const toleranceSeconds = 300;

const lotLifetimeSeconds = 365 * 86_400;

const reference = z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]).nullish();
const metadata = z.record(z.string(), z.string()).nullish();

/** What is read of a `checkout.session.*` event's object. */
const sessionSchema = z.object({
  id: z.string(),
  payment_status: z.string(),
  payment_intent: reference,
  amount_total: z.number().nullable(),
  currency: z.string().nullable(),
  metadata,
});

/** What is read of a `charge.refunded` event: its amounts add up all refunds so far. */
const chargeSchema = z.object({ id: z.string(), payment_intent: reference, amount_refunded: z.int(), metadata });
const chargeBeforeSchema = z.object({ amount_refunded: z.int() });

const webhookAnswer = z.strictObject({
  status: z.enum(['credited', 'already_credited', 'awaiting_payment', 'refunded', 'refused', 'ignored']),
  reason: z.string().optional(),
});

type WebhookAnswer = z.output<typeof webhookAnswer>;

/** What the audit log says of each. */
const outcomes = {
  credited: 'changed',
  refunded: 'changed',
  already_credited: 'unchanged',
  awaiting_payment: 'unchanged',
  ignored: 'unchanged',
  refused: 'refused',
} as const satisfies Record<WebhookAnswer['status'], string>;

/**
 * Hears from Stripe what was paid and refunded. Whatever the order and however often events come, a payment makes one
 * lot, because the lot's id follows from the payment's.
 *
 * Stripe sends again for three days what is not answered with 2xx. So faults of ours answer 5xx, and payments that no
 * repetition can turn into credits are recorded, reported and answered with 200.
 */
export function createStripeWebhookRoute(): PublicRoute {
  return {
    method: 'POST',
    path,
    summary: 'Where Stripe says what was paid',
    role: 'public',
    answer: webhookAnswer,
    async handle(request, management) {
      const event = readEvent(request, await openStripe(management), management);
      return { status: 200, body: await follow(event, request.source, management) };
    },
  };
}

function follow(event: Stripe.Event, source: RequestSource, management: Management): Promise<WebhookAnswer> {
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return credit(sessionSchema.parse(event.data.object), { eventId: event.id, source }, management);
    case 'charge.refunded': {
      const { amount_refunded: before } = chargeBeforeSchema.parse(event.data.previous_attributes);
      return refund(chargeSchema.parse(event.data.object), { centsBefore: before, source }, management);
    }
    default:
      return Promise.resolve(ignored(`nothing follows from ${event.type}`));
  }
}

/** Changes a balance, with an entry in the audit log of its account. */
function audited(
  { accountId, lotId, source }: { accountId: string; lotId: string; source: RequestSource },
  management: Management,
  change: () => Promise<WebhookAnswer>,
): Promise<WebhookAnswer> {
  const operation = operationNameOf({ method: 'POST', path });
  const about = { accountId, actor: 'stripe' as const, operation, method: 'POST', path, objectId: lotId, ...source };
  return recorded(about, management, change, ({ status }) => ({ outcome: outcomes[status], statusCode: 200 }));
}

function readEvent({ rawBody, headers }: PublicRequest, { client, webhookSecret }: StripeAccess, { now }: Management) {
  const signature = headers['stripe-signature'] ?? '';
  try {
    return client.webhooks.constructEvent(rawBody, signature, webhookSecret, toleranceSeconds, undefined, now());
  } catch (cause) {
    throw new ManagementError(
      'invalid_signature',
      `Stripe-Signature does not prove this body, or is older than ${toleranceSeconds} s; check "webhook_secret" in the Stripe secret`,
      { cause },
    );
  }
}

async function credit(
  session: z.output<typeof sessionSchema>,
  { eventId, source }: { eventId: string; source: RequestSource },
  management: Management,
): Promise<WebhookAnswer> {
  const { store, now, randomBytes, report } = management;
  const accountId = session.metadata?.[accountField];
  if (accountId === undefined) return ignored('the session was not made by Tollgate');
  if (session.payment_status !== 'paid') {
    return { status: 'awaiting_payment', reason: `payment_status is "${session.payment_status}"` };
  }
  const paymentId = session.payment_intent ?? session.id;
  const refuse = async (reason: string): Promise<WebhookAnswer> => {
    await recordRefusedPayment(store, {
      paymentId,
      sessionId: session.id,
      eventId,
      accountId,
      amount: String(session.amount_total),
      currency: String(session.currency),
      reason,
      createdAt: new Date(now()).toISOString(),
    });
    report(`Stripe payment ${paymentId} bought no credits; grant them or refund it`, new Error(reason));
    return { status: 'refused', reason };
  };

  const wrong = whatIsWrong(session);
  if (wrong) return refuse(wrong);
  const account = isId('ac', accountId) ? await findAccount(store, accountId) : undefined;
  if (!account) return refuse(`there is no account "${accountId}"`);
  const nowMs = now();
  const amountNanoUsd = BigInt(session.amount_total ?? 0) * nanoUsdPerCent;
  const lot = {
    id: lotIdOf(paymentId),
    category: 'purchase' as const,
    amountNanoUsd,
    expiresAtSeconds: Math.floor(nowMs / 1000) + lotLifetimeSeconds,
    reason: `Stripe payment ${paymentId}`,
    createdBy: 'stripe',
    requestDigest: digest(`${paymentId} ${amountNanoUsd}`).toString('base64url').slice(0, 22),
  };
  return audited({ accountId, lotId: lot.id, source }, management, async () => {
    const { status } = await new Balances(store, randomBytes).addLot(accountId, lot, nowMs);
    if (status === 'conflict') return refuse('the payment has bought another amount before');
    return { status: status === 'added' ? 'credited' : 'already_credited' };
  });
}

function whatIsWrong({ currency, amount_total: cents, metadata: made }: z.output<typeof sessionSchema>) {
  if (currency !== 'usd') return `the currency is "${currency}", not "usd"`;
  if (cents === null || !Number.isSafeInteger(cents)) return `the amount is ${cents}, not a number of cents`;
  if (String(cents) !== made?.[centsField]) return `the amount is ${cents} cents, not ${made?.[centsField]} as asked`;
  if (cents < purchaseMinCents || cents > purchaseMaxCents) return `the amount is ${cents} cents, which is not sold`;
  return undefined;
}

async function refund(
  charge: z.output<typeof chargeSchema>,
  { centsBefore, source }: { centsBefore: number; source: RequestSource },
  management: Management,
): Promise<WebhookAnswer> {
  const { store, now, randomBytes, report } = management;
  const accountId = charge.metadata?.[accountField];
  const paymentId = charge.payment_intent;
  if (accountId === undefined || !paymentId) return ignored('the charge was not made by Tollgate');
  const lotId = lotIdOf(paymentId);
  const balances = new Balances(store, randomBytes);
  if (!(await balances.findLot(accountId, lotId))) {
    if (await findRefusedPayment(store, paymentId)) return ignored('the payment has bought no credits');
    // Events come in any order: after the purchase this one will find its lot.
    throw new ManagementError('service_unavailable', 'The purchase that is refunded has not arrived yet; send again', {
      retryAfterSeconds: 60,
      cause: new Error(`no lot of Stripe payment ${paymentId}`),
    });
  }
  const amountNanoUsd = BigInt(charge.amount_refunded - centsBefore) * nanoUsdPerCent;
  if (amountNanoUsd <= 0n) return ignored('nothing more was refunded');
  const id = `${charge.id}_${charge.amount_refunded}`;
  const reason = `Stripe refund of ${paymentId}`;
  return audited({ accountId, lotId, source }, management, async () => {
    const result = await balances.refund(accountId, { id, lotId, amountMaxNanoUsd: amountNanoUsd, reason }, now());
    const refundedNanoUsd = result.status === 'refunded' ? -BigInt(result.row.amountNanoUsd) : 0n;
    if (refundedNanoUsd < amountNanoUsd) {
      const spent = formatUsd(amountNanoUsd - refundedNanoUsd);
      report(`Stripe refund ${id}: ${spent} USD of it are no longer there to take back`, new Error(`lot ${lotId}`));
    }
    return { status: 'refunded' };
  });
}

/** The lot of a payment; the same for every event about it. */
export function lotIdOf(paymentId: string): string {
  const bytes = digest(`stripe ${paymentId}`);
  return `lot_${toDigits(bytes.readUIntBE(0, 6), 8)}${toDigits(bytes.readUIntBE(6, 6), 7)}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function ignored(reason: string): WebhookAnswer {
  return { status: 'ignored', reason };
}
