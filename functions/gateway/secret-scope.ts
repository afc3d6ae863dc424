import type { TemplateScope } from '../policy/expressions/template.ts';
import type { AccountSecrets } from '../store/account-secrets.ts';
import type { LoadedEndpoint } from './gateway.ts';

const noSecrets: TemplateScope = { secrets: { get: () => undefined } };

/** What `${secrets.get(…)}` means in an endpoint's policy. Values are remembered; `readAgain` asks for them anew. */
export async function readSecretScope(
  { accountId, templates }: Pick<LoadedEndpoint, 'accountId' | 'templates'>,
  secrets: AccountSecrets,
  readAgain = false,
): Promise<TemplateScope> {
  if (templates.secrets.length === 0) return noSecrets;
  const values = new Map<string, string>();
  for (const { vault, name } of templates.secrets) {
    const value = await (readAgain ? secrets.getAgain : secrets.get)(accountId, vault, name);
    if (value !== undefined) values.set(JSON.stringify([vault, name]), value);
  }
  return { secrets: { get: (vault, name) => values.get(JSON.stringify([vault, name])) } };
}
