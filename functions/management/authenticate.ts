import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { classifyCredential, digestToken } from '../core/credential.ts';
import { isId } from '../core/ids.ts';
import { findKeyByDigest, type ManagementKey } from '../store/access-keys.ts';
import { type Account, findAccount } from '../store/accounts.ts';
import { readPepper } from '../store/pepper.ts';
import { ManagementError } from './management-error.ts';
import type { Caller, Management } from './route.ts';
import { proveSession } from './session.ts';

/** Names the account that an operator's request is about, when that is not the operator's own. */
export const accountHeader = 'tollgate-account';

/**
 * Proves the management key of a request, or the dashboard's session that stands for one. Nothing is remembered: a deleted
 * key is shut at once.
 * @throws ManagementError 401 for a bad key, 403 for a suspended account
 */
export async function authenticate(
  event: APIGatewayProxyEventV2,
  management: Management,
): Promise<{ caller: Caller; account: Account }> {
  const signedIn = event.headers.authorization === undefined ? await proveSession(event, management) : undefined;
  const key = signedIn?.key ?? (await proveKey(event.headers.authorization, management));
  const account = await findAccount(management.store, key.accountId);
  if (!account) throw invalidKey();
  if (account.suspended) {
    throw new ManagementError('account_suspended', `The account "${account.id}" is suspended; ask its operator`);
  }
  const { id, role, accountId } = key;
  const session = signedIn?.session;
  // Somebody who looks around does not use up what the account's programs may do, nor they what a person may.
  const bucket = session ? `SESSION#${session.digest}` : accountId;
  return { caller: { id, role, accountId, homeAccountId: accountId, bucket, ...(session && { session }) }, account };
}

/**
 * Lets an operator act on another account, which it names in `Tollgate-Account`.
 * @throws ManagementError not_found for everybody else, whether or not there is such an account
 */
export async function chooseAccount(
  { headers }: APIGatewayProxyEventV2,
  own: { caller: Caller; account: Account },
  { store }: Management,
): Promise<{ caller: Caller; account: Account }> {
  const accountId = headers[accountHeader];
  if (accountId === undefined || accountId === own.account.id) return own;
  const mayChoose = own.caller.role === 'operator' && isId('ac', accountId);
  const account = mayChoose ? await findAccount(store, accountId) : undefined;
  if (!account) throw new ManagementError('not_found', `There is no account "${accountId}" in Tollgate-Account`);
  return { caller: { ...own.caller, accountId }, account };
}

async function proveKey(authorization: string | undefined, management: Management): Promise<ManagementKey> {
  const token = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1];
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
  if (!key) throw invalidKey();
  return key;
}

async function lookUp(token: string, { secrets, pepperSecret, store }: Management): Promise<ManagementKey | undefined> {
  return findKeyByDigest(store, 'management_key', digestToken(token, await readPepper(secrets, pepperSecret)));
}

function invalidKey(): ManagementError {
  return new ManagementError('authentication_required', 'The management key is invalid or was deleted');
}
