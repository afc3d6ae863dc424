import { type ErrorCode, GatewayError } from '../core/errors.ts';
import { StoreError } from '../store/dynamo.ts';
import { AllAttemptsFailed } from './attempts.ts';
import type { Gateway } from './gateway.ts';
import { relayedHeaders } from './response-headers.ts';

/** What the client gets instead of an answer. */
export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
  error: { code: ErrorCode; message: string };
}

/** Turns anything thrown on the request path into an answer in the surface's own shape. Unknown errors are ours: 500. */
export function errorAnswer(
  error: unknown,
  format: 'openai' | 'anthropic',
  requestId: string,
  gateway: Gateway,
): ErrorAnswer {
  if (error instanceof AllAttemptsFailed) {
    const { status: relayed, headers, body } = error.answer;
    // A redirect is not followed and means nothing to our client, nor does a status that HTTP does not have.
    const status = relayed >= 400 && relayed <= 599 ? relayed : 502;
    const code: ErrorCode = 'ERR_NGROK_3807';
    const message = `Every attempt failed; the last provider answered ${relayed}`;
    return {
      status,
      headers: { ...relayedHeaders(headers), 'ngrok-error-code': code },
      body,
      error: { code, message },
    };
  }
  const known = toGatewayError(error, requestId, gateway);
  const body =
    format === 'openai'
      ? { error: { message: known.message, type: known.type, param: null, code: known.code } }
      : { type: 'error', error: { type: anthropicType(known.status), message: known.message }, request_id: requestId };
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...known.headers,
    'ngrok-error-code': known.code,
  };
  if (known.retryAfterSeconds !== undefined) headers['retry-after'] = String(known.retryAfterSeconds);
  return { status: known.status, headers, body: JSON.stringify(body), error: known };
}

function toGatewayError(error: unknown, requestId: string, gateway: Gateway): GatewayError {
  if (error instanceof GatewayError) {
    if (error.status === 500) gateway.report(`request ${requestId}: ${error.message}`, error.cause);
    return error;
  }
  if (error instanceof StoreError) {
    gateway.report(`request ${requestId}: ${error.message}`, error.cause);
    return new GatewayError('service_unavailable', 'The gateway cannot reach its store; try again', {
      retryAfterSeconds: 1,
    });
  }
  gateway.report(`request ${requestId} failed`, error);
  return new GatewayError('internal_error', 'The gateway failed; this is not your fault');
}

/** @see https://docs.anthropic.com/en/api/errors */
function anthropicType(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 404) return 'not_found_error';
  if (status === 413) return 'request_too_large';
  if (status === 429) return 'rate_limit_error';
  if (status === 503) return 'overloaded_error';
  return status < 500 ? 'invalid_request_error' : 'api_error';
}
