import { emptyBalance } from '../core/balance.ts';
import { fold } from '../core/balance-events.ts';
import { formatUsd } from '../core/money.ts';
import { type Route, route } from '../management/route.ts';
import { Balances } from '../store/balances.ts';

export const balanceRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/credits/balance',
    role: 'viewer',
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
