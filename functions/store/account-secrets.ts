import type { SecretReader } from './secrets.ts';

/** The secrets of accounts, as policies name them. */
export interface AccountSecrets {
  /** A value at most as old as the cache's lifetime; undefined when there is no such secret. */
  get(accountId: string, vault: string, name: string): Promise<string | undefined>;
  /** The same, read again now. */
  getAgain(accountId: string, vault: string, name: string): Promise<string | undefined>;
}

export function createAccountSecrets(reader: SecretReader, prefix: string): AccountSecrets {
  return {
    get: async (accountId, vault, name) => (await reader.read(prefix + accountId))?.[`${vault}/${name}`],
    getAgain: async (accountId, vault, name) => (await reader.readAgain(prefix + accountId))?.[`${vault}/${name}`],
  };
}
