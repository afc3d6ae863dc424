import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circuitBreaker } from '../../../functions/policy/actions/circuit-breaker.ts';
import { runCircuitBreaker } from '../../../functions/policy/run/circuit-breaker.ts';
import type { CircuitLimits } from '../../../functions/policy/run/policy-run.ts';
import { compileAction, newRun } from './action-run.ts';

const breaker = (config: object = {}) => compileAction(circuitBreaker, runCircuitBreaker, config);
const noted: { circuit: string; limits: CircuitLimits; isFailure: boolean }[] = [];
const circuits = (openForMs: number | undefined) => ({
  openFor: async () => openForMs,
  note: async (circuit: string, limits: CircuitLimits, isFailure: boolean) => {
    noted.push({ circuit, limits, isFailure });
  },
});

test('while closed a request goes on, and its answer counts: a failure from status 500', async () => {
  for (const [status, isFailure] of [
    [200, false],
    [429, false],
    [500, true],
    [503, true],
  ] as const) {
    const run = newRun({ services: { circuits: circuits(undefined) } });
    assert.equal(await breaker()(run), undefined);
    assert.equal(run.atEnd.length, 1);
    await run.atEnd[0]?.(status);
    const last = noted.at(-1);
    assert.equal(last?.isFailure, isFailure);
    assert.match(last?.circuit ?? '', /^[\w-]{43}$/);
    assert.deepEqual(last?.limits, { errorThreshold: 0.5, volumeThreshold: 10, windowMs: 10_000, trippedMs: 10_000 });
  }
});

test('while open it is refused with 503 and does not count', async () => {
  const run = newRun({ services: { circuits: circuits(7_200) } });
  await assert.rejects(async () => breaker()(run), { code: 'circuit_open', status: 503, retryAfterSeconds: 8 });
  assert.deepEqual(run.atEnd, []);
});

test('enforce: false tells and lets the request go on', async () => {
  const run = newRun({ services: { circuits: circuits(7_200) } });
  assert.equal(await breaker({ enforce: false })(run), undefined);
  assert.equal((run.results.circuit_breaker as { tripped: boolean }).tripped, true);
});

test('a store that does not answer lets requests through, and an operator is told', async () => {
  const reports: string[] = [];
  const broken = () => Promise.reject(new Error('no luck'));
  const services = { circuits: { openFor: broken, note: broken }, report: (text: string) => reports.push(text) };
  const run = newRun({ services });
  assert.equal(await breaker()(run), undefined);
  await run.atEnd[0]?.(200);
  assert.equal(reports.length, 2);
});

const refused: [string, object][] = [
  ['no errors', { error_threshold: 0 }],
  ['more than all', { error_threshold: 1.1 }],
  ['a short window', { window_duration: '500ms' }],
  ['a long window', { window_duration: '3m' }],
  ['other buckets', { num_buckets: 5 }],
  ['an unknown field', { buckets: 10 }],
];

for (const [what, config] of refused) {
  test(`refused when saved: ${what}`, () => {
    assert.equal(circuitBreaker.config.safeParse(config).success, false);
  });
}
