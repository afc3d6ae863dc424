import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { endpointRoutes } from './endpoints.ts';

export const handler = createManagementHandler(endpointRoutes, openManagement(process.env));
