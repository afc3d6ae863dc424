import type { AnyRoute } from '../management/route.ts';
import { balanceRoutes } from './balance.ts';
import { checkoutSessionRoutes } from './checkout-sessions.ts';
import { grantRoutes } from './grants.ts';
import { refundRoutes } from './refunds.ts';
import { createStripeWebhookRoute } from './stripe-webhook.ts';
import { transactionRoutes } from './transactions.ts';

/** Balance, what was put into it, and what became of it. */
export const routes: AnyRoute[] = [
  ...balanceRoutes,
  ...grantRoutes,
  ...refundRoutes,
  ...transactionRoutes,
  ...checkoutSessionRoutes,
  createStripeWebhookRoute(),
];
