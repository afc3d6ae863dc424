import { randomBytes } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { digestToken, newToken } from '../../functions/core/credential.ts';
import { newId } from '../../functions/core/ids.ts';
import { createManagementHandler } from '../../functions/management/create-management-handler.ts';
import type { AnyRoute, Management } from '../../functions/management/route.ts';
import { createAccessKey, type Role } from '../../functions/store/access-keys.ts';
import { createAccount } from '../../functions/store/accounts.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { createSecretReader } from '../../functions/store/secrets.ts';
import { type HttpApiHandler, serveHttpApi } from '../../infra/local/http-api.ts';
import { startSecrets } from '../../infra/local/secrets.ts';
import { startTestStore } from './store.ts';

const pepper = 'pepper';

/** What management functions work on: a real store and the local Secrets Manager, with a clock that can be moved. */
export interface TestBackend {
  store: Store;
  secrets: SecretsManagerClient;
  secretsUrl: string;
  clock: { offsetMs: number };
  management: Management;
  /** What was reported to operators, with its error. */
  reports: string[];
  /** Makes an account with a management key. */
  newAccount(role?: Role): Promise<{ accountId: string; token: string }>;
  newKey(accountId: string, role: Role): Promise<string>;
  /** Serves routes as one instance of a function behind the API. */
  serve(routes: AnyRoute[], own?: Partial<Management>): Promise<{ url: string; close(): Promise<void> }>;
  close(): Promise<void>;
}

export async function startTestBackend(): Promise<TestBackend> {
  const testStore = await startTestStore();
  const secretsServer = await startSecrets();
  const { store } = testStore;
  const secrets = openTestSecrets(secretsServer.url);
  const clock = { offsetMs: 0 };
  const now = () => Date.now() + clock.offsetMs;
  const reports: string[] = [];
  const reader = createSecretReader(secrets, 0, now);
  const management: Management = {
    store,
    secrets: {
      read: async id => (id === 'pepper' ? { pepper } : reader.read(id)),
      readAgain: async id => (id === 'pepper' ? { pepper } : reader.readAgain(id)),
    },
    pepperSecret: 'pepper',
    now,
    randomBytes,
    rateLimit: 1_000_000,
    allowLoopback: true,
    extraProviders: [],
    report: (message, error) => reports.push(`${message}: ${describe(error)}`),
  };

  const newKey = async (accountId: string, role: Role): Promise<string> => {
    const token = newToken('management_key', randomBytes);
    const createdAt = new Date(now()).toISOString();
    const id = newId('ak', now(), randomBytes);
    const texts = { displayName: '', description: '', metadata: '', createdAt, updatedAt: createdAt };
    const key = { ...texts, id, accountId, role, createdBy: id, lastUpdatedBy: id };
    await createAccessKey(store, 'management_key', { ...key, digest: digestToken(token, pepper) });
    return token;
  };

  return {
    store,
    secrets,
    secretsUrl: secretsServer.url,
    clock,
    management,
    reports,
    newKey,
    async newAccount(role = 'admin') {
      const accountId = newId('ac', now(), randomBytes);
      await createAccount(store, { id: accountId, plan: 'payg', createdAt: new Date(now()).toISOString() });
      return { accountId, token: await newKey(accountId, role) };
    },
    serve(routes, own = {}) {
      const handler = createManagementHandler(routes, { ...management, ...own }) as unknown as HttpApiHandler;
      return serveHttpApi(Object.fromEntries(routes.map(({ method, path }) => [`${method} ${path}`, handler])), {
        drainMs: 1_000,
      });
    },
    async close() {
      secrets.destroy();
      await secretsServer.close();
    },
  };
}

export function openTestSecrets(endpoint: string): SecretsManagerClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}

export interface TestAnswer {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, unknown>;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<TestAnswer>;

/** Calls an API with a key. */
export function callWith(url: string, token: string): Call {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === '' ? {} : JSON.parse(text) };
  };
}

function describe(error: unknown): string {
  const causes: string[] = [];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) causes.push(String(cause.stack));
  return causes.length > 0 ? causes.join('\n') : JSON.stringify(error);
}
