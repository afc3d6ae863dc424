import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { requestRoutes } from './requests.ts';

export const handler = createManagementHandler(requestRoutes, openManagement(process.env));
