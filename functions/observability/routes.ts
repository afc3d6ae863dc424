import type { AnyRoute } from '../management/route.ts';
import { apiDescriptionRoute } from './api-description.ts';
import { auditEventRoutes } from './audit-events.ts';
import { requestRoutes } from './requests.ts';

/** What happened, and what there is. */
export const routes: AnyRoute[] = [...requestRoutes, ...auditEventRoutes, apiDescriptionRoute];
