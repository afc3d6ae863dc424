import {
  CreateSecretCommand,
  GetSecretValueCommand,
  LimitExceededException,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import { StoreError } from './dynamo.ts';

/** A JSON map of strings in Secrets Manager, as its writer sees it. */
export interface SecretMap {
  values: Record<string, string>;
  /** Id of the version that was read; undefined when the secret does not exist. */
  version: string | undefined;
}

/**
 * A secret was changed too often: Secrets Manager keeps every version of the last 24 hours, at most 100 of one secret,
 * and takes no more until one is a day old.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
export class TooManyChangesError extends Error {
  override readonly name = 'TooManyChangesError';
}

/** A write of which it is not known whether it was made; it may even be made later. */
export class UnknownWriteError extends StoreError {}

/**
 * Reads a map, past every cache.
 * @param version which one; without it the current one, which Secrets Manager does not promise to be the one written last
 */
export async function readSecretMap(
  client: SecretsManagerClient,
  secretId: string,
  version?: string,
): Promise<SecretMap> {
  try {
    const answer = await client.send(new GetSecretValueCommand({ SecretId: secretId, VersionId: version }));
    return { values: JSON.parse(answer.SecretString ?? '{}'), version: answer.VersionId };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return { values: {}, version: undefined };
    throw new StoreError('reading a secret', error);
  }
}

/**
 * Writes a map, and makes its secret when there is none.
 * @returns the id of the new version
 * @throws TooManyChangesError, UnknownWriteError; StoreError when it was refused
 */
export async function writeSecretMap(
  client: SecretsManagerClient,
  secretId: string,
  values: Record<string, string>,
  exists: boolean,
): Promise<string> {
  const SecretString = JSON.stringify(values);
  try {
    const { VersionId } = exists
      ? await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }))
      : await client.send(new CreateSecretCommand({ Name: secretId, Description: description, SecretString }));
    return VersionId as string;
  } catch (error) {
    if (!exists && error instanceof ResourceExistsException) return writeSecretMap(client, secretId, values, true);
    // After several attempts the last one's refusal says nothing about those before.
    const isRefused = error instanceof SecretsManagerServiceException && error.$fault === 'client';
    if (!isRefused || error.$metadata.attempts !== 1) throw new UnknownWriteError('writing a secret', error);
    if (error instanceof LimitExceededException) throw new TooManyChangesError(error.message, { cause: error });
    throw new StoreError('writing a secret', error);
  }
}

const description =
  'Tollgate: secrets of one account, {"<vault>/<name>": "value"}. Change them through the management API.';
