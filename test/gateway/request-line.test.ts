import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInCatalog } from '../../functions/core/catalog/built-in-catalog.ts';
import { toRequestLine } from '../../functions/gateway/request-line.ts';
import { usageRecord } from '../support/usage-records.ts';

const gateway = { now: () => 1_000_305, catalog: builtInCatalog, metricsNamespace: 'Tollgate/test' };
const observed = { requestId: 'rq_1', startedAtMs: 1_000_000, caller: undefined };

/** CloudWatch's rules for embedded metrics: every dimension is a text, every metric a number, beside `_aws`. */
function assertEmbeddedMetrics(line: Record<string, unknown>): void {
  const { Timestamp, CloudWatchMetrics } = line._aws as {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
  assert.equal(Timestamp, 1_000_305);
  assert.equal(CloudWatchMetrics.length, 1);
  for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
    assert.equal(Namespace, 'Tollgate/test');
    assert.deepEqual(Dimensions, [['surface', 'provider', 'outcome']]);
    for (const dimension of Dimensions.flat()) assert.equal(typeof line[dimension], 'string', dimension);
    for (const { Name, Unit } of Metrics) {
      assert.equal(typeof line[Name], 'number', Name);
      assert.ok(['Count', 'Milliseconds', 'None'].includes(Unit));
    }
  }
}

test('the line of an answered request says who answered, how long it took, and what it cost', () => {
  const line = toRequestLine(observed, 200, usageRecord(1_000_000, { costNanoUsd: '1500000' }), gateway);
  assertEmbeddedMetrics(line);
  const { requests, errors, latency, inputTokens, outputTokens, costUsd, provider, model, outcome, status } = line;
  assert.deepEqual(
    { requests, errors, latency, inputTokens, outputTokens, costUsd, provider, model, outcome, status },
    {
      requests: 1,
      errors: 0,
      latency: 305,
      inputTokens: 20,
      outputTokens: 10,
      costUsd: 0.0015,
      provider: 'openai',
      model: 'gpt-4o-mini',
      outcome: 'succeeded',
      status: 200,
    },
  );
});

test('a request that no model was asked for has a line with the same dimensions', () => {
  const refused = toRequestLine(observed, 401, undefined, gateway);
  assertEmbeddedMetrics(refused);
  assert.deepEqual(
    [refused.surface, refused.provider, refused.outcome, refused.errors],
    ['none', 'none', 'refused', 1],
  );
  const listed = toRequestLine(observed, 200, undefined, gateway);
  assert.deepEqual([listed.outcome, listed.errors], ['answered', 0]);
});

test('providers that endpoints name themselves are one to CloudWatch, which is paid by the number of names', () => {
  const record = usageRecord(1_000_000, { provider: 'my-own-7', model: 'm' });
  assert.equal(toRequestLine(observed, 200, record, gateway).provider, 'custom');
});

test('a failed request counts for the provider that failed last', () => {
  const { provider: _, model: __, ...failed } = usageRecord(1_000_000, { outcome: 'failed', status: 503 });
  const line = toRequestLine(observed, 503, failed, gateway);
  assert.deepEqual([line.provider, line.model, line.errors], ['openai', 'gpt-4o-mini', 1]);
});
