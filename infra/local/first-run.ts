import { randomBytes } from 'node:crypto';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  createFirstAccount,
  type FirstAccount,
  planFirstAccount,
} from '../../functions/bootstrap/create-first-account.ts';
import type { Clock } from '../../functions/core/clock.ts';
import { digestToken, newToken, redactToken } from '../../functions/core/credential.ts';
import { newId } from '../../functions/core/ids.ts';
import { createAccessKey } from '../../functions/store/access-keys.ts';
import { Balances } from '../../functions/store/balances.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { createSecretReader } from '../../functions/store/secrets.ts';

/** What the first start made; the same at every later start. */
export interface FirstRun {
  managementKey: string;
  gatewayKey: string;
  accountId: string;
  endpointId: string;
}

export interface FirstRunParts {
  store: Store;
  secrets: SecretsManagerClient;
  /** Secret ids. */
  pepperSecret: string;
  managedKeysSecret: string;
  stripeSecret: string;
  /** Where the first run's own values are kept between starts. */
  firstRunSecret: string;
  /** Provider id → key, as they are at this start. */
  managedKeys: Record<string, string>;
  /** `secret_key` and `webhook_secret`, as they are at this start. */
  stripe: Record<string, string>;
  now: Clock;
}

const demoCreditsNanoUsd = 5_000_000_000n;
const yearSeconds = 365 * 86_400;

interface Plan extends FirstAccount {
  gatewayKeyId: string;
  gatewayKey: string;
  lotId: string;
  /** Whether everything has been made; until then the next start goes on where this one stopped. */
  isMade?: boolean;
}

/** Sets the managed keys and Stripe's, and at the first start makes an account with an endpoint, a gateway key and 5.00 USD to try. */
export async function prepareFirstRun(parts: FirstRunParts): Promise<FirstRun> {
  const { secrets, now } = parts;
  await createSecret(secrets, parts.pepperSecret, { pepper: randomBytes(32).toString('base64url') });
  await createSecret(secrets, parts.managedKeysSecret, {});
  await putSecret(secrets, parts.managedKeysSecret, parts.managedKeys);
  await createSecret(secrets, parts.stripeSecret, {});
  await putSecret(secrets, parts.stripeSecret, parts.stripe);
  await createSecret(secrets, parts.firstRunSecret, newPlan(now()));
  const reader = createSecretReader(secrets, 0, now);
  const pepper = (await reader.read(parts.pepperSecret))?.pepper as string;
  const plan = (await reader.read(parts.firstRunSecret)) as unknown as Plan;
  if (!plan.isMade) {
    await make(plan, pepper, parts.store);
    await putSecret(secrets, parts.firstRunSecret, { ...plan, isMade: true });
  }
  const { managementKey, gatewayKey, accountId, endpointId } = plan;
  return { managementKey, gatewayKey, accountId, endpointId };
}

function newPlan(nowMs: number): Plan {
  return {
    ...planFirstAccount(nowMs, randomBytes),
    gatewayKeyId: newId('aigk', nowMs, randomBytes),
    gatewayKey: newToken('gateway_key', randomBytes),
    lotId: newId('lot', nowMs, randomBytes),
  };
}

async function make(plan: Plan, pepper: string, store: Store): Promise<void> {
  await createFirstAccount(store, plan, pepper);
  const createdAt = new Date(plan.createdAtMs).toISOString();
  await createAccessKey(store, 'gateway_key', {
    id: plan.gatewayKeyId,
    accountId: plan.accountId,
    endpointId: plan.endpointId,
    digest: digestToken(plan.gatewayKey, pepper),
    displayName: redactToken(plan.gatewayKey),
    description: 'Made at the first start',
    metadata: '',
    createdAt,
    updatedAt: createdAt,
    createdBy: plan.managementKeyId,
    lastUpdatedBy: plan.managementKeyId,
  });
  const lot = {
    id: plan.lotId,
    category: 'promotional' as const,
    amountNanoUsd: demoCreditsNanoUsd,
    expiresAtSeconds: Math.floor(plan.createdAtMs / 1000) + yearSeconds,
    reason: 'Demo credits of the local stack',
    createdBy: plan.managementKeyId,
  };
  await new Balances(store, randomBytes).addLot(plan.accountId, lot, plan.createdAtMs);
}

async function createSecret(secrets: SecretsManagerClient, id: string, value: object): Promise<void> {
  try {
    await secrets.send(new CreateSecretCommand({ Name: id, SecretString: JSON.stringify(value) }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
  }
}

async function putSecret(secrets: SecretsManagerClient, id: string, value: object): Promise<void> {
  await secrets.send(new PutSecretValueCommand({ SecretId: id, SecretString: JSON.stringify(value) }));
}
