import type { SecretLookup, SecretName } from '../policy/expressions/template-scope.ts';
import type { AccountSecrets } from '../store/account-secrets.ts';

const noSecrets: SecretLookup = { get: () => undefined };

/** What `${secrets.get(…)}` means in a policy that names these. Values are remembered; `readAgain` asks for them anew. */
export async function readSecrets(
  accountId: string,
  names: readonly SecretName[],
  secrets: AccountSecrets,
  readAgain = false,
): Promise<SecretLookup> {
  if (names.length === 0) return noSecrets;
  const values = new Map<string, string>();
  for (const { vault, name } of names) {
    const value = await (readAgain ? secrets.getAgain : secrets.get)(accountId, vault, name);
    if (value !== undefined) values.set(JSON.stringify([vault, name]), value);
  }
  return { get: (vault, name) => values.get(JSON.stringify([vault, name])) };
}
