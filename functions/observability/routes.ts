import type { AnyRoute } from '../management/route.ts';
import { apiDescriptionRoute } from './api-description.ts';
import { auditEventRoutes } from './audit-events.ts';
import { inspectorRoutes } from './inspector.ts';
import { metricsRoutes } from './metrics.ts';
import { prometheusRoutes } from './prometheus.ts';
import { requestRoutes } from './requests.ts';
import { usageRoutes } from './usage.ts';
import { usageExportRoutes } from './usage-export.ts';
import { usageOverviewRoutes } from './usage-overview.ts';

/** What happened, and what there is. */
export const routes: AnyRoute[] = [
  ...usageRoutes,
  ...usageOverviewRoutes,
  ...usageExportRoutes,
  ...requestRoutes,
  ...inspectorRoutes,
  ...metricsRoutes,
  ...prometheusRoutes,
  ...auditEventRoutes,
  apiDescriptionRoute,
];
