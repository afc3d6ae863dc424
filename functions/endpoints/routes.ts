import type { AnyRoute } from '../management/route.ts';
import { checkRoutes } from './checks.ts';
import { endpointRoutes } from './endpoints.ts';
import { explainRoutes } from './explain.ts';
import { modelRoutes } from './models.ts';
import { versionRoutes } from './versions.ts';

/** Endpoints, their policies, and what they can call. */
export const routes: AnyRoute[] = [
  ...endpointRoutes,
  ...versionRoutes,
  ...checkRoutes,
  ...explainRoutes,
  ...modelRoutes,
];
