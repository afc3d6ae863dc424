/** Codes of the management API → HTTP status. */
const statuses = {
  ERR_NGROK_210: 415, // unsupported content type
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
  authentication_required: 401,
  permission_denied: 403,
  not_found: 404,
  idempotency_conflict: 409,
  nothing_to_refund: 409,
  invalid_policy: 422,
  internal_error: 500,
  service_unavailable: 503,
} as const;

export type ManagementErrorCode = keyof typeof statuses;

/** What a client of the management API did wrong, or what we could not do. */
export class ManagementError extends Error {
  readonly code: ManagementErrorCode;
  readonly status: number;
  readonly details: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ManagementErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ManagementError';
    this.code = code;
    this.status = statuses[code];
    this.details = options.details ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
