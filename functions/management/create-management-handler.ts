import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { withAudit } from './audit.ts';
import { authenticate, chooseAccount } from './authenticate.ts';
import { operationIdOf, toErrorResult } from './error-result.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { ManagementError } from './management-error.ts';
import { checkRateLimit } from './rate-limit.ts';
import { rawBodyOf, readBody, readQuery } from './read-input.ts';
import { type AnyRoute, type Management, type ManagementAnswer, mayAct, type Route } from './route.ts';

/** Says which methods the paths of an API take. */
export type MethodsByPath = Record<string, string[]>;

/**
 * Puts routes behind API Gateway (payload 2.0): proves the key, checks input, audits, and gives every error one shape.
 * @param findMethods the methods of every path of the API, for the function that answers where no route does
 */
export function createManagementHandler(
  routes: readonly AnyRoute[],
  management: Management,
  findMethods: () => Promise<MethodsByPath> = async () => methodsOf(routes),
) {
  const router = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    routes: routes.map(route => ({
      method: route.method,
      path: route.path,
      handler: async (event: APIGatewayProxyEventV2) => toResult(await answer(route, routes, event, management)),
    })),
    notFoundResponse: async ({ method, path }) => refuse(method, path, await findMethods()),
  });
  return middy(router).onError(request => {
    request.response = toErrorResult(request.error, request.event, management);
  });
}

async function answer(
  route: AnyRoute,
  routes: readonly AnyRoute[],
  event: APIGatewayProxyEventV2,
  management: Management,
): Promise<ManagementAnswer> {
  checkVersion(event);
  const source = { operationId: operationIdOf(event), sourceIp: event.requestContext.http.sourceIp };
  if (route.role === 'public') {
    const request = { headers: event.headers, rawBody: rawBodyOf(event), origin: originOf(event), source };
    return route.handle(request, management);
  }
  const own = await authenticate(event, management);
  await checkRateLimit(own.caller.bucket, management);
  checkRole(own.caller.role, route);
  const request = {
    parameters: (event.pathParameters ?? {}) as Record<string, string>,
    query: readQuery(event, route.query),
    body: readBody(event, route.body),
    ...(await chooseAccount(event, own, management)),
    origin: originOf(event),
    idempotencyKey: route.idempotent ? readIdempotencyKey(event.headers['idempotency-key']) : undefined,
    ifMatch: event.headers['if-match'],
  };
  if (route.method === 'GET' || route.changesNothing) return route.handle(request, management);
  return withAudit(route, routes, request, management, source);
}

function checkVersion({ headers }: APIGatewayProxyEventV2): void {
  const version = headers['ngrok-version'];
  if (version === undefined || version === '2') return;
  throw new ManagementError('ERR_NGROK_217', `Ngrok-Version is "${version}"; send 2 or leave the header out`);
}

function checkRole(role: Route['role'], route: Route): void {
  if (mayAct(role, route.role)) return;
  throw new ManagementError(
    'permission_denied',
    `A key with role "${role}" cannot do this; use one with role "${route.role}"`,
  );
}

/** The origin under which the client reached us; local servers speak plain http. */
function originOf({ headers, requestContext }: APIGatewayProxyEventV2): string {
  const host = headers.host ?? requestContext.domainName;
  return `${headers['x-forwarded-proto'] ?? 'https'}://${host}`;
}

function toResult({ status, body, text, headers }: ManagementAnswer): APIGatewayProxyStructuredResultV2 {
  if (text !== undefined)
    return { statusCode: status, headers: { 'cache-control': 'no-store', ...headers }, body: text };
  if (!body) return { statusCode: status, ...(headers && { headers }) };
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/**
 * Answers what no route takes.
 * @returns an empty answer to a preflight, which API Gateway completes with its CORS headers
 */
function refuse(method: string, path: string, methodsByPath: MethodsByPath): APIGatewayProxyStructuredResultV2 {
  if (method === 'OPTIONS') return { statusCode: 204 };
  const allowed = Object.entries(methodsByPath).find(([template]) => matches(template, path))?.[1];
  if (!allowed) {
    throw new ManagementError('not_found', `There is no ${method} ${path}; GET /openapi.json lists what there is`);
  }
  const allow = allowed.join(', ');
  throw new ManagementError('method_not_allowed', `${path} takes ${allow}, not ${method}`, { headers: { allow } });
}

function methodsOf(routes: readonly AnyRoute[]): MethodsByPath {
  const methodsByPath: MethodsByPath = {};
  for (const { path, method } of routes) methodsByPath[path] = [...(methodsByPath[path] ?? []), method];
  return methodsByPath;
}

function matches(template: string, path: string): boolean {
  const segments = path.split('/');
  const parts = template.split('/');
  return (
    parts.length === segments.length &&
    parts.every((part, index) => part === segments[index] || (part.startsWith('{') && segments[index] !== ''))
  );
}
