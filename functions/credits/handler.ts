import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { requireVariable } from '../store/settings.ts';
import { balanceRoutes } from './balance.ts';
import { checkoutSessionRoutes } from './checkout-sessions.ts';
import { grantRoutes } from './grants.ts';
import { createStripe } from './stripe.ts';
import { stripeWebhookRoute } from './stripe-webhook.ts';
import { transactionRoutes } from './transactions.ts';

const openStripe = createStripe({
  secretId: requireVariable(process.env, 'TOLLGATE_STRIPE_SECRET'),
  apiBase: process.env.TOLLGATE_STRIPE_API_BASE,
});

const routes = [
  ...balanceRoutes,
  ...grantRoutes,
  ...transactionRoutes,
  ...checkoutSessionRoutes(openStripe),
  stripeWebhookRoute(openStripe, undefined),
];

export const handler = createManagementHandler(routes, openManagement(process.env));
