/**
 * How a model did lately, as strategies read it. Fields carry the names that expressions use, so that a snapshot needs
 * no mapping. Windows are rolling; whatever has no history counts as zero.
 */
export interface ModelMetrics {
  /** Over all accounts of the deployment. */
  global?: RequestMetrics;
  /** In the region that serves the request. */
  region?: RequestMetrics;
  account?: AccountMetrics;
  endpoint?: AccountMetrics;
  /** By id of the gateway key; only keys that have used the model are in it. */
  api_keys?: Readonly<Record<string, KeyMetrics>>;
}

export interface RequestMetrics {
  request_count: number;
  /** Unix seconds. */
  start_time: number;
  end_time: number;
  latency: Latency;
  error_rate: ErrorRate;
}

export interface AccountMetrics extends RequestMetrics {
  token: TokenTotals;
}

export interface KeyMetrics extends AccountMetrics {
  quota: Quota;
}

/** Milliseconds. */
export interface Latency {
  /** From the request's arrival until it was sent upstream. */
  gateway_ms_avg: number;
  gateway_ms_p95: number;
  /** Until the provider's whole answer was there. */
  upstream_ms_avg: number;
  upstream_ms_p95: number;
  /** Null when nothing was streamed. */
  time_to_first_token_ms_avg: number | null;
  time_to_first_token_ms_p95: number | null;
  time_per_output_token_ms_avg: number | null;
  time_per_output_token_ms_p95: number | null;
}

/** Shares of all requests, 0 to 1. */
export interface ErrorRate {
  /** Everything but a 2xx or 3xx. */
  total: number;
  timeout: number;
  /** 429. */
  rate_limit: number;
  /** 4xx other than 429. */
  client: number;
  server: number;
}

export interface TokenTotals {
  provider_input: number;
  provider_output: number;
  estimated_input: number;
  estimated_output: number;
}

/** What a provider's rate-limit headers said last; null when they did not. */
export interface Quota {
  remaining_requests: number | null;
  remaining_tokens: number | null;
  limit_requests: number | null;
  limit_tokens: number | null;
}
