import type { AnyRoute } from '../management/route.ts';
import { accountRoutes } from './accounts.ts';
import { gatewayKeyRoutes } from './gateway-keys.ts';
import { managementKeyRoutes } from './management-keys.ts';

/** Keys of both kinds, and the accounts they belong to. */
export const routes: AnyRoute[] = [...gatewayKeyRoutes, ...managementKeyRoutes, ...accountRoutes];
