import { StoreError } from './dynamo.ts';
import type { SecretReader } from './secrets.ts';

/** The secret under which tokens are digested. Without it no key can be checked, so its absence is a fault of ours. */
export async function readPepper(secrets: SecretReader, secretId: string): Promise<string> {
  const pepper = (await secrets.read(secretId))?.pepper;
  if (!pepper) throw new StoreError('reading the pepper', new Error(`secret ${secretId} is missing`));
  return pepper;
}
