import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { routes } from './routes.ts';

export const handler = createManagementHandler(routes, openManagement(process.env));
