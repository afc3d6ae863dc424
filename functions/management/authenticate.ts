import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { classifyCredential, digestToken } from '../core/credential.ts';
import { findKeyByDigest, type ManagementKey } from '../store/access-keys.ts';
import { readPepper } from '../store/pepper.ts';
import { ManagementError } from './management-error.ts';
import type { Management } from './route.ts';

/** Proves the management key of a request. Nothing is remembered: a deleted key is shut at once. */
export async function authenticate(
  { headers }: APIGatewayProxyEventV2,
  management: Management,
): Promise<ManagementKey> {
  const token = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new ManagementError('authentication_required', 'Send a management key as "Authorization: Bearer ng-…-m1-…"');
  }
  const kind = classifyCredential(token);
  if (kind === 'gateway_key') {
    throw new ManagementError(
      'authentication_required',
      'This is an AI Gateway API key, which calls models; use a management key (ng-…-m1-…) here',
    );
  }
  const key = kind === 'management_key' ? await lookUp(token, management) : undefined;
  if (!key) throw new ManagementError('authentication_required', 'The management key is invalid or was deleted');
  return key;
}

async function lookUp(token: string, { secrets, pepperSecret, store }: Management): Promise<ManagementKey | undefined> {
  return findKeyByDigest(store, 'management_key', digestToken(token, await readPepper(secrets, pepperSecret)));
}
