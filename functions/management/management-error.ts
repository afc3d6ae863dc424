import { z } from 'zod';

/** Codes of the management API → HTTP status. Those without a number have none in the product. */
const statuses = {
  ERR_NGROK_210: 415, // unsupported content type
  ERR_NGROK_211: 400, // body not expected
  ERR_NGROK_212: 400, // body unreadable
  ERR_NGROK_213: 400, // body is not JSON
  ERR_NGROK_214: 400, // unknown field or parameter
  ERR_NGROK_215: 400, // invalid value
  ERR_NGROK_217: 400, // wrong API version
  ERR_NGROK_226: 429, // too many requests
  ERR_NGROK_27001: 403, // plan
  ERR_NGROK_27002: 404, // no such endpoint
  ERR_NGROK_27003: 422, // endpoint without ai-gateway action
  ERR_NGROK_27004: 422, // description too long
  ERR_NGROK_27005: 422, // metadata too long
  ERR_NGROK_27006: 422, // required field missing
  invalid_signature: 400,
  authentication_required: 401,
  permission_denied: 403,
  account_suspended: 403,
  not_found: 404,
  method_not_allowed: 405,
  already_exists: 409,
  destination_in_use: 409,
  idempotency_conflict: 409,
  idempotency_in_progress: 409,
  last_key: 409,
  limit_reached: 409,
  nothing_to_refund: 409,
  vault_not_empty: 409,
  precondition_failed: 412,
  request_too_large: 413,
  invalid_policy: 422,
  unusable_request: 422,
  internal_error: 500,
  stripe_not_configured: 501,
  service_unavailable: 503,
} as const;

export type ManagementErrorCode = keyof typeof statuses;

/** What a client of the management API did wrong, or what we could not do. */
export class ManagementError extends Error {
  readonly code: ManagementErrorCode;
  readonly status: number;
  readonly details: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(
    code: ManagementErrorCode,
    message: string,
    options: {
      details?: Record<string, unknown>;
      headers?: Record<string, string>;
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ManagementError';
    this.code = code;
    this.status = statuses[code];
    this.details = options.details ?? {};
    this.headers = {
      ...options.headers,
      ...(options.retryAfterSeconds !== undefined && { 'retry-after': String(options.retryAfterSeconds) }),
    };
  }
}

/**
 * Whether operators have to look. That a deployment sells no credits is what they chose, and answers 501 without a
 * cause; it has one when Stripe refuses the key that they gave.
 */
export function isFaultOfOurs({ status, cause }: ManagementError): boolean {
  return status >= 500 && (status !== 501 || cause !== undefined);
}

/** One thing that is wrong with a request. */
const problemAnswer = z.strictObject({
  code: z.string(),
  path: z.string().describe('Where in the body or the query, such as "providers.0.id"'),
  message: z.string(),
});

export const problemsAnswer = z.array(problemAnswer);

/** How every error looks. */
export const errorAnswer = z
  .strictObject({
    error_code: z.string().describe('The product’s code, or a word where the product has none'),
    status_code: z.int(),
    msg: z.string().describe('What is wrong, and what to do'),
    details: z.looseObject({
      operation_id: z.string().describe('Leads to the access log and the audit log'),
      problems: problemsAnswer.optional().describe('Everything that is wrong with the input'),
    }),
  })
  .meta({ id: 'ApiError' });
