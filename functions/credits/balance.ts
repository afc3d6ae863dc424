import { z } from 'zod';
import { emptyBalance } from '../core/balance.ts';
import { fold } from '../core/balance-events.ts';
import { formatUsd } from '../core/money.ts';
import { nanoUsdAnswer, timestampAnswer, usdAnswer } from '../management/fields.ts';
import { type Route, route } from '../management/route.ts';
import { Balances } from '../store/balances.ts';

const balanceAnswer = z
  .strictObject({
    available_usd: usdAnswer,
    available_nano_usd: nanoUsdAnswer,
    held_nano_usd: nanoUsdAnswer,
    spent_nano_usd: nanoUsdAnswer,
    expired_nano_usd: nanoUsdAnswer,
    refunded_nano_usd: nanoUsdAnswer,
    purchased_nano_usd: nanoUsdAnswer,
    lots: z.array(
      z.strictObject({
        id: z.string(),
        category: z.string(),
        amount_nano_usd: nanoUsdAnswer,
        remaining_nano_usd: nanoUsdAnswer,
        expires_at: timestampAnswer,
      }),
    ),
  })
  .meta({ id: 'Balance' });

export const balanceRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/credits/balance',
    role: 'viewer',
    summary: 'Show the balance and the lots it consists of',
    answer: balanceAnswer,
    async handle({ caller }, { store, randomBytes, now }) {
      const balances = new Balances(store, randomBytes);
      await balances.expireLots(caller.accountId, now());
      const balance = (await balances.read(caller.accountId)) ?? emptyBalance();
      return {
        status: 200,
        body: {
          available_usd: formatUsd(balance.availableNanoUsd),
          available_nano_usd: balance.availableNanoUsd.toString(),
          held_nano_usd: balance.heldNanoUsd.toString(),
          spent_nano_usd: balance.spentNanoUsd.toString(),
          expired_nano_usd: balance.expiredNanoUsd.toString(),
          refunded_nano_usd: balance.refundedNanoUsd.toString(),
          purchased_nano_usd: balance.purchasedNanoUsd.toString(),
          lots: fold(balance).lots.map(lot => ({
            id: lot.id,
            category: lot.category,
            amount_nano_usd: lot.amountNanoUsd.toString(),
            remaining_nano_usd: lot.remainingNanoUsd.toString(),
            expires_at: new Date(lot.expiresAtSeconds * 1000).toISOString(),
          })),
        },
      };
    },
  }),
];
