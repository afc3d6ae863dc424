import type { ProviderData } from '../core/catalog/catalog.ts';
import { type Fee, noFee, parseFee } from '../core/fee.ts';
import type { TableNames } from '../store/dynamo.ts';
import { readStorePorts, readTableNames, requireVariable } from '../store/settings.ts';

export interface Settings {
  tables: TableNames;
  pepperSecret: string;
  managedKeysSecret: string;
  accountSecretsPrefix: string;
  cacheLifetimeMs: number;
  fee: Fee;
  clockOffset: string | undefined;
  baseUrls: ReadonlyMap<string, string>;
  extraProviders: ProviderData[];
  allowLoopback: boolean;
  allowPrivate: boolean;
  storePorts: readonly number[];
  region: string;
  /** `stdout` or a file; absent for no log of requests. */
  log: string | undefined;
  metricsNamespace: string;
}

/** Reads what the stack set. @throws Error naming the variable that is missing or wrong */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const fee = environment.TOLLGATE_FEE ? parseFee(environment.TOLLGATE_FEE) : noFee;
  if (!fee) throw new Error(`TOLLGATE_FEE is "${environment.TOLLGATE_FEE}"; write it as 5%, 0.05/M or 5%+0.05/M`);
  return {
    tables: readTableNames(environment),
    pepperSecret: requireVariable(environment, 'TOLLGATE_PEPPER_SECRET'),
    managedKeysSecret: requireVariable(environment, 'TOLLGATE_MANAGED_KEYS_SECRET'),
    accountSecretsPrefix: requireVariable(environment, 'TOLLGATE_ACCOUNT_SECRETS_PREFIX'),
    cacheLifetimeMs: Number(environment.TOLLGATE_CONFIG_CACHE_MS ?? 30_000),
    fee,
    clockOffset: environment.TOLLGATE_CLOCK_OFFSET,
    baseUrls: new Map(Object.entries(JSON.parse(environment.TOLLGATE_PROVIDER_BASE_URLS ?? '{}'))),
    extraProviders: JSON.parse(environment.TOLLGATE_LOCAL_PROVIDERS ?? '[]'),
    allowLoopback: environment.TOLLGATE_ALLOW_LOOPBACK === '1',
    allowPrivate: environment.TOLLGATE_ALLOW_PRIVATE === '1',
    storePorts: readStorePorts(environment),
    region: environment.AWS_REGION ?? 'us-east-1',
    log: environment.TOLLGATE_LOG || undefined,
    metricsNamespace: environment.TOLLGATE_METRICS_NAMESPACE ?? 'Tollgate',
  };
}
