import assert from 'node:assert/strict';
import { GetSecretValueCommand, ResourceNotFoundException } from '@aws-sdk/client-secrets-manager';
import { routes } from '../../functions/secrets/routes.ts';
import { type AccountSecrets, createAccountSecrets, shardSecretId } from '../../functions/store/account-secrets.ts';
import { createSecretReader } from '../../functions/store/secrets.ts';
import { readDirectory } from '../../functions/store/vault-directory.ts';
import { type Call, callWith, startTestBackend, type TestBackend } from '../support/management-backend.ts';

export const prefix = 'tollgate/accounts/';

/** Every value in these tests begins so; it must never be seen in an answer or a report. */
export const valueMark = 'sk-hush-';

export interface SecretsApi extends TestBackend {
  url: string;
  /** A fresh account and its caller. */
  open(): Promise<{ accountId: string; token: string; call: Call }>;
  /** Reads as the gateway does, without a cache. */
  gateway: AccountSecrets;
  /** The maps of an account as Secrets Manager has them. */
  maps(accountId: string): Promise<Record<string, string>[]>;
  /** Checks that the directory and the maps say the same, and nothing else is there. */
  checkWhole(accountId: string): Promise<void>;
  /** Every answer that was given. */
  texts: string[];
}

export async function startSecretsApi(): Promise<SecretsApi> {
  const backend = await startTestBackend();
  const { store, secrets, management } = backend;
  const server = await backend.serve(routes, { accountSecrets: { client: secrets, prefix } });
  const texts: string[] = [];

  const maps = async (accountId: string) => {
    const found: Record<string, string>[] = [];
    for (let shard = 0; ; shard++) {
      try {
        const SecretId = shardSecretId(prefix, accountId, shard);
        const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
        found.push(JSON.parse(SecretString));
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return found;
        throw error;
      }
    }
  };

  return {
    ...backend,
    url: server.url,
    texts,
    gateway: createAccountSecrets(createSecretReader(secrets, 0, management.now), prefix),
    async open() {
      const { accountId, token } = await backend.newAccount();
      const call = callWith(server.url, token);
      return {
        accountId,
        token,
        async call(...request) {
          const answer = await call(...request);
          texts.push(answer.text);
          return answer;
        },
      };
    },
    maps,
    async checkWhole(accountId) {
      const directory = await readDirectory(store, accountId);
      const wanted = Object.values(directory.secrets).map(
        ({ vaultId, name, shard }) => `${shard} ${directory.vaults[vaultId]?.name}/${name}`,
      );
      const found = (await maps(accountId)).flatMap((map, shard) =>
        Object.keys(map)
          .filter(key => key !== '/shards')
          .map(key => `${shard} ${key}`),
      );
      assert.deepEqual(found.sort(), wanted.sort());
    },
    async close() {
      await server.close();
      await backend.close();
    },
  };
}
