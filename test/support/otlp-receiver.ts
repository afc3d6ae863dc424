import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import root from '@opentelemetry/otlp-transformer/build/src/generated/root.js';
import { z } from 'zod';

/**
 * What a collector accepts as JSON: the messages of opentelemetry-proto 1.x in the protobuf JSON mapping, with ids in
 * hexadecimal. Unknown fields are refused here, so that a misspelt one shows.
 * @see https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto
 */
const uint64 = z.string().regex(/^\d{1,20}$/);
const anyValue: z.ZodType = z.lazy(() =>
  z.union([
    z.strictObject({ stringValue: z.string() }),
    z.strictObject({ boolValue: z.boolean() }),
    z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
    z.strictObject({ doubleValue: z.number() }),
    z.strictObject({ arrayValue: z.strictObject({ values: z.array(anyValue) }) }),
  ]),
);
const attributes = z
  .array(z.strictObject({ key: z.string().min(1), value: anyValue }))
  .refine(list => new Set(list.map(({ key }) => key)).size === list.length, 'names an attribute twice');
const resource = z.strictObject({ attributes });
const scope = z.strictObject({ name: z.string(), version: z.string().optional() });

const span = z
  .strictObject({
    traceId: z.string().regex(/^(?!0{32})[0-9a-f]{32}$/),
    spanId: z.string().regex(/^(?!0{16})[0-9a-f]{16}$/),
    parentSpanId: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .optional(),
    name: z.string().min(1),
    kind: z.int().min(0).max(5),
    startTimeUnixNano: uint64,
    endTimeUnixNano: uint64,
    attributes,
    status: z.strictObject({ code: z.int().min(0).max(2).optional(), message: z.string().optional() }),
  })
  .refine(
    ({ startTimeUnixNano, endTimeUnixNano }) => BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano),
    'ends early',
  );

const histogramPoint = z
  .strictObject({
    attributes,
    startTimeUnixNano: uint64,
    timeUnixNano: uint64,
    count: uint64,
    sum: z.number(),
    bucketCounts: z.array(uint64),
    explicitBounds: z.array(z.number()),
  })
  .refine(
    ({ count, bucketCounts, explicitBounds }) =>
      bucketCounts.length === explicitBounds.length + 1 &&
      BigInt(count) === bucketCounts.reduce((sum, bucket) => sum + BigInt(bucket), 0n),
    'does not add up',
  );

export const traceRequest = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({ resource, scopeSpans: z.array(z.strictObject({ scope, spans: z.array(span) })) }),
  ),
});

export const metricsRequest = z.strictObject({
  resourceMetrics: z.array(
    z.strictObject({
      resource,
      scopeMetrics: z.array(
        z.strictObject({
          scope,
          metrics: z.array(
            z.strictObject({
              name: z.string(),
              description: z.string(),
              unit: z.string(),
              histogram: z.strictObject({
                dataPoints: z.array(histogramPoint),
                aggregationTemporality: z.int().min(1).max(2),
              }),
            }),
          ),
        }),
      ),
    }),
  ),
});

export type ReceivedSpan = z.output<typeof span>;
export type ReceivedMetric = z.output<
  typeof metricsRequest
>['resourceMetrics'][number]['scopeMetrics'][number]['metrics'][number];

/** The messages as OpenTelemetry itself generates them from its protocol files. */
const official = (
  root as unknown as {
    opentelemetry: { proto: { collector: Record<'trace' | 'metrics', { v1: Record<string, ProtoMessage> }> } };
  }
).opentelemetry.proto.collector;

interface ProtoMessage {
  fromObject(object: object): object;
  verify(message: object): string | null;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): object;
}

/** Writes a request as protobuf and reads it again, as a collector would. @returns what it says, as JSON */
function throughProtobuf(signal: 'trace' | 'metrics', text: string): unknown {
  const name = signal === 'trace' ? 'ExportTraceServiceRequest' : 'ExportMetricsServiceRequest';
  const message = official[signal].v1[name] as ProtoMessage;
  const isId = (key: string) => key === 'traceId' || key === 'spanId' || key === 'parentSpanId';
  // In JSON ids are hexadecimal, where protobuf's own mapping has base64.
  const read = JSON.parse(text, (key, value) => (isId(key) ? Buffer.from(value, 'hex').toString('base64') : value));
  const made = message.fromObject(read);
  const mistake = message.verify(made);
  if (mistake !== null) throw new Error(mistake);
  const decoded = message.toObject(message.decode(message.encode(made).finish()), { longs: String, bytes: String });
  return JSON.parse(JSON.stringify(decoded), (key, value) =>
    isId(key) ? Buffer.from(value, 'base64').toString('hex') : value,
  );
}

/** A collector that checks what it gets and remembers it. */
export interface OtlpReceiver {
  endpoint: string;
  spans: ReceivedSpan[];
  metrics: ReceivedMetric[];
  headers: IncomingHttpHeaders[];
  /** Everything as it came. */
  text: string;
  /** What was wrong with it. */
  problems: string[];
  /** What to answer instead of 200. */
  refuseWith: { status: number; body?: string } | undefined;
  calls: number;
  close(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    receiver.calls++;
    const { status, body = '{}' } = receiver.refuseWith ?? { status: 200 };
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    if (status !== 200) return;
    receiver.text += text;
    receiver.headers.push(request.headers);
    if (request.url === '/v1/traces')
      take(traceRequest, text, ({ resourceSpans }) => {
        receiver.spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
      });
    else if (request.url === '/v1/metrics')
      take(metricsRequest, text, ({ resourceMetrics }) => {
        receiver.metrics.push(
          ...resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
        );
      });
    else receiver.problems.push(`${request.method} ${request.url}`);
  });
  const take = <Schema extends z.ZodType>(schema: Schema, text: string, use: (value: z.output<Schema>) => void) => {
    const signal = schema === (traceRequest as z.ZodType) ? 'trace' : 'metrics';
    if (!isDeepStrictEqual(throughProtobuf(signal, text), JSON.parse(text))) receiver.problems.push(`changed: ${text}`);
    const parsed = schema.safeParse(JSON.parse(text));
    if (parsed.success) use(parsed.data);
    else receiver.problems.push(parsed.error.message);
  };
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const receiver: OtlpReceiver = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    metrics: [],
    headers: [],
    text: '',
    problems: [],
    refuseWith: undefined,
    calls: 0,
    close() {
      server.closeAllConnections();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
  return receiver;
}

/** Attributes as plain values; numbers as text where they are whole. */
export function valuesOf(list: ReceivedSpan['attributes']): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]));
}

function plain(value: unknown): unknown {
  const [inner] = Object.values(value as object);
  return typeof inner === 'object' ? (inner as { values: unknown[] }).values.map(plain) : inner;
}
