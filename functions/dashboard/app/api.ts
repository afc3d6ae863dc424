import { createManagementClient, ManagementApiError } from '../../management/client.generated.ts';

export * from '../../management/client.generated.ts';

/** The account that an operator looks at, when that is not the operator's own. */
let actingAccount: { id: string; description: string } | undefined;

/** Told when it is another one. */
export const actingChanged = new EventTarget();

export function actFor(account: { id: string; description: string } | undefined): void {
  actingAccount = account;
  actingChanged.dispatchEvent(new Event('changed'));
}

export const actingFor = () => actingAccount;

/** Told when the session has ended, wherever that came to light. */
export const sessionEnded = new EventTarget();

/** How long a refused look-up waits for its turn; whatever changes something is left to the person who asked for it. */
const longestWaitSeconds = 5;

async function send(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string>) };
  if (actingAccount !== undefined) headers['tollgate-account'] = actingAccount.id;
  const response = await sendOnce(input, { ...init, headers });
  const waitSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const isPassing = response.status === 429 || response.status === 503;
  if (!isPassing || init.method !== 'GET' || !(waitSeconds <= longestWaitSeconds)) return response;
  await new Promise(resume => setTimeout(resume, waitSeconds * 1_000));
  return sendOnce(input, { ...init, headers });
}

async function sendOnce(input: RequestInfo | URL, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(input, init);
  } catch {
    throw new Error('Tollgate cannot be reached. Check that it is running and that you are online, then try again.');
  }
  if (response.status === 401) {
    actFor(undefined);
    sessionEnded.dispatchEvent(new Event('ended'));
  }
  return response;
}

/** The management API; the session of the page proves who calls. */
export const api = createManagementClient({ baseUrl: '', fetch: send });

/** Who is signed in. */
export interface SignedIn {
  role: 'viewer' | 'admin' | 'operator';
  account_id: string;
  account_description: string;
  expires_at: string;
  gateway_url: string | null;
}

const sessionPath = '/dashboard_sessions';

/** @returns undefined when nobody is */
export async function readSession(): Promise<SignedIn | undefined> {
  const response = await sendOnce(sessionPath, { method: 'GET' });
  if (response.status === 401) return undefined;
  return readAnswer(response);
}

export async function signIn(managementKey: string): Promise<SignedIn> {
  const headers = { authorization: `Bearer ${managementKey}` };
  return readAnswer(await fetch(sessionPath, { method: 'POST', headers }));
}

export async function signOut(): Promise<void> {
  actFor(undefined);
  await fetch(sessionPath, { method: 'DELETE' });
}

async function readAnswer(response: Response): Promise<SignedIn> {
  const body = await response.json();
  if (response.ok) return body;
  throw new ManagementApiError(response.status, body, response.headers.get('retry-after'));
}
