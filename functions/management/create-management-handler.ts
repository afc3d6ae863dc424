import middy from '@middy/core';
import httpRouter from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { newId } from '../core/ids.ts';
import { StoreError } from '../store/dynamo.ts';
import { authenticate } from './authenticate.ts';
import { ManagementError } from './management-error.ts';
import { checkRateLimit } from './rate-limit.ts';
import { rawBodyOf, readBody, readQuery } from './read-input.ts';
import { type AnyRoute, type Management, type ManagementAnswer, mayAct } from './route.ts';

/** Puts routes behind API Gateway (payload 2.0): proves the key, checks input, and gives every error one shape. */
export function createManagementHandler(routes: AnyRoute[], management: Management) {
  const router = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    routes: routes.map(route => ({
      method: route.method,
      path: route.path,
      handler: async (event: APIGatewayProxyEventV2) => toResult(await answer(route, event, management)),
    })),
    notFoundResponse: ({ method, path }) => {
      throw new ManagementError('not_found', `There is no ${method} ${path}`);
    },
  });
  return middy(router).onError(request => {
    request.response = errorResult(request.error, management);
  });
}

async function answer(
  route: AnyRoute,
  event: APIGatewayProxyEventV2,
  management: Management,
): Promise<ManagementAnswer> {
  checkVersion(event);
  if (route.role === 'public') {
    return route.handle({ headers: event.headers, rawBody: rawBodyOf(event), origin: originOf(event) }, management);
  }
  const caller = await authenticate(event, management);
  await checkRateLimit(caller.accountId, management);
  if (!mayAct(caller.role, route.role)) {
    throw new ManagementError(
      'permission_denied',
      `A key with role "${caller.role}" cannot do this; use one with role "${route.role}"`,
    );
  }
  return route.handle(
    {
      parameters: (event.pathParameters ?? {}) as Record<string, string>,
      query: readQuery(event, route.query),
      body: readBody(event, route.body),
      caller,
      origin: originOf(event),
      idempotencyKey: event.headers['idempotency-key'],
    },
    management,
  );
}

function toResult({ status, body }: ManagementAnswer): APIGatewayProxyStructuredResultV2 {
  if (!body) return { statusCode: status };
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { statusCode: status, headers, body: JSON.stringify(body) };
}

function checkVersion({ headers }: APIGatewayProxyEventV2): void {
  const version = headers['ngrok-version'];
  if (version === undefined || version === '2') return;
  throw new ManagementError('ERR_NGROK_217', `Ngrok-Version is "${version}"; send 2 or leave the header out`);
}

/** The origin under which the client reached us; local servers speak plain http. */
function originOf({ headers, requestContext }: APIGatewayProxyEventV2): string {
  const host = headers.host ?? requestContext.domainName;
  return `${headers['x-forwarded-proto'] ?? 'https'}://${host}`;
}

function errorResult(error: unknown, management: Management): APIGatewayProxyStructuredResultV2 {
  const known = toManagementError(error);
  const operationId = newId('op', management.now(), management.randomBytes);
  if (known.status >= 500) management.report(`operation ${operationId} failed`, known.cause ?? error);
  const body = {
    error_code: known.code,
    status_code: known.status,
    msg: known.message,
    details: { operation_id: operationId, ...known.details },
  };
  const headers: Record<string, string> = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  if (known.retryAfterSeconds !== undefined) headers['retry-after'] = String(known.retryAfterSeconds);
  return { statusCode: known.status, headers, body: JSON.stringify(body) };
}

function toManagementError(error: unknown): ManagementError {
  if (error instanceof ManagementError) return error;
  if (error instanceof StoreError) {
    return new ManagementError('service_unavailable', 'The store does not answer; try again', {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  return new ManagementError('internal_error', 'The operation failed; this is not your fault', { cause: error });
}
