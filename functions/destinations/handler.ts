import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { requireVariable } from '../store/settings.ts';
import { routes } from './routes.ts';

requireVariable(process.env, 'TOLLGATE_DESTINATION_SECRETS_PREFIX');

export const handler = createManagementHandler(routes, openManagement(process.env));
