import type {
  AccountMetrics,
  ErrorRate,
  KeyMetrics,
  Latency,
  ModelMetrics,
  Quota,
  RequestMetrics,
  TokenTotals,
} from '../../core/metrics.ts';
import { type CelType, declareType, type Field, int, intOrNull } from './cel-type.ts';

/** Which model metrics are of. */
interface Subject {
  id: string;
  providerId: string;
}

/** A class for a CEL type: the engine tells types by their class. */
function metricsClass<Metrics>() {
  return class {
    readonly subject: Subject;
    readonly metrics: Metrics;

    constructor(subject: Subject, metrics: Metrics) {
      this.subject = subject;
      this.metrics = metrics;
    }
  };
}

function valuesClass<Values>() {
  return class {
    readonly values: Values;

    constructor(values: Values) {
      this.values = values;
    }
  };
}

/** `m.metrics`. Absent metrics read as zero. */
export const MetricsView = metricsClass<ModelMetrics | undefined>();
const RequestMetricsView = metricsClass<RequestMetrics | undefined>();
const AccountMetricsView = metricsClass<AccountMetrics | undefined>();
const KeyMetricsView = metricsClass<KeyMetrics>();
const LatencyView = valuesClass<Latency | undefined>();
const TokenTotalsView = valuesClass<TokenTotals | undefined>();
/** Error rates of a model, or of a provider key. */
export const ErrorRateView = valuesClass<ErrorRate | undefined>();
export const QuotaView = valuesClass<Quota>();

const requestFields: Record<string, Field<{ subject: Subject; metrics: RequestMetrics | undefined }>> = {
  provider: ['string', view => view.subject.providerId],
  model: ['string', view => view.subject.id],
  request_count: ['int', view => int(view.metrics?.request_count ?? 0)],
  start_time: ['int', view => int(view.metrics?.start_time ?? 0)],
  end_time: ['int', view => int(view.metrics?.end_time ?? 0)],
  latency: ['Latency', view => new LatencyView(view.metrics?.latency)],
  error_rate: ['ErrorRate', view => new ErrorRateView(view.metrics?.error_rate)],
};

const accountFields: Record<string, Field<{ subject: Subject; metrics: AccountMetrics | undefined }>> = {
  ...requestFields,
  token: ['TokenTotals', view => new TokenTotalsView(view.metrics?.token)],
};

/** A latency that only streams have: null when there were none, zero without any history. */
function streamed(field: Extract<keyof Latency, `time_${string}`>): Field<{ values: Latency | undefined }> {
  return ['dyn', ({ values }) => (values ? intOrNull(values[field]) : 0n)];
}

export const errorRate = declareType('ErrorRate', 'error_rate', ErrorRateView, {
  total: ['double', ({ values }) => values?.total ?? 0],
  timeout: ['double', ({ values }) => values?.timeout ?? 0],
  rate_limit: ['double', ({ values }) => values?.rate_limit ?? 0],
  client: ['double', ({ values }) => values?.client ?? 0],
  server: ['double', ({ values }) => values?.server ?? 0],
});

export const quota = declareType('Quota', 'quota', QuotaView, {
  remaining_requests: ['dyn', ({ values }) => intOrNull(values.remaining_requests)],
  remaining_tokens: ['dyn', ({ values }) => intOrNull(values.remaining_tokens)],
  limit_requests: ['dyn', ({ values }) => intOrNull(values.limit_requests)],
  limit_tokens: ['dyn', ({ values }) => intOrNull(values.limit_tokens)],
});

/** Types of all that `m.metrics` leads to, each after those its fields name. */
export const metricsTypes: readonly CelType[] = [
  errorRate,
  quota,
  declareType('Latency', 'latency', LatencyView, {
    gateway_ms_avg: ['int', ({ values }) => int(values?.gateway_ms_avg ?? 0)],
    gateway_ms_p95: ['int', ({ values }) => int(values?.gateway_ms_p95 ?? 0)],
    upstream_ms_avg: ['int', ({ values }) => int(values?.upstream_ms_avg ?? 0)],
    upstream_ms_p95: ['int', ({ values }) => int(values?.upstream_ms_p95 ?? 0)],
    time_to_first_token_ms_avg: streamed('time_to_first_token_ms_avg'),
    time_to_first_token_ms_p95: streamed('time_to_first_token_ms_p95'),
    time_per_output_token_ms_avg: streamed('time_per_output_token_ms_avg'),
    time_per_output_token_ms_p95: streamed('time_per_output_token_ms_p95'),
  }),
  declareType('TokenTotals', 'token', TokenTotalsView, {
    provider_input: ['int', ({ values }) => int(values?.provider_input ?? 0)],
    provider_output: ['int', ({ values }) => int(values?.provider_output ?? 0)],
    estimated_input: ['int', ({ values }) => int(values?.estimated_input ?? 0)],
    estimated_output: ['int', ({ values }) => int(values?.estimated_output ?? 0)],
  }),
  declareType('RequestMetrics', 'this scope of metrics', RequestMetricsView, requestFields),
  declareType('AccountMetrics', 'this scope of metrics', AccountMetricsView, accountFields),
  declareType('KeyMetrics', 'metrics of a key', KeyMetricsView, {
    ...(accountFields as Record<string, Field<InstanceType<typeof KeyMetricsView>>>),
    quota: ['Quota', ({ metrics }) => new QuotaView(metrics.quota)],
  }),
  declareType('Metrics', 'metrics', MetricsView, {
    global: ['RequestMetrics', ({ subject, metrics }) => new RequestMetricsView(subject, metrics?.global)],
    region: ['RequestMetrics', ({ subject, metrics }) => new RequestMetricsView(subject, metrics?.region)],
    account: ['AccountMetrics', ({ subject, metrics }) => new AccountMetricsView(subject, metrics?.account)],
    endpoint: ['AccountMetrics', ({ subject, metrics }) => new AccountMetricsView(subject, metrics?.endpoint)],
    api_keys: ['map<string, KeyMetrics>', metricsByKey],
  }),
];

function metricsByKey({ subject, metrics }: InstanceType<typeof MetricsView>) {
  const byId = Object.entries(metrics?.api_keys ?? {});
  return new Map(byId.map(([id, ofKey]) => [id, new KeyMetricsView(subject, ofKey)]));
}
