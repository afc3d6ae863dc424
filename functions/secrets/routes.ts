import type { AnyRoute } from '../management/route.ts';
import { secretRoutes } from './secrets.ts';
import { vaultRoutes } from './vaults.ts';

export const routes: AnyRoute[] = [...vaultRoutes, ...secretRoutes];
