import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test } from 'node:test';
import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { noUsage } from '../../functions/core/usage.ts';
import { openCollector, readCollectorHeaders } from '../../functions/rollup/telemetry/collector.ts';
import { exportTelemetry } from '../../functions/rollup/telemetry/export-telemetry.ts';
import { toSpans } from '../../functions/rollup/telemetry/to-spans.ts';
import { toItem } from '../../functions/store/dynamo.ts';
import { decide, type UsageRecord } from '../../functions/store/usage.ts';
import { type OtlpReceiver, startOtlpReceiver, valuesOf } from '../support/otlp-receiver.ts';
import { startTestStore } from '../support/store.ts';
import { usageRecord } from '../support/usage-records.ts';

let base: Awaited<ReturnType<typeof startTestStore>>;
let receiver: OtlpReceiver;
let reports: string[];
/** Each test has a day of its own. */
let startMs = Date.UTC(2027, 0, 1, 12);

before(async () => {
  base = await startTestStore();
});
afterEach(() => receiver.close());
beforeEach(async () => {
  startMs += 86_400_000;
  reports = [];
  receiver = await startOtlpReceiver();
  const { dynamo, tables } = base.store;
  await dynamo.send(new DeleteItemCommand({ TableName: tables.usage, Key: toItem({ pk: 'TELEMETRY', sk: '0' }) }));
  await run(startMs);
});

function run(nowMs: number, options: { runId?: string; stopAtMs?: number } = {}) {
  const report = (message: string, error: unknown) => reports.push(`${message}: ${error}`);
  return exportTelemetry({
    store: base.store,
    now: () => nowMs,
    collector: openCollector({ endpoint: receiver.endpoint, headers: { 'x-vendor-key': 'k' } }, report),
    resource: { region: 'us-east-1' },
    intervalSeconds: 10,
    graceSeconds: 10,
    stopAtMs: Number.MAX_SAFE_INTEGER,
    runId: 'run',
    report,
    ...options,
  });
}

const write = (atMs: number, fields: Partial<UsageRecord> = {}) =>
  decide(base.store, usageRecord(atMs - 305, fields), atMs);

const failedOver: Partial<UsageRecord> = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  parentSpanId: '00f067aa0ba902b7',
  finishReason: 'stop',
  usage: { ...noUsage, inputTokens: 20, cachedInputTokens: 5, outputTokens: 10 },
  attempts: [
    { provider: 'google', model: 'gemini-a', keySource: 'own', status: 503, failure: 'http', startMs: 2, totalMs: 40 },
    { provider: 'groq', model: 'b', keySource: 'own', status: 0, failure: 'timeout', startMs: 43, totalMs: 60 },
    {
      provider: 'openai',
      model: 'gpt-4o-mini',
      keySource: 'managed',
      status: 200,
      startMs: 104,
      firstTokenMs: 50,
      totalMs: 200,
    },
  ],
};

test('a request is a trace under the client’s own span, with a span for each attempt by the GenAI conventions', async () => {
  const record = await write(startMs + 1_000, failedOver);
  assert.equal(await run(startMs + 25_000), 4);
  assert.deepEqual(receiver.problems, []);
  assert.equal(receiver.headers[0]?.['x-vendor-key'], 'k');
  const [request, ...attempts] = receiver.spans;
  assert.ok(request);
  assert.deepEqual([request.traceId, request.parentSpanId, request.kind], [record.traceId, record.parentSpanId, 2]);
  assert.equal(request.name, 'POST /v1/chat/completions');
  assert.equal(request.startTimeUnixNano, `${Date.parse(record.createdAt)}000000`);
  assert.deepEqual(request.status, {});
  assert.equal(valuesOf(request.attributes)['tollgate.request.id'], record.requestId);
  assert.deepEqual(
    attempts.map(span => [span.name, span.traceId, span.parentSpanId, span.kind, span.status.code]),
    ['chat gemini-a', 'chat b', 'chat gpt-4o-mini'].map((name, index) => [
      name,
      record.traceId,
      request.spanId,
      3,
      index < 2 ? 2 : undefined,
    ]),
  );
  const [first, second, third] = attempts.map(({ attributes }) => valuesOf(attributes));
  assert.equal(first?.['gen_ai.provider.name'], 'gcp.gemini');
  assert.equal(first?.['error.type'], '503');
  assert.equal(second?.['error.type'], 'timeout');
  assert.deepEqual(
    { ...third },
    {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'http.response.status_code': '200',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': '20',
      'gen_ai.usage.output_tokens': '10',
      'gen_ai.usage.cache_read.input_tokens': '5',
      'gen_ai.response.time_to_first_chunk': 0.05,
      'tollgate.attempt': '3',
      'tollgate.key.source': 'managed',
    },
  );
  const times = attempts.map(span => (BigInt(span.startTimeUnixNano) - BigInt(request.startTimeUnixNano)) / 1_000_000n);
  assert.deepEqual(times, [2n, 43n, 104n]);
});

test('durations and tokens are histograms of one slot, by provider, model and error', async () => {
  await write(startMs + 1_000, failedOver);
  await write(startMs + 2_000);
  await run(startMs + 25_000);
  assert.deepEqual(receiver.problems, []);
  const [durations, tokens] = receiver.metrics;
  assert.deepEqual([durations?.name, durations?.unit], ['gen_ai.client.operation.duration', 's']);
  assert.deepEqual([tokens?.name, tokens?.unit], ['gen_ai.client.token.usage', '{token}']);
  const points = durations?.histogram.dataPoints.map(point => ({ ...point, values: valuesOf(point.attributes) })) ?? [];
  assert.deepEqual(
    points.map(({ values, count }) => [values['gen_ai.provider.name'], values['error.type'], count]).sort(),
    [
      ['gcp.gemini', '503', '1'],
      ['groq', 'timeout', '1'],
      ['openai', undefined, '2'],
    ],
  );
  assert.equal(points.find(({ count }) => count === '2')?.sum, 0.5);
  const input = tokens?.histogram.dataPoints.find(point => valuesOf(point.attributes)['gen_ai.token.type'] === 'input');
  assert.deepEqual([input?.count, input?.sum], ['2', 40]);
  assert.equal(durations?.histogram.aggregationTemporality, 1);
  assert.equal(points[0]?.startTimeUnixNano, `${startMs}000000`);
  assert.equal(points[0]?.timeUnixNano, `${startMs + 10_000}000000`);
});

test('each slot is sent once, when it is closed, and a slot that the collector did not take is sent again', async () => {
  await write(startMs + 1_000);
  assert.equal(await run(startMs + 19_000), 0, 'not closed');
  receiver.refuseWith = { status: 503 };
  assert.equal(await run(startMs + 20_000), 0);
  assert.match(reports[0] ?? '', /the collector answered traces with 503/);
  receiver.refuseWith = undefined;
  assert.equal(await run(startMs + 30_000), 2);
  assert.equal(await run(startMs + 40_000), 0);
  assert.equal(receiver.spans.length, 2);
  await write(startMs + 41_000);
  assert.equal(await run(startMs + 65_000), 2);
});

test('what a collector will never take is reported and not sent again; a late hour is given up', async () => {
  await write(startMs + 1_000);
  receiver.refuseWith = { status: 400, body: 'bad data' };
  await run(startMs + 25_000);
  assert.match(reports.join(), /refused traces \(400\): Error: bad data/);
  receiver.refuseWith = undefined;
  await run(startMs + 35_000);
  assert.equal(receiver.spans.length, 0);
  receiver.refuseWith = { status: 200, body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}' };
  await write(startMs + 41_000);
  await run(startMs + 65_000);
  assert.match(reports.join(), /2 rejected: too old/);
  await write(startMs + 71_000);
  await run(startMs + 2 * 3_600_000);
  assert.match(reports.join(), /telemetry is late/);
});

test('two runs at once send nothing twice, and one that died is taken over', async () => {
  await write(startMs + 1_000);
  const sent = await Promise.all([run(startMs + 25_000, { runId: 'a' }), run(startMs + 25_000, { runId: 'b' })]);
  assert.deepEqual(sent.sort(), [0, 2]);
  assert.equal(receiver.spans.length, 2);
});

test('spans have the same ids every time, and a request that its client does not trace has none', () => {
  const record = usageRecord(startMs);
  assert.deepEqual(toSpans(record), toSpans(record));
  assert.match(toSpans(record)[0]?.traceId ?? '', /^[0-9a-f]{32}$/);
  assert.equal(toSpans(record)[0]?.parentSpanId, undefined);
  assert.deepEqual(toSpans({ ...record, traceUnsampled: true }), []);
});

test('headers for the collector are read as OpenTelemetry writes them; a mistake does not show their values', () => {
  assert.deepEqual(readCollectorHeaders('Api-Key=a%20b, x=y=z'), { 'api-key': 'a b', x: 'y=z' });
  assert.deepEqual(readCollectorHeaders(undefined), {});
  for (const bad of ['secret-value', 'x=%zz-secret-value']) {
    assert.throws(
      () => readCollectorHeaders(bad),
      error => error instanceof Error && !error.message.includes('secret'),
    );
  }
  assert.throws(
    () => openCollector({ endpoint: 'nonsense', headers: {} }, () => {}),
    /TOLLGATE_OTLP_ENDPOINT is "nonsense"/,
  );
});
