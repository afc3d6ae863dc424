import type { UsageRecord } from '../store/usage.ts';
import type { Gateway } from './gateway.ts';
import type { ObservedRequest } from './observe-request.ts';

/** One line of the log: what happened to a request, never what was said in it. */
export type RequestLine = Record<string, unknown>;

/** By what CloudWatch counts. Each combination of values is a metric of its own that is paid for, so their number is bounded. */
const dimensions = ['surface', 'provider', 'outcome'];

const metrics = [
  { Name: 'requests', Unit: 'Count' },
  { Name: 'errors', Unit: 'Count' },
  { Name: 'latency', Unit: 'Milliseconds' },
  { Name: 'gatewayLatency', Unit: 'Milliseconds' },
  { Name: 'inputTokens', Unit: 'Count' },
  { Name: 'outputTokens', Unit: 'Count' },
  { Name: 'costUsd', Unit: 'None' },
];

const nanoUsdPerUsd = 1e9;

/**
 * @param record undefined where no model was asked: a refused key, a rule that answered itself, a list of models
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function toRequestLine(
  { requestId, startedAtMs, caller }: Omit<ObservedRequest, 'request'>,
  status: number,
  record: UsageRecord | undefined,
  gateway: Pick<Gateway, 'now' | 'catalog' | 'metricsNamespace'>,
): RequestLine {
  const nowMs = gateway.now();
  const last = record?.attempts.at(-1);
  const provider = record?.provider ?? last?.provider;
  const outcome = record?.outcome ?? (status < 400 ? 'answered' : 'refused');
  const values = {
    requests: 1,
    errors: outcome === 'succeeded' || outcome === 'answered' ? 0 : 1,
    latency: nowMs - startedAtMs,
    ...(record && {
      gatewayLatency: record.latency?.gatewayMs,
      inputTokens: record.usage?.inputTokens ?? 0,
      outputTokens: record.usage?.outputTokens ?? 0,
      costUsd: Number(record.costNanoUsd) / nanoUsdPerUsd,
    }),
  };
  return {
    level: 'info',
    message: 'request',
    requestId,
    accountId: caller?.endpoint.accountId,
    endpointId: caller?.endpoint.id,
    gatewayKeyId: caller?.gatewayKey?.id,
    surface: record?.surface ?? 'none',
    provider: shownProvider(provider, gateway),
    model: record?.model ?? last?.model,
    streaming: record?.streaming,
    outcome,
    status,
    errorCode: record?.errorCode,
    attempts: record?.attempts.length,
    firstTokenLatency: record?.latency?.firstTokenMs,
    estimated: record?.estimated,
    traceId: record?.traceId,
    ...values,
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: gateway.metricsNamespace,
          Dimensions: [dimensions],
          Metrics: metrics.filter(({ Name }) => values[Name as keyof typeof values] !== undefined),
        },
      ],
    },
  };
}

/** Endpoints name providers of their own as they like: all of them are one to CloudWatch. */
function shownProvider(provider: string | undefined, { catalog }: Pick<Gateway, 'catalog'>): string {
  if (provider === undefined) return 'none';
  return catalog.provider(provider) ? provider : 'custom';
}
