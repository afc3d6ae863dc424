import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { balanceRoutes } from './balance.ts';
import { grantRoutes } from './grants.ts';
import { refundRoutes } from './refunds.ts';
import { transactionRoutes } from './transactions.ts';

const routes = [...balanceRoutes, ...grantRoutes, ...refundRoutes, ...transactionRoutes];

export const handler = createManagementHandler(routes, openManagement(process.env));
