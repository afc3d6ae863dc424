import { z } from 'zod';
import { digestToken } from '../core/credential.ts';
import { idempotencyConflict } from '../management/idempotency-key.ts';
import { ManagementError } from '../management/management-error.ts';
import type { Management, ManagementRequest } from '../management/route.ts';
import { namePattern } from '../store/account-secrets.ts';
import { readPepper } from '../store/pepper.ts';
import { TooManyChangesError } from '../store/secret-maps.ts';
import { VaultsBusyError } from '../store/vault-directory.ts';
import type { Made, MakeRefusal, ReplayableRequest } from '../store/vaults.ts';

/** Names of vaults and secrets. */
export const nameField = z.string().regex(namePattern, 'use 1 to 128 letters, digits, dots, underscores and hyphens');

export function replayedMark(status: Made): { replayed?: true } {
  return status === 'replayed' ? { replayed: true } : {};
}

/** Long enough for other changes to end. */
const busySeconds = 5;

/** When it may be worth trying again; the limit counts 24 hours. */
const tooManySeconds = 3_600;

/** Waits for a change and says in the words of the API why it cannot be made now. */
export async function changing<Result>(change: Promise<Result>): Promise<Result> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof VaultsBusyError) {
      throw new ManagementError('service_unavailable', "Other changes of this account's secrets go on; try again", {
        retryAfterSeconds: busySeconds,
        cause: error,
      });
    }
    if (error instanceof TooManyChangesError) {
      throw new ManagementError(
        'ERR_NGROK_226',
        "This account's secrets were changed too often: AWS Secrets Manager takes about 100 changes in 24 hours; try again later",
        { retryAfterSeconds: tooManySeconds, cause: error },
      );
    }
    throw error;
  }
}

/** The error for something that was not made. */
export function refuseMaking(
  status: MakeRefusal['status'],
  messages: { already_exists: string; limit_reached: string },
): ManagementError {
  switch (status) {
    case 'conflict':
      return idempotencyConflict('another_body');
    case 'deleted':
      return idempotencyConflict('deleted');
    case 'no_vault':
      return new ManagementError('not_found', 'There is no such vault');
    default:
      return new ManagementError(status, messages[status]);
  }
}

/** Digests under the pepper, because a body holds the value of a secret. */
export async function toReplayableRequest(
  { idempotencyKey, body }: ManagementRequest<unknown, unknown>,
  path: string,
  { secrets, pepperSecret }: Management,
): Promise<ReplayableRequest | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const pepper = await readPepper(secrets, pepperSecret);
  const digest = (text: string) => digestToken(text, pepper).slice(0, 22);
  return { key: digest(`${path} ${idempotencyKey}`), digest: digest(JSON.stringify(body)) };
}
