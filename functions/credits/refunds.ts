import { z } from 'zod';
import { isId } from '../core/ids.ts';
import { formatUsd } from '../core/money.ts';
import { nanoUsdAnswer, replayedField, timestampAnswer, usdAnswer } from '../management/fields.ts';
import { idempotencyConflict } from '../management/idempotency-key.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { Balances } from '../store/balances.ts';
import { digestOf, idFor } from './idempotency.ts';

const refundBody = z.strictObject({
  lot_id: z.string(),
  reason: z.string().min(1, 'say why').max(255),
});

const refundAnswer = z
  .strictObject({
    id: z.string(),
    lot_id: z.string(),
    amount_usd: usdAnswer,
    amount_nano_usd: nanoUsdAnswer,
    reason: z.string(),
    created_at: timestampAnswer,
    ...replayedField,
  })
  .meta({ id: 'Refund' });

/** Takes the rest of a purchase or a grant out of the balance. Giving the money back to whoever paid is not done here. */
export const refundRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/credits/refunds',
    role: 'operator',
    summary: 'Take the unspent rest of a lot out of the balance',
    body: refundBody,
    answer: refundAnswer,
    idempotent: true,
    async handle(request, management) {
      const { body, caller } = request;
      const balances = new Balances(management.store, management.randomBytes);
      const lot = isId('lot', body.lot_id) ? await balances.findLot(caller.accountId, body.lot_id) : undefined;
      if (!lot)
        throw new ManagementError('not_found', `There is no lot "${body.lot_id}"; GET /credits/balance lists them`);
      const refund = {
        id: idFor('rf', request, management),
        lotId: body.lot_id,
        reason: body.reason,
        createdBy: caller.id,
        requestDigest: digestOf(body.lot_id, body.reason),
      };
      const result = await balances.refund(caller.accountId, refund, management.now());
      if (result.status === 'conflict') throw idempotencyConflict('another_body');
      if (result.status !== 'refunded') {
        throw new ManagementError(
          'nothing_to_refund',
          `Nothing is left of lot "${body.lot_id}" that is neither spent, expired, refunded nor held by an open request`,
        );
      }
      const amountNanoUsd = -BigInt(result.row.amountNanoUsd);
      return {
        status: 201,
        body: {
          id: refund.id,
          lot_id: body.lot_id,
          amount_usd: formatUsd(amountNanoUsd),
          amount_nano_usd: amountNanoUsd.toString(),
          reason: body.reason,
          created_at: result.row.createdAt,
          ...(result.isReplay && { replayed: true }),
        },
      };
    },
  }),
];
