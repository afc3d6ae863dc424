import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../core/clock.ts';
import { AwsService, type AwsServiceDefinition } from './aws-service.ts';
import { Cache } from './cache.ts';
import { StoreError } from './dynamo.ts';

/** Reads JSON maps of strings from Secrets Manager. */
export interface SecretReader {
  /** The map in a secret, at most as old as the cache's lifetime; undefined when the secret does not exist. */
  read(secretId: string): Promise<Record<string, string> | undefined>;
  /** The same, read again now: for a provider that refused a key which may just have been replaced. */
  readAgain(secretId: string): Promise<Record<string, string> | undefined>;
}

/** What is needed to read: the SDK's client, or ours, which starts faster. */
export interface SecretSource {
  send(command: GetSecretValueCommand): Promise<GetSecretValueCommandOutput>;
}

const secretsManager: AwsServiceDefinition = {
  name: 'secretsmanager',
  targetPrefix: 'secretsmanager',
  jsonVersion: '1.1',
  endpointVariable: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
};

/** Secrets Manager for those who only read, see `AwsService`. */
export function openSecretSource(): SecretSource {
  const limits = { attemptsMax: 2, connectTimeoutMs: 1_000, requestTimeoutMs: 3_000 };
  const service = new AwsService(secretsManager, {}, limits);
  return {
    send: async ({ input }) => (await service.call('GetSecretValue', input)) as GetSecretValueCommandOutput,
  };
}

/** Secrets Manager for those who also write. */
export function openSecrets(): SecretsManagerClient {
  return new SecretsManagerClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  });
}

/** While Secrets Manager fails, what was read last goes on being served. */
export function createSecretReader(source: SecretSource, lifetimeMs: number, now: Clock): SecretReader {
  const lastRead = new Map<string, Record<string, string> | undefined>();
  const cache = new Cache(
    async secretId => {
      try {
        const value = await readSecret(source, secretId);
        lastRead.set(secretId, value);
        return value;
      } catch (error) {
        if (lastRead.has(secretId)) return lastRead.get(secretId);
        throw error;
      }
    },
    lifetimeMs,
    now,
  );
  return { read: secretId => cache.get(secretId), readAgain: secretId => cache.refresh(secretId) };
}

async function readSecret(source: SecretSource, secretId: string): Promise<Record<string, string> | undefined> {
  try {
    const { SecretString } = await source.send(new GetSecretValueCommand({ SecretId: secretId }));
    return JSON.parse(SecretString ?? '{}');
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    // Its own message quotes the beginning of the text, which is a key when somebody saved one without JSON around it.
    if (error instanceof SyntaxError) throw new StoreError('reading a secret', new Error(`${secretId} is not JSON`));
    throw new StoreError('reading a secret', error);
  }
}
