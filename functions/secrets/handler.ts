import { createManagementHandler } from '../management/create-management-handler.ts';
import { openManagement } from '../management/settings.ts';
import { openSecrets } from '../store/secrets.ts';
import { requireVariable } from '../store/settings.ts';
import { Vaults } from '../store/vaults.ts';
import { secretRoutes } from './secrets.ts';
import { vaultRoutes } from './vaults.ts';

const management = openManagement(process.env);
const { store, now, randomBytes } = management;
const prefix = requireVariable(process.env, 'TOLLGATE_ACCOUNT_SECRETS_PREFIX');
const vaults = new Vaults({ store, secrets: openSecrets(), prefix, now, randomBytes });

export const handler = createManagementHandler([...vaultRoutes(vaults), ...secretRoutes(vaults)], management);
