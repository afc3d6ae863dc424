import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../core/clock.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Store } from '../store/dynamo.ts';
import { readPepper } from '../store/pepper.ts';
import type { SecretReader } from '../store/secrets.ts';
import { createFirstAccount, type FirstAccount, planFirstAccount } from './create-first-account.ts';

export interface FirstAccountParts {
  store: Store;
  secrets: SecretsManagerClient;
  /** Must not remember what it read. */
  reader: SecretReader;
  pepperSecret: string;
  managementKeySecret: string;
  now: Clock;
  randomBytes: RandomBytes;
}

/** Makes the first account, once: the plan is kept in the management key's secret before anything is made from it. */
export async function prepareFirstAccount(parts: FirstAccountParts): Promise<void> {
  const kept = (await parts.reader.read(parts.managementKeySecret)) as unknown as FirstAccount | undefined;
  const plan = kept?.managementKey ? kept : planFirstAccount(parts.now(), parts.randomBytes);
  if (plan !== kept) {
    const value = { SecretId: parts.managementKeySecret, SecretString: JSON.stringify(plan) };
    await parts.secrets.send(new PutSecretValueCommand(value));
  }
  await createFirstAccount(parts.store, plan, await readPepper(parts.reader, parts.pepperSecret));
}
