import type { AnyRoute } from '../management/route.ts';
import { balanceRoutes } from './balance.ts';
import { grantRoutes } from './grants.ts';
import { transactionRoutes } from './transactions.ts';

/** Balance, what was put into it, and what became of it. */
export const routes: AnyRoute[] = [...balanceRoutes, ...grantRoutes, ...transactionRoutes];
