import { z } from 'zod';
import { digestToken } from '../core/credential.ts';
import { roles } from '../core/roles.ts';
import { type AnyRoute, type Caller, type Management, type ManagementAnswer, route } from '../management/route.ts';
import { sessionCookie } from '../management/session.ts';
import type { Account } from '../store/accounts.ts';
import { readPepper } from '../store/pepper.ts';
import { createSession, deleteSession } from '../store/sessions.ts';

/** A working day: a browser that was left open is no key for ever. */
const sessionMs = 8 * 3_600_000;

export const sessionPath = '/dashboard_sessions';

/** Who is signed in: what a page needs to know before it asks for anything else. */
const sessionAnswer = z.object({
  role: z.enum(roles),
  account_id: z.string(),
  account_description: z.string(),
  expires_at: z.string(),
  gateway_url: z.string().nullable(),
});

/** A browser signs in with a management key once; what it keeps is a session that its scripts cannot read. */
export const routes: readonly AnyRoute[] = [
  route({
    method: 'POST',
    path: sessionPath,
    summary: 'Signs a browser in with a management key',
    role: 'viewer',
    answer: sessionAnswer,
    async handle({ caller, account }, management) {
      const { store, secrets, pepperSecret, now, randomBytes } = management;
      const token = Buffer.from(randomBytes(32)).toString('base64url');
      const digest = digestToken(token, await readPepper(secrets, pepperSecret));
      const expiresAtMs = now() + sessionMs;
      await createSession(store, { digest, accountId: caller.homeAccountId, keyId: caller.id, expiresAtMs });
      const cookie = toCookie(token, sessionMs / 1_000, management);
      return { ...describe(caller, account, expiresAtMs, management), headers: { 'set-cookie': cookie } };
    },
  }),
  route({
    method: 'GET',
    path: sessionPath,
    summary: 'Who is signed in',
    role: 'viewer',
    answer: sessionAnswer,
    async handle({ caller, account }, management) {
      return describe(caller, account, caller.session?.expiresAtMs ?? management.now(), management);
    },
  }),
  route({
    method: 'DELETE',
    path: sessionPath,
    summary: 'Signs a browser out',
    role: 'viewer',
    answer: undefined,
    async handle({ caller }, management) {
      if (caller.session) await deleteSession(management.store, caller.session.digest);
      return { status: 204, headers: { 'set-cookie': toCookie('', 0, management) } };
    },
  }),
];

function describe(caller: Caller, account: Account, expiresAtMs: number, management: Management): ManagementAnswer {
  return {
    status: 200,
    body: {
      role: caller.role,
      account_id: account.id,
      account_description: account.description,
      expires_at: new Date(expiresAtMs).toISOString(),
      gateway_url: management.gatewayUrl ?? null,
    },
  };
}

/** Only the local stack speaks plain HTTP, where not every browser keeps a cookie that is for HTTPS. */
function toCookie(token: string, seconds: number, { allowLoopback }: Management): string {
  const scope = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
  return `${sessionCookie}=${token}; ${scope}${allowLoopback ? '' : '; Secure'}`;
}
