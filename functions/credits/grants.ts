import { createHash } from 'node:crypto';
import { z } from 'zod';
import { newId, toDigits } from '../core/ids.ts';
import { formatUsd, parseUsd } from '../core/money.ts';
import { nanoUsdAnswer, timestampAnswer, usdAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type ManagementRequest, type Route, route } from '../management/route.ts';
import { Balances, type NewLot } from '../store/balances.ts';

const lotLifetimeMs = 365 * 86_400_000;

const grantBody = z.strictObject({
  amount_usd: z.string('write it as a decimal string such as "5.00"').transform((text, context) => {
    const amountNanoUsd = parseUsd(text);
    if (amountNanoUsd !== undefined && amountNanoUsd > 0n) return amountNanoUsd;
    context.addIssue({
      code: 'custom',
      message: `"${text}" is not a positive amount; write USD as a decimal such as "5.00"`,
    });
    return z.NEVER;
  }),
  reason: z.string().min(1, 'say why').max(255),
  expires_at: z.iso.datetime('write it as RFC 3339, such as "2027-01-31T00:00:00Z"').optional(),
});

const grantAnswer = z
  .strictObject({
    id: z.string(),
    category: z.string(),
    amount_usd: usdAnswer,
    amount_nano_usd: nanoUsdAnswer,
    reason: z.string(),
    created_at: timestampAnswer,
    expires_at: timestampAnswer,
  })
  .meta({ id: 'Grant' });

type GrantRequest = ManagementRequest<z.output<typeof grantBody>, unknown>;

export const grantRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/credits/grants',
    role: 'operator',
    summary: 'Give credits to the account',
    body: grantBody,
    answer: grantAnswer,
    idempotent: true,
    async handle(request, { store, now, randomBytes }) {
      const { body, caller } = request;
      const nowMs = now();
      const expiresAtMs = body.expires_at === undefined ? nowMs + lotLifetimeMs : Date.parse(body.expires_at);
      if (expiresAtMs <= nowMs) {
        throw new ManagementError(
          'ERR_NGROK_215',
          `"expires_at" is ${body.expires_at}, which has passed; choose a later time`,
        );
      }
      const lot: NewLot = {
        id: lotIdFor(request) ?? newId('lot', nowMs, randomBytes),
        category: 'grant',
        amountNanoUsd: body.amount_usd,
        expiresAtSeconds: Math.floor(expiresAtMs / 1000),
        reason: body.reason,
        createdBy: caller.id,
        requestDigest: digest(`${body.amount_usd} ${body.reason} ${body.expires_at ?? ''}`),
      };
      const balances = new Balances(store, randomBytes);
      const { status } = await balances.addLot(caller.accountId, lot, nowMs);
      if (status === 'conflict') {
        throw new ManagementError(
          'idempotency_conflict',
          'This Idempotency-Key came with another body before; use a new key',
        );
      }
      const standing = await balances.findLot(caller.accountId, lot.id);
      return {
        status: 201,
        body: {
          id: lot.id,
          category: 'grant',
          amount_usd: formatUsd(body.amount_usd),
          amount_nano_usd: body.amount_usd.toString(),
          reason: body.reason,
          created_at: standing?.createdAt ?? new Date(nowMs).toISOString(),
          expires_at: standing?.expiresAt ?? new Date(lot.expiresAtSeconds * 1000).toISOString(),
        },
      };
    },
  }),
];

/** The same idempotency key leads to the same lot, and a lot is added once. */
function lotIdFor({ idempotencyKey, caller }: GrantRequest): string | undefined {
  if (idempotencyKey === undefined) return undefined;
  if (idempotencyKey.length < 1 || idempotencyKey.length > 255) {
    throw new ManagementError('ERR_NGROK_215', 'Idempotency-Key must have 1 to 255 characters');
  }
  const bytes = createHash('sha256').update(`${caller.accountId} ${idempotencyKey}`).digest();
  return `lot_${toDigits(bytes.readUIntBE(0, 6), 8)}${toDigits(bytes.readUIntBE(6, 6), 7)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
