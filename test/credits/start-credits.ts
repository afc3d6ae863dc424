import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createFirstAccount, planFirstAccount } from '../../functions/bootstrap/create-first-account.ts';
import { balanceRoutes } from '../../functions/credits/balance.ts';
import { grantRoutes } from '../../functions/credits/grants.ts';
import { refundRoutes } from '../../functions/credits/refunds.ts';
import { transactionRoutes } from '../../functions/credits/transactions.ts';
import { createManagementHandler } from '../../functions/management/create-management-handler.ts';
import { Balances } from '../../functions/store/balances.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { startTestStore } from '../support/store.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** The credits function on a real store, with an operator's key. */
export interface TestCredits {
  store: Store;
  balances: Balances;
  accountId: string;
  now(): number;
  clock: { offsetMs: number };
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export async function startCredits(): Promise<TestCredits> {
  const { store } = await startTestStore();
  const clock = { offsetMs: 0 };
  const now = () => Date.now() + clock.offsetMs;
  const plan = planFirstAccount(now(), randomBytes);
  await createFirstAccount(store, plan, 'pepper');
  const routes = [...balanceRoutes, ...grantRoutes, ...refundRoutes, ...transactionRoutes];
  const handler = createManagementHandler(routes, {
    store,
    secrets: { read: async () => ({ pepper: 'pepper' }), readAgain: async () => ({ pepper: 'pepper' }) },
    pepperSecret: 'pepper',
    now,
    randomBytes,
    rateLimit: 1_000_000,
    allowLoopback: false,
    extraProviders: [],
    report: (message, error) => console.error(message, error),
  });
  return {
    store,
    balances: new Balances(store, randomBytes),
    accountId: plan.accountId,
    now,
    clock,
    async call(method, path, body, headers = {}) {
      const url = new URL(path, 'http://localhost');
      const event = {
        rawPath: url.pathname,
        headers: { authorization: `Bearer ${plan.managementKey}`, host: 'localhost', ...headers },
        queryStringParameters: Object.fromEntries(url.searchParams),
        body: typeof body === 'string' ? body : JSON.stringify(body),
        isBase64Encoded: false,
        requestContext: {
          http: { method, path: url.pathname, sourceIp: '127.0.0.1' },
          domainName: 'localhost',
          requestId: 'request-1',
        },
        version: '2.0',
      };
      const result = (await handler(
        event as unknown as APIGatewayProxyEventV2,
        {} as Context,
      )) as APIGatewayProxyStructuredResultV2;
      return { status: result.statusCode ?? 0, body: JSON.parse(result.body ?? '{}') };
    },
  };
}
