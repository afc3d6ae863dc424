import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { gatewayKeyRoutes } from './gateway-keys.ts';

export const handler = createManagementHandler(gatewayKeyRoutes, openManagement(process.env));
