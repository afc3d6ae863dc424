/**
 * The parts of OTLP's JSON encoding that we send: ids in hexadecimal, 64-bit numbers as text, names in lowerCamelCase.
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export interface KeyValue {
  key: string;
  value: AnyValue;
}

export type AnyValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number }
  | { arrayValue: { values: AnyValue[] } };

export const spanKind = { server: 2, client: 3 } as const;
export const spanStatus = { error: 2 } as const;
export const deltaTemporality = 1;

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
  status: { code?: number };
}

export interface HistogramPoint {
  attributes: KeyValue[];
  startTimeUnixNano: string;
  timeUnixNano: string;
  count: string;
  sum: number;
  bucketCounts: string[];
  explicitBounds: readonly number[];
}

export interface Metric {
  name: string;
  description: string;
  unit: string;
  histogram: { dataPoints: HistogramPoint[]; aggregationTemporality: number };
}

/** Attributes out of plain values; those that are undefined are left out. */
export function toAttributes(values: Record<string, string | number | boolean | string[] | undefined>): KeyValue[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: toValue(value) }],
  );
}

function toValue(value: string | number | boolean | string[]): AnyValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toValue) } };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Whose telemetry it is. */
export interface Resource {
  region: string;
}

export function toTraces(spans: Span[], resource: Resource): object {
  return { resourceSpans: [{ resource: toResource(resource), scopeSpans: [{ scope, spans }] }] };
}

export function toMetrics(metrics: Metric[], resource: Resource): object {
  return { resourceMetrics: [{ resource: toResource(resource), scopeMetrics: [{ scope, metrics }] }] };
}

const scope = { name: 'tollgate' };

function toResource({ region }: Resource) {
  return { attributes: toAttributes({ 'service.name': 'tollgate', 'cloud.region': region }) };
}

export function unixNano(timeMs: number): string {
  return `${Math.round(timeMs)}000000`;
}
