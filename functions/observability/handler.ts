import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { findMethods } from './api-description.ts';
import { routes } from './routes.ts';

/** Also answers what no route of the API takes. */
export const handler = createManagementHandler(routes, openManagement(process.env), findMethods);
