import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createFirstAccount, planFirstAccount } from '../../functions/bootstrap/create-first-account.ts';
import { digestToken, newToken } from '../../functions/core/credential.ts';
import type { Fee } from '../../functions/core/fee.ts';
import { newId } from '../../functions/core/ids.ts';
import type { Role } from '../../functions/core/roles.ts';
import { createDashboardHandler } from '../../functions/dashboard/create-dashboard-handler.ts';
import { createManagementClient, type ManagementClient } from '../../functions/management/client.generated.ts';
import { createManagementHandler } from '../../functions/management/create-management-handler.ts';
import type { Management } from '../../functions/management/route.ts';
import { findMethods } from '../../functions/observability/api-description.ts';
import { createAccessKey } from '../../functions/store/access-keys.ts';
import { createAccount, type Plan } from '../../functions/store/accounts.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { createSecretReader } from '../../functions/store/secrets.ts';
import { serveHttpApi } from '../../infra/local/http-api.ts';
import { startSecrets } from '../../infra/local/secrets.ts';
import {
  fallbackFunction,
  type ManagementFunction,
  managementCors,
  managementInventory,
  managementRoutes,
} from '../../infra/management-routes.ts';
import { openTestSecrets } from './management-backend.ts';
import { startTestStore } from './store.ts';
import { sendJson, startUpstream } from './upstream.ts';

const pepper = 'pepper';

export const policy = 'on_http_request:\n  - actions:\n      - type: ai-gateway\n';

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** The management API behind a local HTTP API, on a real store, with the first account and its endpoint; it sells no credits. */
export interface TestManagement {
  url: string;
  store: Store;
  accountId: string;
  endpointId: string;
  /** The first management key. */
  operatorToken: string;
  operatorKeyId: string;
  operator: ManagementClient;
  /** What was reported to operators. */
  reports: string[];
  /** Moves the API's clock, or stops it. */
  clock: { offsetMs: number; stoppedAtMs?: number };
  client(token: string): ManagementClient;
  /** A key made past the API. */
  newToken(role: Role, accountId?: string): Promise<string>;
  newGatewayToken(): Promise<string>;
  newAccount(plan?: Plan): Promise<{ accountId: string; token: string; client: ManagementClient }>;
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer>;
  close(): Promise<void>;
}

export async function startTestManagement(options: { rateLimit?: number; fee?: Fee } = {}): Promise<TestManagement> {
  const { store } = await startTestStore();
  const secretsServer = await startSecrets();
  const secretsClient = openTestSecrets(secretsServer.url);
  const clock: TestManagement['clock'] = { offsetMs: 0 };
  const now = () => clock.stoppedAtMs ?? Date.now() + clock.offsetMs;
  const plan = planFirstAccount(now(), randomBytes);
  await createFirstAccount(store, plan, pepper);
  const reports: string[] = [];
  const reader = createSecretReader(secretsClient, 0, now);
  const gateway = await startUpstream((_, response) => sendJson(response, 200, {}));
  const management: Management = {
    store,
    secrets: {
      read: async id => (id === 'pepper' ? { pepper } : reader.read(id)),
      readAgain: async id => (id === 'pepper' ? { pepper } : reader.readAgain(id)),
    },
    pepperSecret: 'pepper',
    now,
    randomBytes,
    rateLimit: options.rateLimit ?? 1_000_000,
    allowLoopback: true,
    extraProviders: [],
    report: (message, error) => reports.push(`${message}: ${error}`),
    fee: options.fee,
    gatewayUrl: gateway.baseUrl,
    accountSecrets: { client: secretsClient, prefix: 'tollgate/accounts/' },
    events: {
      secrets: secretsClient,
      secretsPrefix: 'tollgate/destinations/',
      egressRules: { allowLoopback: true, allowPrivate: true },
    },
  };
  const server = await serveHttpApi(toHandlers(management), { cors: managementCors });
  const client = (token: string) => createManagementClient({ baseUrl: server.url, token });

  const newKey = async (kind: 'gateway_key' | 'management_key', fields: object, accountId: string) => {
    const token = newToken(kind, randomBytes);
    const createdAt = new Date(now()).toISOString();
    const id = newId(kind === 'gateway_key' ? 'aigk' : 'ak', now(), randomBytes);
    const texts = { displayName: '…', description: '', metadata: '', createdBy: id, lastUpdatedBy: id };
    const key = { ...texts, id, accountId, digest: digestToken(token, pepper), createdAt, updatedAt: createdAt };
    await createAccessKey(store, kind, { ...key, ...fields } as never);
    return token;
  };
  const newManagementToken = (role: Role, accountId = plan.accountId) => newKey('management_key', { role }, accountId);

  return {
    url: server.url,
    store,
    accountId: plan.accountId,
    endpointId: plan.endpointId,
    operatorToken: plan.managementKey,
    operatorKeyId: plan.managementKeyId,
    operator: client(plan.managementKey),
    reports,
    clock,
    client,
    newToken: newManagementToken,
    newGatewayToken: () => newKey('gateway_key', { endpointId: plan.endpointId }, plan.accountId),
    async newAccount(accountPlan = 'payg') {
      const accountId = newId('ac', now(), randomBytes);
      await createAccount(store, { id: accountId, plan: accountPlan, createdAt: new Date(now()).toISOString() });
      const token = await newManagementToken('admin', accountId);
      return { accountId, token, client: client(token) };
    },
    async call(method, path, { token = plan.managementKey, body, headers = {} } = {}) {
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      const response = await fetch(path.startsWith('http') ? path : server.url + path, {
        method,
        headers: {
          ...(token !== '' && { authorization: `Bearer ${token}` }),
          ...(text !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(text !== undefined && { body: text }),
      });
      const answer = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: toBody(response.headers.get('content-type'), answer),
      };
    },
    async close() {
      await server.close();
      secretsClient.destroy();
      await secretsServer.close();
      await gateway.close();
    },
  };
}

/** Text comes as `text`. */
function toBody(type: string | null, answer: string): Record<string, unknown> {
  if (type?.startsWith('text/')) return { text: answer };
  return answer === '' ? {} : JSON.parse(answer);
}

/** Every route at its function, as the deployed API has it. */
function toHandlers(management: Management): Parameters<typeof serveHttpApi>[0] {
  const handlers: Record<string, unknown> = {};
  for (const [name, routes] of Object.entries(managementInventory)) {
    const isFallback = (name as ManagementFunction) === fallbackFunction;
    const handler = createManagementHandler(routes, management, ...(isFallback ? [findMethods] : []));
    for (const { method, path } of routes) handlers[`${method} ${path}`] = handler;
    if (isFallback) handlers.$default = handler;
  }
  const dashboard = createDashboardHandler(management, join(import.meta.dirname, '../fixtures/dashboard'));
  for (const { path, methods, function: name } of managementRoutes) {
    if (name === 'dashboard') for (const method of methods) handlers[`${method} ${path}`] = dashboard;
  }
  return handlers as Parameters<typeof serveHttpApi>[0];
}
