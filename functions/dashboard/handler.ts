import { fileURLToPath } from 'node:url';
import { openManagement } from '../management/settings.ts';
import { createDashboardHandler } from './create-dashboard-handler.ts';

export const handler = createDashboardHandler(
  openManagement(process.env),
  process.env.TOLLGATE_DASHBOARD_FILES ?? fileURLToPath(new URL('dashboard', import.meta.url)),
);
