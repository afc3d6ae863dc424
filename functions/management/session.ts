import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { digestToken } from '../core/credential.ts';
import { findAccessKey, type ManagementKey } from '../store/access-keys.ts';
import { readPepper } from '../store/pepper.ts';
import { findSession, type Session } from '../store/sessions.ts';
import { ManagementError } from './management-error.ts';
import type { Management } from './route.ts';

export const sessionCookie = 'tollgate_session';

/** The token of the session that a browser sends along, which proves nothing yet. */
export function sessionTokenOf({ cookies }: Pick<APIGatewayProxyEventV2, 'cookies'>): string | undefined {
  const prefix = `${sessionCookie}=`;
  return cookies?.find(cookie => cookie.startsWith(prefix))?.slice(prefix.length);
}

/**
 * Proves the session of a browser. It counts only in requests that pages of this very origin make: other ports of one
 * machine share cookies, and `SameSite` takes them for the same site.
 * @throws ManagementError 401 for a session that has ended, 403 for a page of another origin
 */
export async function proveSession(
  event: Pick<APIGatewayProxyEventV2, 'cookies' | 'headers'>,
  { secrets, pepperSecret, store, now }: Management,
): Promise<{ session: Session; key: ManagementKey } | undefined> {
  const token = sessionTokenOf(event);
  if (token === undefined) return undefined;
  if (event.headers['sec-fetch-site'] !== 'same-origin') {
    throw new ManagementError(
      'permission_denied',
      'A session is for the dashboard only; send a management key instead',
    );
  }
  const session = await findSession(store, digestToken(token, await readPepper(secrets, pepperSecret)));
  const isOpen = session && now() < session.expiresAtMs;
  const key = isOpen ? await findAccessKey(store, 'management_key', session.accountId, session.keyId) : undefined;
  if (!session || !key) throw new ManagementError('authentication_required', 'Your session has ended; sign in again');
  return { session, key };
}
