import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { StoreError } from './dynamo.ts';

/** What is secret about a destination lies in a secret of its own, so that two changes never undo each other. */
export type DestinationSecret = { secret: string } | { api_key: string };

export function destinationSecretId(prefix: string, accountId: string, destinationId: string): string {
  return `${prefix}${accountId}/${destinationId}`;
}

/** Makes the secret, or gives it another value. */
export async function writeDestinationSecret(
  client: SecretsManagerClient,
  secretId: string,
  value: DestinationSecret,
): Promise<void> {
  const SecretString = JSON.stringify(value);
  try {
    await client.send(new CreateSecretCommand({ Name: secretId, Description: description, SecretString }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw new StoreError('writing a secret', error);
    try {
      await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
    } catch (cause) {
      throw new StoreError('writing a secret', cause);
    }
  }
}

/** For good and at once. Safe to repeat. */
export async function deleteDestinationSecret(client: SecretsManagerClient, secretId: string): Promise<void> {
  try {
    await client.send(new DeleteSecretCommand({ SecretId: secretId, ForceDeleteWithoutRecovery: true }));
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw new StoreError('deleting a secret', error);
  }
}

const description = 'Tollgate: what signs or opens one event destination. Change it through the management API.';
