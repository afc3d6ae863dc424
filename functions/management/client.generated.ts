// Made by `npm run openapi` from the routes of the management API; change those instead.

export type Account = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  /** Only payg includes the AI gateway. */
  plan: "free" | "hobbyist" | "payg";
  suspended: boolean;
  description: string;
  metadata: string;
  low_balance_threshold_usd: string | null;
};

export type AccountCreate = {
  /** Only payg includes the AI gateway. */
  plan: "free" | "hobbyist" | "payg";
  description?: string;
  metadata?: string;
  /** Below it, the account is warned. */
  low_balance_threshold_usd?: string;
};

export type AccountCreated = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  /** Only payg includes the AI gateway. */
  plan: "free" | "hobbyist" | "payg";
  suspended: boolean;
  description: string;
  metadata: string;
  low_balance_threshold_usd: string | null;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type AccountUpdate = {
  /** Only payg includes the AI gateway. */
  plan?: "free" | "hobbyist" | "payg";
  /** None of its keys work while it is. */
  suspended?: boolean;
  description?: string;
  metadata?: string;
  /** Null: no warning. */
  low_balance_threshold_usd?: string | null;
};

export type AiGatewayApiKey = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  endpoint: Reference;
  /** The token, redacted. */
  display_name: string;
  /** To the minute. */
  last_used: string | null;
  expires_at: string | null;
  spend_limit: {
    /** USD as a decimal string. */
    amount_usd: string;
    period: string;
  } | null;
};

export type AiGatewayApiKeyCreate = {
  /** The endpoint that the key works on, and the only one. */
  endpoint_id: string;
  description?: string;
  metadata?: string;
  /** From then on the key is refused; in the future. */
  expires_at?: string;
  /** The most that the key may spend of the credits, in all or in each day or month (UTC). */
  spend_limit?: {
    amount_usd: string;
    period: "total" | "daily" | "monthly";
  };
};

export type AiGatewayApiKeyCreated = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  endpoint: Reference;
  /** The token, redacted. */
  display_name: string;
  /** To the minute. */
  last_used: string | null;
  expires_at: string | null;
  spend_limit: {
    /** USD as a decimal string. */
    amount_usd: string;
    period: string;
  } | null;
  /** Shown here and never again; null when the request was replayed. */
  token: string | null;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type AiGatewayApiKeyUpdate = {
  endpoint_id?: string;
  description?: string;
  metadata?: string;
  /** Null: the key does not expire. */
  expires_at?: string | null;
  /** Null: no limit but the balance. */
  spend_limit?: {
    amount_usd: string;
    period: "total" | "daily" | "monthly";
  } | null;
};

export type ApiError = {
  /** The product’s code, or a word where the product has none. */
  error_code: string;
  status_code: number;
  /** What is wrong, and what to do. */
  msg: string;
  details: {
    /** Leads to the access log and the audit log. */
    operation_id: string;
    /** Everything that is wrong with the input. */
    problems?: Array<{
      code: string;
      /** Where in the body or the query, such as "providers.0.id". */
      path: string;
      message: string;
    }>;
  } & Record<string, unknown>;
};

export type ApiKey = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  role: "viewer" | "admin" | "operator";
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  /** The token, redacted. */
  display_name: string;
};

export type ApiKeyCreate = {
  /** viewer reads, admin changes, operator also runs the deployment. Never above the caller’s own. */
  role: "viewer" | "admin" | "operator";
  description?: string;
  metadata?: string;
};

export type ApiKeyCreated = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  role: "viewer" | "admin" | "operator";
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  /** The token, redacted. */
  display_name: string;
  /** Shown here and never again; null when the request was replayed. */
  token: string | null;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type ApiKeyUpdate = {
  description?: string;
  metadata?: string;
};

export type AuditEvent = {
  id: string;
  uri: string;
  created_at: string;
  finished_at: string | null;
  /** A management key; or Stripe, which has neither key nor account. */
  actor: {
    api_key_id: string | null;
    account_id: string | null;
    role: "viewer" | "admin" | "operator" | "stripe";
  };
  /** The operation’s id in this description. */
  operation: string;
  method: string;
  path: string;
  object_id: string | null;
  source_ip: string;
  /** Leads to the access log; error answers carry it too. */
  operation_id: string;
  /** What was changed, in words, where that is not for the digests alone to tell. */
  note: string | null;
  /** After failed the change may have happened, and after unknown too: it is under way, or its function died. */
  outcome: "changed" | "unchanged" | "refused" | "failed" | "unknown";
  status_code: number | null;
  error_code: string | null;
  /** Of the object as it was read just before. */
  before_digest: string | null;
  after_digest: string | null;
};

export type Balance = {
  /** USD as a decimal string. */
  available_usd: string;
  /** Whole nano-USD. */
  available_nano_usd: string;
  /** Whole nano-USD. */
  held_nano_usd: string;
  /** Whole nano-USD. */
  spent_nano_usd: string;
  /** Whole nano-USD. */
  expired_nano_usd: string;
  /** Whole nano-USD. */
  refunded_nano_usd: string;
  /** Whole nano-USD. */
  purchased_nano_usd: string;
  lots: Array<{
    id: string;
    category: string;
    /** Whole nano-USD. */
    amount_nano_usd: string;
    /** Whole nano-USD. */
    remaining_nano_usd: string;
    expires_at: string;
  }>;
};

export type CheckoutSession = {
  id: string;
  /** Where to pay; null once the session is over. */
  url: string | null;
  /** USD as a decimal string. */
  amount_usd: string;
  status: "open" | "complete" | "expired";
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type CheckoutSessionCreate = {
  /** At least 5.00 and at most 999999.99 USD, with two decimals. */
  amount_usd: string;
  success_url?: string;
  cancel_url?: string;
};

export type DeadLetter = {
  id: string;
  uri: string;
  created_at: string;
  died_at: string;
  /** Of the last try. */
  error: string;
  event_count: number;
};

export type DeadLetterWithEvents = {
  id: string;
  uri: string;
  created_at: string;
  died_at: string;
  /** Of the last try. */
  error: string;
  event_count: number;
  events: Array<{
    event_id: string;
    event_type: string;
  } & Record<string, unknown>>;
};

export type Endpoint = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  /** Names the endpoint in the path: /e/{slug}/v1/…. */
  slug: string;
  /** Name the endpoint in the Host header. */
  hosts: Array<string>;
  description: string;
  metadata: string;
  traffic_policy: string;
  /** Counts policy changes from 1. */
  policy_version: number;
  /** Whether the Traffic Inspector keeps bodies for a while. */
  inspector: boolean;
  inspector_retention_hours: number;
  event_destination_ids: Array<string>;
  /** Counts all changes from 1; the ETag is this number in quotes. */
  revision: number;
};

export type EndpointCreate = {
  /** Unique in the deployment. */
  slug: string;
  /** Each unique in the deployment. */
  hosts?: Array<string>;
  /** A Traffic Policy document in YAML or JSON. */
  traffic_policy: string;
  description?: string;
  metadata?: string;
  inspector?: boolean;
  /** How long the Traffic Inspector keeps a request. */
  inspector_retention_hours?: number;
  event_destination_ids?: Array<string>;
};

export type EndpointCreated = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  /** Names the endpoint in the path: /e/{slug}/v1/…. */
  slug: string;
  /** Name the endpoint in the Host header. */
  hosts: Array<string>;
  description: string;
  metadata: string;
  traffic_policy: string;
  /** Counts policy changes from 1. */
  policy_version: number;
  /** Whether the Traffic Inspector keeps bodies for a while. */
  inspector: boolean;
  inspector_retention_hours: number;
  event_destination_ids: Array<string>;
  /** Counts all changes from 1; the ETag is this number in quotes. */
  revision: number;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type EndpointExplain = {
  /** For rules that read it. */
  method?: string;
  /** Where the request would go. */
  path?: string;
  /** Without the question mark. */
  query?: string;
  /** What the request would show; rules and templates read them. */
  headers?: Record<string, string>;
  /** Where the request would come from. */
  client_ip?: string;
  /** The JSON of the request. */
  body: Record<string, unknown>;
  /** Whether the request would show a gateway key, without which no managed keys are used. */
  with_gateway_key?: boolean;
  /** Tried instead of the policy that the endpoint has. */
  traffic_policy?: string;
};

export type EndpointImport = {
  /** A Traffic Policy document as it was written for ngrok. */
  document: string;
};

export type EndpointRollback = {
  /** Whose policy becomes the newest version. */
  version: number;
};

export type EndpointUpdate = {
  /** Unique in the deployment. */
  slug?: string;
  /** Each unique in the deployment. */
  hosts?: Array<string>;
  /** A Traffic Policy document in YAML or JSON. */
  traffic_policy?: string;
  description?: string;
  metadata?: string;
  inspector?: boolean;
  /** How long the Traffic Inspector keeps a request. */
  inspector_retention_hours?: number;
  event_destination_ids?: Array<string>;
};

export type EndpointValidate = {
  /** A Traffic Policy document in YAML or JSON. */
  traffic_policy: string;
};

export type EndpointVersion = {
  /** The version as text, for before_id. */
  id: string;
  uri: string;
  version: number;
  created_at: string;
  created_by: Reference;
  traffic_policy: string;
};

export type EventDelivery = {
  last_success_at: string | null;
  last_error_at: string | null;
  last_error: string | null;
  /** Since the last success. */
  failures: number;
  failing_since: string | null;
  next_attempt_at: string | null;
  pending_events: number;
  /** There are more than could be counted. */
  pending_more: boolean;
  delivered_events: number;
  /** Given up after 24 hours; see dead_letters. */
  dropped_events: number;
};

export type EventDestination = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  target: {
    cloudwatch_logs?: {
      log_group_arn: string;
    };
    firehose?: {
      delivery_stream_arn: string;
    };
    eventbridge?: {
      event_bus_arn: string;
    };
    webhook?: {
      url: string;
      signed: boolean;
    };
    datadog?: {
      ddsite: "datadoghq.com" | "us3.datadoghq.com" | "us5.datadoghq.com" | "datadoghq.eu" | "ap1.datadoghq.com" | "ap2.datadoghq.com" | "uk1.datadoghq.com" | "ddog-gov.com" | "us2.ddog-gov.com";
      service?: string;
      ddtags?: string;
    };
  };
  /** A paused destination gets nothing, and nothing is kept for it. */
  paused: boolean;
  paused_at: string | null;
  pause_reason: string | null;
};

export type EventDestinationCreate = {
  target: {
    cloudwatch_logs?: {
      log_group_arn: string;
    };
    firehose?: {
      delivery_stream_arn: string;
    };
    eventbridge?: {
      event_bus_arn: string;
    };
    webhook?: {
      /** https; its events are POSTed there. */
      url: string;
      /** Signs what is sent and is never shown again. Null: nothing is signed. */
      secret?: string | null;
    };
    datadog?: {
      /** Never shown again; may be left out when a target that has one is changed. */
      api_key?: string;
      ddsite: "datadoghq.com" | "us3.datadoghq.com" | "us5.datadoghq.com" | "datadoghq.eu" | "ap1.datadoghq.com" | "ap2.datadoghq.com" | "uk1.datadoghq.com" | "ddog-gov.com" | "us2.ddog-gov.com";
      service?: string;
      ddtags?: string;
    };
  };
  description?: string;
  metadata?: string;
};

export type EventDestinationCreated = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  target: {
    cloudwatch_logs?: {
      log_group_arn: string;
    };
    firehose?: {
      delivery_stream_arn: string;
    };
    eventbridge?: {
      event_bus_arn: string;
    };
    webhook?: {
      url: string;
      signed: boolean;
    };
    datadog?: {
      ddsite: "datadoghq.com" | "us3.datadoghq.com" | "us5.datadoghq.com" | "datadoghq.eu" | "ap1.datadoghq.com" | "ap2.datadoghq.com" | "uk1.datadoghq.com" | "ddog-gov.com" | "us2.ddog-gov.com";
      service?: string;
      ddtags?: string;
    };
  };
  /** A paused destination gets nothing, and nothing is kept for it. */
  paused: boolean;
  paused_at: string | null;
  pause_reason: string | null;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type EventDestinationDetails = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  target: {
    cloudwatch_logs?: {
      log_group_arn: string;
    };
    firehose?: {
      delivery_stream_arn: string;
    };
    eventbridge?: {
      event_bus_arn: string;
    };
    webhook?: {
      url: string;
      signed: boolean;
    };
    datadog?: {
      ddsite: "datadoghq.com" | "us3.datadoghq.com" | "us5.datadoghq.com" | "datadoghq.eu" | "ap1.datadoghq.com" | "ap2.datadoghq.com" | "uk1.datadoghq.com" | "ddog-gov.com" | "us2.ddog-gov.com";
      service?: string;
      ddtags?: string;
    };
  };
  /** A paused destination gets nothing, and nothing is kept for it. */
  paused: boolean;
  paused_at: string | null;
  pause_reason: string | null;
  delivery: EventDelivery;
};

export type EventDestinationTest = {
  event_id: string;
  delivered: boolean;
  /** Of the refusal; null when none came. */
  status_code: number | null;
  error: string | null;
  latency_ms: number;
};

export type EventDestinationUpdate = {
  target?: {
    cloudwatch_logs?: {
      log_group_arn: string;
    };
    firehose?: {
      delivery_stream_arn: string;
    };
    eventbridge?: {
      event_bus_arn: string;
    };
    webhook?: {
      /** https; its events are POSTed there. */
      url: string;
      /** Signs what is sent and is never shown again. Null: nothing is signed. */
      secret?: string | null;
    };
    datadog?: {
      /** Never shown again; may be left out when a target that has one is changed. */
      api_key?: string;
      ddsite: "datadoghq.com" | "us3.datadoghq.com" | "us5.datadoghq.com" | "datadoghq.eu" | "ap1.datadoghq.com" | "ap2.datadoghq.com" | "uk1.datadoghq.com" | "ddog-gov.com" | "us2.ddog-gov.com";
      service?: string;
      ddtags?: string;
    };
  };
  /** False resumes, also what was paused because it had failed for long. */
  paused?: boolean;
  description?: string;
  metadata?: string;
};

export type EventSubscription = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  sources: Array<{
    type: string;
    filter?: string;
  }>;
  destination_ids: Array<string>;
};

export type EventSubscriptionCreate = {
  sources: Array<{
    /** An event type, see docs/events.md. */
    type: string;
    /** A CEL expression over the event "ev", such as ev.object.endpoint.id == "ep_1"; absent fields are null. */
    filter?: string;
  }>;
  destination_ids: Array<string>;
  description?: string;
  metadata?: string;
};

export type EventSubscriptionCreated = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  sources: Array<{
    type: string;
    filter?: string;
  }>;
  destination_ids: Array<string>;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type EventSubscriptionUpdate = {
  sources?: Array<{
    /** An event type, see docs/events.md. */
    type: string;
    /** A CEL expression over the event "ev", such as ev.object.endpoint.id == "ep_1"; absent fields are null. */
    filter?: string;
  }>;
  destination_ids?: Array<string>;
  description?: string;
  metadata?: string;
};

export type Explanation = {
  /** The rules for requests, up to the one that answers; empty for a policy that only calls models. */
  rules: Array<{
    /** Its name, or its place in the policy. */
    rule: string;
    /** Whether all its expressions are true. */
    applies: boolean;
    actions: Array<{
      type: string;
      what: string;
    }>;
    /** Why it would refuse the request. */
    error: string | null;
  }>;
  /** The type of the action that answers. */
  answered_by: string | null;
  /** Null for a path that no model answers. */
  surface: string | null;
  /** What would be tried, in this order. */
  candidates: Array<{
    name: string;
    provider: string;
    model: string;
    /** Whether the catalog or the policy describes the model. */
    known: boolean;
    base_url: string;
    /** Where its keys come from, in the order of use. */
    keys: Array<string>;
    /** Fields that the provider gets in place of the request’s. */
    set: Record<string, unknown>;
    /** Fields that the provider does not get. */
    removed: Array<string>;
    /** An estimate; null where the provider’s bill is not ours. */
    cost_at_most_usd: string | null;
  }>;
  dropped: Array<{
    model: string;
    reason: string;
  }>;
  /** What each strategy did that was asked. */
  model_selection: Array<{
    strategy: string;
    error: string | null;
    candidates_returned: Array<string>;
    models_to_try: Array<string>;
  }>;
  /** What would be set aside before the first candidate is called. An estimate: input tokens are counted here as a quarter of the bytes. */
  hold_usd: string;
  /** What the request would be refused with. */
  error: {
    code: string;
    status: number;
    message: string;
  } | null;
};

export type Grant = {
  id: string;
  category: string;
  /** USD as a decimal string. */
  amount_usd: string;
  /** Whole nano-USD. */
  amount_nano_usd: string;
  reason: string;
  created_at: string;
  expires_at: string;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type ImportReport = {
  works: Array<{
    /** Where in the document, such as on_http_request[0].actions[1]. */
    path: string;
    what: string;
  }>;
  adapted: Array<{
    /** Where in the document, such as on_http_request[0].actions[1]. */
    path: string;
    what: string;
  }>;
  not_supported: Array<{
    /** Where in the document, such as on_http_request[0].actions[1]. */
    path: string;
    what: string;
    remedy: string;
  }>;
  /** What the policy reads, and has to be here. */
  secrets: Array<{
    vault: string;
    name: string;
  }>;
  /** The document after all that could be adapted. What is not supported stays in it. */
  traffic_policy: string;
  /** Whether an endpoint can have that policy. */
  valid: boolean;
  problems: Array<{
    code: string;
    /** Where in the body or the query, such as "providers.0.id". */
    path: string;
    message: string;
  }>;
};

export type InspectedRequest = {
  /** Of the request, as in its usage record. */
  id: string;
  uri: string;
  created_at: string;
  /** When nobody can read it any more. */
  expires_at: string;
  endpoint: Reference;
  ai_gateway_api_key: Reference | null;
  method: string;
  path: string;
  status_code: number;
  /** Null where no model was asked. */
  outcome: string | null;
  provider: string | null;
  model: string | null;
  total_ms: number;
  /** The request that this one repeats. */
  replay_of: string | null;
  request: {
    query: string;
    /** Values to 1 KB. */
    headers: Record<string, string>;
    /** To 10 KB. */
    body: string;
    /** Of the whole body. */
    body_bytes: number;
    /** What is not whole, such as "body" or "headers.user-agent". */
    truncated: Array<string>;
    /** Where credentials stood. */
    masked: Array<string>;
  };
  response: {
    /** Values to 1 KB. */
    headers: Record<string, string>;
    /** To 10 KB. */
    body: string;
    /** Of the whole body. */
    body_bytes: number;
    /** What is not whole, such as "body" or "headers.user-agent". */
    truncated: Array<string>;
    /** Where credentials stood. */
    masked: Array<string>;
  };
};

export type InspectedRequestSummary = {
  /** Of the request, as in its usage record. */
  id: string;
  uri: string;
  created_at: string;
  /** When nobody can read it any more. */
  expires_at: string;
  endpoint: Reference;
  ai_gateway_api_key: Reference | null;
  method: string;
  path: string;
  status_code: number;
  /** Null where no model was asked. */
  outcome: string | null;
  provider: string | null;
  model: string | null;
  total_ms: number;
  /** The request that this one repeats. */
  replay_of: string | null;
};

export type MetricNumbers = {
  requests: number;
  errors: {
    total: number;
    timeout: number;
    /** 429. */
    rate_limit: number;
    /** 4xx without 429. */
    client: number;
    /** 5xx, no answer, or one that broke off. */
    server: number;
  };
  /** Whole nano-USD. */
  cost_nano_usd: string;
  input_tokens: number;
  output_tokens: number;
  estimated_input_tokens: number;
  estimated_output_tokens: number;
  /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
  gateway_ms: {
    avg: number;
    p50: number;
    p95: number;
  } | null;
  /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
  first_token_ms: {
    avg: number;
    p50: number;
    p95: number;
  } | null;
  /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
  total_ms: {
    avg: number;
    p50: number;
    p95: number;
  } | null;
};

export type Metrics = {
  uri: string;
  start_time: string;
  end_time: string;
  step_seconds: number;
  /** Requests recorded later are not in it yet. */
  counted_until: string | null;
  totals: MetricNumbers;
  /** Requests by the moment they were recorded; steps without any are left out. */
  points: Array<{
    start: string;
    requests: number;
    errors: {
      total: number;
      timeout: number;
      /** 429. */
      rate_limit: number;
      /** 4xx without 429. */
      client: number;
      /** 5xx, no answer, or one that broke off. */
      server: number;
    };
    /** Whole nano-USD. */
    cost_nano_usd: string;
    input_tokens: number;
    output_tokens: number;
    estimated_input_tokens: number;
    estimated_output_tokens: number;
    /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
    gateway_ms: {
      avg: number;
      p50: number;
      p95: number;
    } | null;
    /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
    first_token_ms: {
      avg: number;
      p50: number;
      p95: number;
    } | null;
    /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
    total_ms: {
      avg: number;
      p50: number;
      p95: number;
    } | null;
  }>;
  /** With splitBy: attempts, which are more than requests where there was failover; most first. */
  series: Array<{
    key: string;
    totals: MetricNumbers;
    points: Array<{
      start: string;
      requests: number;
      errors: {
        total: number;
        timeout: number;
        /** 429. */
        rate_limit: number;
        /** 4xx without 429. */
        client: number;
        /** 5xx, no answer, or one that broke off. */
        server: number;
      };
      /** Whole nano-USD. */
      cost_nano_usd: string;
      input_tokens: number;
      output_tokens: number;
      estimated_input_tokens: number;
      estimated_output_tokens: number;
      /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
      gateway_ms: {
        avg: number;
        p50: number;
        p95: number;
      } | null;
      /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
      first_token_ms: {
        avg: number;
        p50: number;
        p95: number;
      } | null;
      /** Milliseconds, quantiles within 5 %; null when nothing was measured. */
      total_ms: {
        avg: number;
        p50: number;
        p95: number;
      } | null;
    }>;
  }>;
};

export type Model = {
  /** Names this model of this provider, and no other. */
  id: string;
  provider: string;
  model: string;
  aliases: Array<string>;
  display_name: string;
  author: string | null;
  deprecated: boolean;
  /** Whether deployments have keys of their own for it, paid for with credits. */
  managed: boolean;
  surfaces: Array<"chat-completions" | "completions" | "responses" | "embeddings" | "messages">;
  features: Array<string>;
  input_modalities: Array<string>;
  output_modalities: Array<string>;
  context_window: number | null;
  max_output_tokens: number | null;
  /** USD per million tokens; a class without a price costs what the tokens it is part of cost. */
  pricing: {
    input: string | null;
    cached_input: string | null;
    cache_write: string | null;
    cache_write_1h: string | null;
    input_audio: string | null;
    cached_input_audio: string | null;
    output: string | null;
    output_audio: string | null;
    tiers: Array<{
      above_input_tokens: number;
      input: string | null;
      cached_input: string | null;
      cache_write: string | null;
      cache_write_1h: string | null;
      input_audio: string | null;
      cached_input_audio: string | null;
      output: string | null;
      output_audio: string | null;
    }>;
  } | null;
};

export type Reference = {
  id: string;
  uri: string;
};

export type Refund = {
  id: string;
  lot_id: string;
  /** USD as a decimal string. */
  amount_usd: string;
  /** Whole nano-USD. */
  amount_nano_usd: string;
  reason: string;
  created_at: string;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type Replay = {
  original_request_id: string;
  /** Of the repetition; null while the endpoint has not begun to answer. */
  request_id: string | null;
  status_code: number | null;
  /** Where the Traffic Inspector shows it, if it is still on. */
  uri: string | null;
};

export type Secret = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  name: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  vault: Reference;
  vault_name: string;
};

export type SecretCreate = {
  name: string;
  value: string;
  description?: string;
  metadata?: string;
  vault_id?: string;
  vault_name?: string;
};

export type SecretCreated = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  name: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  vault: Reference;
  vault_name: string;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type SecretUpdate = {
  name?: string;
  value?: string;
  description?: string;
  metadata?: string;
};

export type Transaction = {
  id: string;
  kind: string;
  category: string | null;
  /** Positive when credits came in. */
  amount_usd: string;
  /** Whole nano-USD. */
  amount_nano_usd: string;
  created_at: string;
  lot_id: string | null;
  refund_id: string | null;
  request_id: string | null;
  reason: string | null;
  expires_at: string | null;
  fee_nano_usd: string | null;
  price_version: string | null;
  balance_after_nano_usd: string | null;
};

export type UsageEvent = {
  id: string;
  created_at: string;
  endpoint_id: string | null;
  ai_gateway_api_key_id: string | null;
  surface: string;
  streaming: boolean;
  outcome: string;
  status_code: number;
  error_code: string | null;
  provider: string | null;
  model: string | null;
  /** Whose key paid the provider: managed, own, client or none. */
  key_source: string | null;
  attempts: number;
  finish_reason: string | null;
  input_tokens: number | null;
  cached_input_tokens: number | null;
  output_tokens: number | null;
  reasoning_tokens: number | null;
  /** The provider reported no usage; the tokens are our count. */
  estimated: boolean;
  /** Our own count, whatever the provider reported. */
  estimated_input_tokens: number | null;
  estimated_output_tokens: number | null;
  /** USD as a decimal string. */
  cost_usd: string;
  /** Whole nano-USD. */
  cost_nano_usd: string;
  gateway_latency_ms: number | null;
  time_to_first_token_ms: number | null;
  total_ms: number | null;
};

export type UsageOverview = {
  uri: string;
  /** Days are whole, in UTC. */
  start_time: string;
  end_time: string;
  /** Requests recorded later are not in it yet. */
  counted_until: string | null;
  buckets: Array<{
    bucket_start: string;
    /** Null without groupBy; (other) is what exceeds 100 or 200 groups. */
    group_key: string | null;
    requests: number;
    errors: number;
    /** USD as a decimal string. */
    cost_usd: string;
    /** Whole nano-USD. */
    cost_nano_usd: string;
    input_tokens: number;
    cached_input_tokens: number;
    output_tokens: number;
    reasoning_tokens: number;
    /** As providers reported them. */
    provider_input_tokens: number;
    provider_output_tokens: number;
    /** Our own count of the same requests. */
    estimated_input_tokens: number;
    estimated_output_tokens: number;
  }>;
  /** Most requests first. */
  groups: Array<{
    /** Null without groupBy; (other) is what exceeds 100 or 200 groups. */
    group_key: string | null;
    requests: number;
    errors: number;
    /** USD as a decimal string. */
    cost_usd: string;
    /** Whole nano-USD. */
    cost_nano_usd: string;
    input_tokens: number;
    cached_input_tokens: number;
    output_tokens: number;
    reasoning_tokens: number;
    /** As providers reported them. */
    provider_input_tokens: number;
    provider_output_tokens: number;
    /** Our own count of the same requests. */
    estimated_input_tokens: number;
    estimated_output_tokens: number;
  }>;
  totals: {
    requests: number;
    errors: number;
    /** USD as a decimal string. */
    cost_usd: string;
    /** Whole nano-USD. */
    cost_nano_usd: string;
    input_tokens: number;
    cached_input_tokens: number;
    output_tokens: number;
    reasoning_tokens: number;
    /** As providers reported them. */
    provider_input_tokens: number;
    provider_output_tokens: number;
    /** Our own count of the same requests. */
    estimated_input_tokens: number;
    estimated_output_tokens: number;
  };
};

export type UsageRequest = {
  id: string;
  uri: string;
  created_at: string;
  endpoint: Reference;
  ai_gateway_api_key: Reference | null;
  surface: string;
  streaming: boolean;
  outcome: string;
  status_code: number;
  error_code: string | null;
  provider: string | null;
  model: string | null;
  finish_reason: string | null;
  /** Of the client’s traceparent. */
  trace_id: string | null;
  /** Names that the client gave; empty when the gateway chose. */
  requested_models: Array<string>;
  /** Every candidate in order, and what became of it. */
  candidates: Array<{
    model: string;
    result: "served" | "failed" | "not_reached" | "rejected";
    reason: string;
  }>;
  model_selection: Array<{
    strategy: string;
    error: string | null;
    models_returned: Array<string>;
    /** Of these, what the client asked for too. */
    models_to_try: Array<string>;
  }>;
  attempts: Array<{
    provider: string;
    model: string;
    key_source: "managed" | "own" | "client" | "none";
    /** Of the endpoint’s own key. */
    key_id: string | null;
    /** Whether the client got its answer from here. */
    served: boolean;
    /** 0 when no answer came. */
    status_code: number;
    failure: string | null;
    error: string | null;
    /** Price of what the provider reported of an attempt that failed; it is not charged. */
    upstream_cost_nano_usd: string | null;
    headers_ms: number | null;
    time_to_first_token_ms: number | null;
    total_ms: number;
  }>;
  /** Rules of the policy that applied. */
  rules: Array<string>;
  /** What log actions of the policy wrote. */
  logs: Array<Record<string, unknown>>;
  usage: {
    input_tokens: number;
    cached_input_tokens: number;
    cache_write_tokens: number;
    cache_write_1h_tokens: number;
    input_audio_tokens: number;
    output_tokens: number;
    reasoning_tokens: number;
    output_audio_tokens: number;
    /** The provider reported no usage; this is our count. */
    estimated: boolean;
  } | null;
  /** Our own count, whatever the provider reported. */
  estimate: {
    input_tokens: number;
    output_tokens: number;
    /** Texts were too long to be counted to their end. */
    rough: boolean;
  } | null;
  /** How the upstream cost comes about. */
  cost_lines: Array<{
    class: string;
    tokens: number;
    /** Whole nano-USD. */
    nano_usd_per_million_tokens: string;
    /** Exact; the sum of all lines is rounded up once to whole nano-USD. */
    usd: string;
  }>;
  /** What the request did to the balance. */
  ledger: Array<{
    kind: "hold" | "charge" | "release" | "abandoned";
    /** Positive when credits came back. */
    amount_usd: string;
    /** Whole nano-USD. */
    amount_nano_usd: string;
  }>;
  /** USD as a decimal string. */
  cost_usd: string;
  /** Whole nano-USD. */
  cost_nano_usd: string;
  /** Whole nano-USD. */
  upstream_cost_nano_usd: string;
  /** Whole nano-USD. */
  fee_nano_usd: string;
  /** Whole nano-USD. */
  overrun_nano_usd: string;
  /** Whole nano-USD. */
  late_cost_nano_usd: string;
  /** Whole nano-USD. */
  held_nano_usd: string;
  price_version: string | null;
  policy_version: number | null;
  gateway_latency_ms: number | null;
  time_to_first_token_ms: number | null;
  total_ms: number | null;
};

export type Validation = {
  valid: boolean;
  problems: Array<{
    code: string;
    /** Where in the body or the query, such as "providers.0.id". */
    path: string;
    message: string;
  }>;
};

export type Vault = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  name: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
};

export type VaultCreate = {
  name: string;
  description?: string;
  metadata?: string;
};

export type VaultCreated = {
  id: string;
  uri: string;
  created_at: string;
  updated_at: string;
  name: string;
  description: string;
  metadata: string;
  created_by: Reference;
  last_updated_by: Reference;
  /** An earlier request with this Idempotency-Key made it. */
  replayed?: true;
};

export type VaultUpdate = {
  name?: string;
  description?: string;
  metadata?: string;
};

/** One method for each operation of the management API. Whatever is refused rejects with a `ManagementApiError`. */
export interface ManagementClient {
  /** Create a key that calls models through one endpoint. */
  createAiGatewayApiKey(input: { body: AiGatewayApiKeyCreate; idempotencyKey?: string; account?: string }): Promise<AiGatewayApiKeyCreated>;
  /** List the keys of the account. */
  listAiGatewayApiKeys(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    ai_gateway_api_keys: Array<AiGatewayApiKey>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show a key. */
  getAiGatewayApiKey(input: { id: string; account?: string }): Promise<AiGatewayApiKey>;
  /** Change a key, or move it to another endpoint. */
  updateAiGatewayApiKey(input: { id: string; body: AiGatewayApiKeyUpdate; account?: string }): Promise<AiGatewayApiKey>;
  /** Delete a key for good. */
  deleteAiGatewayApiKey(input: { id: string; account?: string }): Promise<undefined>;
  /** Create a key for the management API. */
  createApiKey(input: { body: ApiKeyCreate; idempotencyKey?: string; account?: string }): Promise<ApiKeyCreated>;
  /** List the management keys of the account. */
  listApiKeys(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    api_keys: Array<ApiKey>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show a management key. */
  getApiKey(input: { id: string; account?: string }): Promise<ApiKey>;
  /** Change the description or the metadata of a management key. */
  updateApiKey(input: { id: string; body: ApiKeyUpdate; account?: string }): Promise<ApiKey>;
  /** Delete a management key for good; the last one that may do as much stays. */
  deleteApiKey(input: { id: string; account?: string }): Promise<undefined>;
  /** Create an account. */
  createAccount(input: { body: AccountCreate; idempotencyKey?: string; account?: string }): Promise<AccountCreated>;
  /** List all accounts. */
  listAccounts(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    accounts: Array<Account>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show an account. */
  getAccount(input: { id: string; account?: string }): Promise<Account>;
  /** Change an account: its plan, whether it is suspended, when it is warned. */
  updateAccount(input: { id: string; body: AccountUpdate; account?: string }): Promise<Account>;
  /** Create an endpoint. */
  createEndpoint(input: { body: EndpointCreate; idempotencyKey?: string; account?: string }): Promise<EndpointCreated>;
  /** List the endpoints of the account. */
  listEndpoints(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    endpoints: Array<Endpoint>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show an endpoint. */
  getEndpoint(input: { id: string; account?: string }): Promise<Endpoint>;
  /** Change an endpoint; another policy is another version. */
  updateEndpoint(input: { id: string; body: EndpointUpdate; ifMatch?: string; account?: string }): Promise<Endpoint>;
  /** Delete an endpoint for good; its keys open nothing any more. */
  deleteEndpoint(input: { id: string; ifMatch?: string; account?: string }): Promise<undefined>;
  /** List the versions of an endpoint’s policy. */
  listEndpointVersions(input: { id: string; query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    versions: Array<EndpointVersion>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show a version of an endpoint’s policy. */
  getEndpointVersion(input: { id: string; version: string; account?: string }): Promise<EndpointVersion>;
  /** Make a new version with the policy of an old one. */
  rollbackEndpoint(input: { id: string; body: EndpointRollback; ifMatch?: string; account?: string }): Promise<Endpoint>;
  /** Say everything that is wrong with a policy, without saving it. */
  validateEndpoint(input: { id: string; body: EndpointValidate; account?: string }): Promise<Validation>;
  /** Say what becomes of a policy written for ngrok, without saving it. */
  importEndpoints(input: { body: EndpointImport; account?: string }): Promise<ImportReport>;
  /** Say what would happen to a request, without sending it. */
  explainEndpoint(input: { id: string; body: EndpointExplain; account?: string }): Promise<Explanation>;
  /** List the models of the catalog, with prices and what they can do. */
  listModels(input?: { query?: { limit?: number; before_id?: string; id?: string; provider?: string; surface?: "chat-completions" | "completions" | "responses" | "embeddings" | "messages"; feature?: string }; account?: string }): Promise<{
    models: Array<Model>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show the balance and the lots it consists of. */
  getCreditBalance(input?: { account?: string }): Promise<Balance>;
  /** Give credits to the account. */
  createCreditGrant(input: { body: {
    amount_usd: string;
    reason: string;
    expires_at?: string;
  }; idempotencyKey?: string; account?: string }): Promise<Grant>;
  /** Take the unspent rest of a lot out of the balance. */
  createCreditRefund(input: { body: {
    lot_id: string;
    reason: string;
  }; idempotencyKey?: string; account?: string }): Promise<Refund>;
  /** List what changed the balance. */
  listCreditTransactions(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    transactions: Array<Transaction>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Begin to buy credits: the answer says where to pay. */
  createCreditCheckoutSession(input: { body: CheckoutSessionCreate; idempotencyKey?: string; account?: string }): Promise<CheckoutSession>;
  /** Show whether a purchase was paid. */
  getCreditCheckoutSession(input: { id: string; account?: string }): Promise<CheckoutSession>;
  /** Where Stripe says what was paid. */
  stripeWebhooks(): Promise<{
    status: "credited" | "already_credited" | "awaiting_payment" | "refunded" | "refused" | "ignored";
    reason?: string;
  }>;
  /** Make a vault. */
  createVault(input: { body: VaultCreate; idempotencyKey?: string; account?: string }): Promise<VaultCreated>;
  /** List vaults, newest first. */
  listVaults(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    vaults: Array<Vault>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show a vault. */
  getVault(input: { id: string; account?: string }): Promise<Vault>;
  /** Change a vault; policies name its secrets by the new name from then on. */
  updateVault(input: { id: string; body: VaultUpdate; account?: string }): Promise<Vault>;
  /** Delete a vault that holds no secrets. */
  deleteVault(input: { id: string; account?: string }): Promise<undefined>;
  /** Make a secret in a vault; its value is never shown again. */
  createSecret(input: { body: SecretCreate; idempotencyKey?: string; account?: string }): Promise<SecretCreated>;
  /** List secrets of all vaults, newest first, without their values. */
  listSecrets(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    secrets: Array<Secret>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show a secret without its value. */
  getSecret(input: { id: string; account?: string }): Promise<Secret>;
  /** Change a secret; a new value rotates it, and running gateways take it up within the cache bound. */
  updateSecret(input: { id: string; body: SecretUpdate; account?: string }): Promise<Secret>;
  /** Delete a secret and its value for good. */
  deleteSecret(input: { id: string; account?: string }): Promise<undefined>;
  /** Name a place that events go to. */
  createEventDestination(input: { body: EventDestinationCreate; idempotencyKey?: string; account?: string }): Promise<EventDestinationCreated>;
  /** List the event destinations of the account. */
  listEventDestinations(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    event_destinations: Array<EventDestination>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show an event destination, and how deliveries to it go. */
  getEventDestination(input: { id: string; account?: string }): Promise<EventDestinationDetails>;
  /** Change an event destination, pause or resume it; deliveries are tried again at once. */
  updateEventDestination(input: { id: string; body: EventDestinationUpdate; account?: string }): Promise<EventDestination>;
  /** Delete an event destination; what still waits for it is not sent. */
  deleteEventDestination(input: { id: string; account?: string }): Promise<undefined>;
  /** Send a test event now, also when the destination is paused, and say what came of it. */
  testEventDestination(input: { id: string; account?: string }): Promise<EventDestinationTest>;
  /** List the batches of events that were given up. */
  listEventDestinationDeadLetters(input: { id: string; query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    dead_letters: Array<DeadLetter>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show a batch of events that was given up. */
  getEventDestinationDeadLetter(input: { id: string; letter_id: string; account?: string }): Promise<DeadLetterWithEvents>;
  /** Try for another 24 hours to deliver a batch of events that was given up. */
  resendEventDestinationDeadLetter(input: { id: string; letter_id: string; account?: string }): Promise<undefined>;
  /** Send events of some types to some destinations. */
  createEventSubscription(input: { body: EventSubscriptionCreate; idempotencyKey?: string; account?: string }): Promise<EventSubscriptionCreated>;
  /** List the event subscriptions of the account. */
  listEventSubscriptions(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    event_subscriptions: Array<EventSubscription>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show an event subscription. */
  getEventSubscription(input: { id: string; account?: string }): Promise<EventSubscription>;
  /** Change an event subscription. */
  updateEventSubscription(input: { id: string; body: EventSubscriptionUpdate; account?: string }): Promise<EventSubscription>;
  /** Delete an event subscription. */
  deleteEventSubscription(input: { id: string; account?: string }): Promise<undefined>;
  /** List requests to models. */
  getUsage(input?: { query?: { startTime?: string; endTime?: string; endpointId?: string; accessKeyId?: string; provider?: string; model?: string; statusCode?: number; outcome?: "succeeded" | "failed" | "stream_failed" | "abandoned"; cursor?: string; limit?: number }; account?: string }): Promise<{
    /** Newest first. May be short, or empty, before the last page. */
    usage: Array<UsageEvent>;
    uri: string;
    /** Where the next page begins; null after the last. */
    cursor: string | null;
    next_page_uri: string | null;
  }>;
  /** Sum up requests by day. */
  getUsageOverview(input?: { query?: { startTime?: string; endTime?: string; groupBy?: "provider" | "model" | "accessKey" | "endpoint" }; account?: string }): Promise<UsageOverview>;
  /** Export requests to models, in pages of up to 5 MB; the Link header leads to the next. */
  getUsageExport(input?: { query?: { startTime?: string; endTime?: string; endpointId?: string; accessKeyId?: string; provider?: string; model?: string; statusCode?: number; outcome?: "succeeded" | "failed" | "stream_failed" | "abandoned"; cursor?: string; format?: "csv" | "jsonl" }; account?: string }): Promise<string>;
  /** Tell the story of one request to a model. */
  getUsageRequest(input: { id: string; account?: string }): Promise<UsageRequest>;
  /** List the requests that the Traffic Inspector has kept. */
  listInspectorRequests(input?: { query?: { startTime?: string; endTime?: string; endpointId?: string; accessKeyId?: string; model?: string; statusCode?: number; cursor?: string; limit?: number }; account?: string }): Promise<{
    /** Newest first. May be short, or empty, before the last page. */
    requests: Array<InspectedRequestSummary>;
    uri: string;
    /** Where the next page begins; null after the last. */
    cursor: string | null;
    next_page_uri: string | null;
  }>;
  /** Show a request that the Traffic Inspector has kept. */
  getInspectorRequest(input: { id: string; account?: string }): Promise<InspectedRequest>;
  /** Send a kept request again, through the present policy of its endpoint. */
  replayInspectorRequest(input: { id: string; body: {
    /** A gateway key of the endpoint, in place of the masked credential; used for this call and kept nowhere. */
    gateway_key?: string;
  }; account?: string }): Promise<Replay>;
  /** Show how requests went over time. */
  listMetrics(input?: { query?: { scope?: "account" | "endpoint"; endpointId?: string; range?: "24h" | "7d" | "30d"; splitBy?: "provider" | "model" }; account?: string }): Promise<Metrics>;
  /** Show metrics of the account to Prometheus; counters begin anew at midnight UTC. */
  listMetricPrometheus(input?: { account?: string }): Promise<string>;
  /** List the changes of the account. */
  listAuditEvents(input?: { query?: { limit?: number; before_id?: string }; account?: string }): Promise<{
    audit_events: Array<AuditEvent>;
    uri: string;
    /** The next page, with the same filters. */
    next_page_uri: string | null;
  }>;
  /** Show a change. */
  getAuditEvent(input: { id: string; account?: string }): Promise<AuditEvent>;
  /** Describe this API as OpenAPI 3.1. */
  getOpenapiJson(): Promise<{
    openapi: string;
  } & Record<string, unknown>>;
}

const operations: Record<keyof ManagementClient, readonly [method: string, path: string]> = {
  createAiGatewayApiKey: ['POST', '/ai_gateway_api_keys'],
  listAiGatewayApiKeys: ['GET', '/ai_gateway_api_keys'],
  getAiGatewayApiKey: ['GET', '/ai_gateway_api_keys/{id}'],
  updateAiGatewayApiKey: ['PATCH', '/ai_gateway_api_keys/{id}'],
  deleteAiGatewayApiKey: ['DELETE', '/ai_gateway_api_keys/{id}'],
  createApiKey: ['POST', '/api_keys'],
  listApiKeys: ['GET', '/api_keys'],
  getApiKey: ['GET', '/api_keys/{id}'],
  updateApiKey: ['PATCH', '/api_keys/{id}'],
  deleteApiKey: ['DELETE', '/api_keys/{id}'],
  createAccount: ['POST', '/accounts'],
  listAccounts: ['GET', '/accounts'],
  getAccount: ['GET', '/accounts/{id}'],
  updateAccount: ['PATCH', '/accounts/{id}'],
  createEndpoint: ['POST', '/endpoints'],
  listEndpoints: ['GET', '/endpoints'],
  getEndpoint: ['GET', '/endpoints/{id}'],
  updateEndpoint: ['PATCH', '/endpoints/{id}'],
  deleteEndpoint: ['DELETE', '/endpoints/{id}'],
  listEndpointVersions: ['GET', '/endpoints/{id}/versions'],
  getEndpointVersion: ['GET', '/endpoints/{id}/versions/{version}'],
  rollbackEndpoint: ['POST', '/endpoints/{id}/rollback'],
  validateEndpoint: ['POST', '/endpoints/{id}/validate'],
  importEndpoints: ['POST', '/endpoints/import'],
  explainEndpoint: ['POST', '/endpoints/{id}/explain'],
  listModels: ['GET', '/models'],
  getCreditBalance: ['GET', '/credits/balance'],
  createCreditGrant: ['POST', '/credits/grants'],
  createCreditRefund: ['POST', '/credits/refunds'],
  listCreditTransactions: ['GET', '/credits/transactions'],
  createCreditCheckoutSession: ['POST', '/credits/checkout_sessions'],
  getCreditCheckoutSession: ['GET', '/credits/checkout_sessions/{id}'],
  stripeWebhooks: ['POST', '/webhooks/stripe'],
  createVault: ['POST', '/vaults'],
  listVaults: ['GET', '/vaults'],
  getVault: ['GET', '/vaults/{id}'],
  updateVault: ['PATCH', '/vaults/{id}'],
  deleteVault: ['DELETE', '/vaults/{id}'],
  createSecret: ['POST', '/secrets'],
  listSecrets: ['GET', '/secrets'],
  getSecret: ['GET', '/secrets/{id}'],
  updateSecret: ['PATCH', '/secrets/{id}'],
  deleteSecret: ['DELETE', '/secrets/{id}'],
  createEventDestination: ['POST', '/event_destinations'],
  listEventDestinations: ['GET', '/event_destinations'],
  getEventDestination: ['GET', '/event_destinations/{id}'],
  updateEventDestination: ['PATCH', '/event_destinations/{id}'],
  deleteEventDestination: ['DELETE', '/event_destinations/{id}'],
  testEventDestination: ['POST', '/event_destinations/{id}/test'],
  listEventDestinationDeadLetters: ['GET', '/event_destinations/{id}/dead_letters'],
  getEventDestinationDeadLetter: ['GET', '/event_destinations/{id}/dead_letters/{letter_id}'],
  resendEventDestinationDeadLetter: ['POST', '/event_destinations/{id}/dead_letters/{letter_id}/resend'],
  createEventSubscription: ['POST', '/event_subscriptions'],
  listEventSubscriptions: ['GET', '/event_subscriptions'],
  getEventSubscription: ['GET', '/event_subscriptions/{id}'],
  updateEventSubscription: ['PATCH', '/event_subscriptions/{id}'],
  deleteEventSubscription: ['DELETE', '/event_subscriptions/{id}'],
  getUsage: ['GET', '/usage'],
  getUsageOverview: ['GET', '/usage/overview'],
  getUsageExport: ['GET', '/usage/export'],
  getUsageRequest: ['GET', '/usage/requests/{id}'],
  listInspectorRequests: ['GET', '/inspector/requests'],
  getInspectorRequest: ['GET', '/inspector/requests/{id}'],
  replayInspectorRequest: ['POST', '/inspector/requests/{id}/replay'],
  listMetrics: ['GET', '/metrics'],
  listMetricPrometheus: ['GET', '/metrics/prometheus'],
  listAuditEvents: ['GET', '/audit_events'],
  getAuditEvent: ['GET', '/audit_events/{id}'],
  getOpenapiJson: ['GET', '/openapi.json'],
};

export interface ManagementClientOptions {
  /** `https://host`, without a slash at the end. */
  baseUrl: string;
  /** A management key; leave it out where something else proves the caller. */
  token?: string;
  fetch?: typeof fetch;
}

/** What the API answered instead of what was asked for. */
export class ManagementApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: ApiError['details'] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, error: Partial<ApiError>, retryAfter: string | null) {
    super(error.msg ?? `HTTP ${status}`);
    this.name = 'ManagementApiError';
    this.status = status;
    this.code = error.error_code ?? 'unknown';
    this.details = error.details;
    this.retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
  }
}

interface Input {
  query?: Record<string, unknown>;
  body?: unknown;
  idempotencyKey?: string;
  ifMatch?: string;
  account?: string;
  [pathPart: string]: unknown;
}

export function createManagementClient(options: ManagementClientOptions): ManagementClient {
  const { baseUrl, token, fetch: send = fetch } = options;
  const call = async (method: string, template: string, input: Input): Promise<unknown> => {
    const path = template.replace(/\{(\w+)\}/g, (_, part) => encodeURIComponent(String(input[part])));
    const query = Object.entries(input.query ?? {}).filter(([, value]) => value !== undefined);
    const texts = Object.fromEntries(query.map(([name, value]) => [name, String(value)]));
    const search = query.length > 0 ? `?${new URLSearchParams(texts)}` : '';
    const headers: Record<string, string> = {};
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (input.body !== undefined) headers['content-type'] = 'application/json';
    if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey;
    if (input.ifMatch !== undefined) headers['if-match'] = input.ifMatch;
    if (input.account !== undefined) headers['tollgate-account'] = input.account;
    const body = input.body === undefined ? undefined : JSON.stringify(input.body);
    const response = await send(baseUrl + path + search, { method, headers, ...(body !== undefined && { body }) });
    const text = await response.text();
    if (response.ok && response.headers.get('content-type')?.startsWith('text/')) return text;
    if (response.ok) return text === '' ? undefined : JSON.parse(text);
    throw new ManagementApiError(response.status, readError(text), response.headers.get('retry-after'));
  };
  const methods = Object.entries(operations).map(([name, [method, path]]) => [
    name,
    (input: Input = {}) => call(method, path, input),
  ]);
  return Object.fromEntries(methods) as ManagementClient;
}

function readError(text: string): Partial<ApiError> {
  try {
    return JSON.parse(text) as Partial<ApiError>;
  } catch {
    return {}; // something between us and the API answered
  }
}
