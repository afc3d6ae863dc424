import { randomBytes } from 'node:crypto';
import { clockWithOffset } from '../core/clock.ts';
import { type Fee, parseFee } from '../core/fee.ts';
import { report } from '../core/report.ts';
import { openStore } from '../store/dynamo.ts';
import { createSecretReader, openSecrets } from '../store/secrets.ts';
import { readStorePorts, readTableNames, requireVariable } from '../store/settings.ts';
import type { Management } from './route.ts';

/** Opens what the routes of a management function need. @throws Error naming the variable that is missing */
export function openManagement(environment: NodeJS.ProcessEnv): Management {
  const now = clockWithOffset(environment.TOLLGATE_CLOCK_OFFSET);
  const client = openSecrets();
  const { TOLLGATE_ACCOUNT_SECRETS_PREFIX: prefix, TOLLGATE_STRIPE_SECRET: stripeSecret } = environment;
  const destinationsPrefix = environment.TOLLGATE_DESTINATION_SECRETS_PREFIX;
  return {
    store: openStore(readTableNames(environment)),
    secrets: createSecretReader(client, Number(environment.TOLLGATE_CONFIG_CACHE_MS ?? 30_000), now),
    pepperSecret: requireVariable(environment, 'TOLLGATE_PEPPER_SECRET'),
    now,
    randomBytes,
    rateLimit: Number(environment.TOLLGATE_MANAGEMENT_RATE_LIMIT ?? 120),
    allowLoopback: environment.TOLLGATE_ALLOW_LOOPBACK === '1',
    extraProviders: JSON.parse(environment.TOLLGATE_LOCAL_PROVIDERS ?? '[]'),
    report,
    fee: readFee(environment.TOLLGATE_FEE),
    accountSecrets: prefix ? { client, prefix } : undefined,
    events: destinationsPrefix
      ? {
          secrets: client,
          secretsPrefix: destinationsPrefix,
          egressRules: {
            allowLoopback: environment.TOLLGATE_ALLOW_LOOPBACK === '1',
            allowPrivate: environment.TOLLGATE_ALLOW_PRIVATE === '1',
            storePorts: readStorePorts(environment),
          },
        }
      : undefined,
    stripe: stripeSecret ? { secretId: stripeSecret, apiBase: environment.TOLLGATE_STRIPE_API_BASE } : undefined,
    gatewayUrl: environment.TOLLGATE_GATEWAY_URL,
  };
}

function readFee(text: string | undefined): Fee | undefined {
  if (!text) return undefined;
  const fee = parseFee(text);
  if (!fee) throw new Error(`TOLLGATE_FEE is "${text}"; write it as 5%, 0.05/M or 5%+0.05/M`);
  return fee;
}
