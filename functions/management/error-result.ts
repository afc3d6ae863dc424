import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { StoreError } from '../store/dynamo.ts';
import { isFaultOfOurs, ManagementError } from './management-error.ts';
import type { Management } from './route.ts';

/** Names one request: API Gateway's own id, so that it leads to the access log. */
export function operationIdOf({ requestContext }: APIGatewayProxyEventV2): string {
  return `op_${requestContext.requestId.replaceAll(/[^0-9A-Za-z]/g, '')}`;
}

/** What a client sent may be quoted in a message, and a megabyte of it would be no message any more. */
const messageLengthMax = 1_000;

/** Any error in the one shape that errors have; faults of ours are reported to operators. */
export function toErrorResult(
  error: unknown,
  event: APIGatewayProxyEventV2,
  management: Management,
): APIGatewayProxyStructuredResultV2 {
  const known = toManagementError(error);
  const operationId = operationIdOf(event);
  if (isFaultOfOurs(known)) management.report(`operation ${operationId} failed`, known.cause ?? error);
  const body = {
    error_code: known.code,
    status_code: known.status,
    msg: shorten(known.message),
    details: { operation_id: operationId, ...known.details },
  };
  return {
    statusCode: known.status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...known.headers },
    body: JSON.stringify(body),
  };
}

export function toManagementError(error: unknown): ManagementError {
  if (error instanceof ManagementError) return error;
  if (error instanceof StoreError) {
    return new ManagementError('service_unavailable', 'The store does not answer; try again', {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
  return new ManagementError('internal_error', 'The operation failed; this is not your fault', { cause: error });
}

/** A text for people, cut where nobody reads on. */
export function shorten(message: string): string {
  if (message.length <= messageLengthMax) return message;
  return `${message.slice(0, messageLengthMax - 1).toWellFormed()}…`;
}
