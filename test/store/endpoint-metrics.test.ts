import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Model } from '../../functions/core/catalog/catalog.ts';
import { rollUp } from '../../functions/rollup/roll-up.ts';
import { EndpointMetrics } from '../../functions/store/endpoint-metrics.ts';
import { decide } from '../../functions/store/usage.ts';
import { countingStore } from '../support/counting-store.ts';
import { startTestStore } from '../support/store.ts';
import { usageRecord } from '../support/usage-records.ts';

const startMs = Date.UTC(2026, 10, 24, 12);
const nowMs = startMs + 200_000;
const attempt = { provider: 'openai', model: 'gpt-4o-mini', keySource: 'own', status: 200 } as const;
const model = { providerId: 'openai', id: 'gpt-4o-mini' } as Model;
let base: Awaited<ReturnType<typeof startTestStore>>;
before(async () => {
  base = await startTestStore();
  const { store } = base;
  await decide(store, usageRecord(startMs, { attempts: [{ ...attempt, totalMs: 100 }] }), startMs);
  const foreign = { accountId: 'ac_2', endpointId: 'ep_2', gatewayKeyId: 'aigk_2' };
  await decide(store, usageRecord(startMs, { ...foreign, attempts: [{ ...attempt, totalMs: 300 }] }), startMs);
  const own = { ...attempt, provider: 'mine', isCustom: true as const, totalMs: 900 };
  await decide(store, usageRecord(startMs, { provider: 'mine', attempts: [own] }), startMs);
  const timing = { intervalSeconds: 60, graceSeconds: 30, stopAtMs: Number.MAX_SAFE_INTEGER };
  await rollUp({ store, now: () => nowMs, ...timing });
});

function metricsOn(store = base.store, now = () => nowMs) {
  const reports: string[] = [];
  const parts = { store, now, cacheLifetimeMs: 30_000, report: (message: string) => reports.push(message) };
  return { metrics: new EndpointMetrics(parts), reports };
}

const endpoint = { id: 'ep_1', accountId: 'ac_1' };

test('every scope has its own figures, and nothing is known before it is read', async () => {
  const { metrics } = metricsOn();
  const of = metrics.of(endpoint);
  assert.equal(of(model), undefined);
  await metrics.refresh(endpoint);
  const known = of(model);
  assert.equal(known?.global?.latency.upstream_ms_avg, 200);
  assert.deepEqual(known?.region, known?.global);
  assert.equal(known?.account?.latency.upstream_ms_avg, 100);
  assert.equal(known?.endpoint?.request_count, 1);
  assert.deepEqual(Object.keys(known?.api_keys ?? {}), ['aigk_1']);
  assert.equal(of({ ...model, id: 'constructor' })?.global, undefined);
});

test('for a provider of its own, an account is all the world', async () => {
  const { metrics } = metricsOn();
  await metrics.refresh(endpoint);
  const known = metrics.of(endpoint)({ ...model, providerId: 'mine' });
  assert.equal(known?.global?.latency.upstream_ms_avg, 900);
  await metrics.refresh({ id: 'ep_2', accountId: 'ac_2' });
  assert.equal(metrics.of({ id: 'ep_2', accountId: 'ac_2' })({ ...model, providerId: 'mine' })?.global, undefined);
});

test('a fault of the store is reported, and what was known stays', async () => {
  let isDown = false;
  const { store } = countingStore(base.store, () => {
    if (isDown) throw new Error('down');
  });
  let clockMs = nowMs;
  const { metrics, reports } = metricsOn(store, () => clockMs);
  await metrics.refresh(endpoint);
  isDown = true;
  clockMs += 60_000;
  await metrics.refresh(endpoint);
  assert.deepEqual(reports, ['reading the metrics of ep_1 failed']);
  assert.equal(metrics.of(endpoint)(model)?.account?.request_count, 1);
});

test('reading takes three gets, and those of the whole deployment are shared', async () => {
  const { store, calls } = countingStore(base.store);
  const { metrics } = metricsOn(store);
  await metrics.refresh(endpoint);
  await metrics.refresh({ id: 'ep_2', accountId: 'ac_2' });
  assert.deepEqual(calls, Array(5).fill('GetItem'));
});
