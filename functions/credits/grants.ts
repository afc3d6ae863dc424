import { z } from 'zod';
import { formatUsd, parseUsd } from '../core/money.ts';
import { nanoUsdAnswer, replayedField, timestampAnswer, usdAnswer } from '../management/fields.ts';
import { idempotencyConflict } from '../management/idempotency-key.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { Balances, type NewLot } from '../store/balances.ts';
import { digestOf, idFor } from './idempotency.ts';

const lotLifetimeMs = 365 * 86_400_000;

const grantBody = z.strictObject({
  amount_usd: z
    .string({ error: unlessMissing('write it as a decimal string such as "5.00"') })
    .transform((text, context) => {
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
    ...replayedField,
  })
  .meta({ id: 'Grant' });

/** A field that is missing is told from one that is wrong. */
function unlessMissing(message: string) {
  return ({ input }: { input: unknown }) => (input === undefined ? undefined : message);
}

export const grantRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/credits/grants',
    role: 'operator',
    summary: 'Give credits to the account',
    body: grantBody,
    answer: grantAnswer,
    idempotent: true,
    async handle(request, management) {
      const { body, caller } = request;
      const { store, randomBytes } = management;
      const nowMs = management.now();
      const expiresAtMs = body.expires_at === undefined ? nowMs + lotLifetimeMs : Date.parse(body.expires_at);
      const id = idFor('lot', request, management);
      const balances = new Balances(store, randomBytes);
      const lot: NewLot = {
        id,
        category: 'grant',
        amountNanoUsd: body.amount_usd,
        expiresAtSeconds: Math.floor(expiresAtMs / 1000),
        reason: body.reason,
        createdBy: caller.id,
        requestDigest: digestOf(body.amount_usd, body.reason, body.expires_at),
      };
      // A grant that is asked for again was made in time, whatever the time is now.
      if (lot.expiresAtSeconds <= Math.floor(nowMs / 1000) && !(await balances.findLot(caller.accountId, lot.id))) {
        throw new ManagementError(
          'ERR_NGROK_215',
          `"expires_at" is ${body.expires_at}, which has passed; choose a later time`,
        );
      }
      const { status } = await balances.addLot(caller.accountId, lot, nowMs);
      if (status === 'conflict') throw idempotencyConflict('another_body');
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
          ...(status === 'exists' && { replayed: true }),
        },
      };
    },
  }),
];
