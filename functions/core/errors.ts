/**
 * Every error the gateway makes itself: code → HTTP status and the `type` of OpenAI's error body.
 * Codes and statuses are the product's; those without a published status follow their neighbours.
 */
const errorTable = {
  ERR_NGROK_2238: [422, 'policy_failed'], // a template in the policy
  ERR_NGROK_2254: [422, 'policy_failed'], // an expression in the policy
  ERR_NGROK_3200: [404, 'not_found_error'], // no such endpoint
  ERR_NGROK_3800: [502, 'provider_unreachable'],
  ERR_NGROK_3801: [400, 'invalid_request_error'],
  ERR_NGROK_3802: [400, 'provider_key_missing'],
  ERR_NGROK_3803: [422, 'strategy_failed'],
  ERR_NGROK_3804: [422, 'model_unknown'],
  ERR_NGROK_3805: [422, 'no_model_selected'],
  ERR_NGROK_3806: [422, 'strategy_failed'],
  ERR_NGROK_3807: [503, 'all_attempts_failed'],
  ERR_NGROK_3808: [422, 'key_selection_failed'],
  ERR_NGROK_3810: [504, 'total_timeout'],
  ERR_NGROK_3811: [413, 'input_too_large'],
  ERR_NGROK_3812: [503, 'too_many_attempts'],
  ERR_NGROK_3813: [422, 'format_not_supported'],
  ERR_NGROK_3814: [400, 'path_not_allowed'],
  ERR_NGROK_3815: [422, 'service_tier_not_allowed'],
  ERR_NGROK_3816: [422, 'model_not_priced'],
  ERR_NGROK_3817: [400, 'provider_key_missing'],
  ERR_NGROK_4026: [403, 'insufficient_credits'],
  ERR_NGROK_6033: [403, 'insufficient_credits'],
  ERR_NGROK_27001: [403, 'plan_not_allowed'],
  ERR_NGROK_27007: [401, 'authentication_error'],
  ERR_NGROK_27008: [403, 'permission_error'],
  ERR_NGROK_27009: [500, 'key_validation_failed'],
  account_suspended: [403, 'permission_error'],
  key_limit_reached: [403, 'insufficient_credits'],
  host_not_valid: [400, 'invalid_request_error'],
  no_rule_answered: [404, 'not_found_error'],
  policy_broke_body: [422, 'policy_failed'],
  policy_dependency_failed: [503, 'service_unavailable'], // what a rule asks did not answer
  ip_not_allowed: [403, 'permission_error'],
  basic_auth_failed: [401, 'authentication_error'],
  jwt_invalid: [401, 'authentication_error'],
  webhook_not_verified: [403, 'permission_error'],
  rate_limited: [429, 'rate_limit_exceeded'],
  circuit_open: [503, 'service_unavailable'],
  request_too_large: [413, 'invalid_request_error'],
  path_not_found: [404, 'not_found_error'],
  method_not_allowed: [405, 'invalid_request_error'],
  service_unavailable: [503, 'service_unavailable'],
  internal_error: [500, 'internal_error'],
} as const;

export type ErrorCode = keyof typeof errorTable;

/** What the client must see. The message always carries the code, because SDKs show the message and often nothing else. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: string;
  /** Seconds after which the same request may succeed; sent as `retry-after`. */
  readonly retryAfterSeconds: number | undefined;
  /** Further headers of the answer, such as `www-authenticate`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { type?: string; retryAfterSeconds?: number; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(`${message} (${code})`, { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    [this.status, this.type] = errorTable[code];
    if (options.type) this.type = options.type;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
  }
}
