import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Aggregate } from '../../functions/core/aggregate.ts';
import { Exposition } from '../../functions/observability/exposition.ts';
import { expose } from '../../functions/observability/prometheus.ts';

/** Reads the text format as its specification says; anything else is an error. */
function parse(text: string): { name: string; labels: Record<string, string>; value: number }[] {
  assert.ok(text === '' || text.endsWith('\n'));
  const samples = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return samples.map(line => {
    const [, name = '', labelText = '', value = ''] =
      /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\[\\n"])*",?)*)\})? (\S+)$/.exec(line) ?? [];
    assert.ok(name, line);
    const unescaped = (escaped: string) => escaped.replaceAll(/\\(.)/g, (_, next) => (next === 'n' ? '\n' : next));
    const labels = [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text = '']) => [
      label,
      unescaped(text),
    ]);
    return { name, labels: Object.fromEntries(labels), value: Number(value) };
  });
}

test('any text of a label comes out as it went in', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.oneof(fc.constantFrom('"', '\\', '\n', '{', '}', ',', '='), fc.string()) }),
      text => {
        fc.pre(!/[\r\u2028\u2029]/.test(text));
        const page = new Exposition();
        page.counter('things_total', 'Things.', [[{ model: text }, 1]]);
        assert.deepEqual(parse(page.text), [{ name: 'things_total', labels: { model: text }, value: 1 }]);
      },
    ),
  );
});

test('every metric has its help and type once, before its samples', () => {
  const text = expose(new Aggregate(), new Aggregate());
  const types = [...text.matchAll(/^# TYPE (\w+) (counter|histogram)$/gm)].map(([, name]) => name as string);
  assert.equal(new Set(types).size, types.length);
  for (const name of types) assert.match(text, new RegExp(`# HELP ${name} .+\\n# TYPE ${name} `));
  for (const { name } of parse(text)) assert.ok(types.includes(name.replace(/_(bucket|sum|count)$/, '')), name);
});

test('counts, errors by kind, tokens and cumulative histograms of a model', () => {
  const recorded = new Aggregate();
  for (const tally of [recorded.total, recorded.group('attempts', 'openai:gpt"4')]) {
    tally.add('requests', 3);
    tally.addFailure('rateLimit');
    tally.add('providerInputTokens', 7);
    for (const ms of [3, 90, 4_000]) tally.addLatency('total', ms);
  }
  recorded.total.costNanoUsd = 1_500_000_000n;
  const begun = new Aggregate();
  begun.group('key', 'aigk_1').add('requests', 2);
  const samples = parse(expose(recorded, begun));
  const value = (name: string, labels: Record<string, string> = {}) =>
    samples.find(
      sample => sample.name === name && Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    )?.value;
  const model = { provider: 'openai', model: 'gpt"4' };
  assert.equal(value('tollgate_requests_total'), 3);
  assert.equal(value('tollgate_cost_usd_total'), 1.5);
  assert.equal(value('tollgate_key_requests_total', { key: 'aigk_1' }), 2);
  assert.equal(value('tollgate_attempt_errors_total', { ...model, kind: 'rate_limit' }), 1);
  assert.equal(value('tollgate_attempt_errors_total', { ...model, kind: 'server' }), 0);
  assert.equal(value('tollgate_tokens_total', { ...model, direction: 'input', source: 'provider' }), 7);
  const upTo = (le: string) => value('tollgate_upstream_duration_seconds_bucket', { ...model, le });
  assert.deepEqual([upTo('0.005'), upTo('0.1'), upTo('1'), upTo('5'), upTo('+Inf')], [1, 2, 2, 3, 3]);
  assert.equal(value('tollgate_upstream_duration_seconds_sum', model), 4.093);
  assert.equal(value('tollgate_upstream_duration_seconds_count', model), 3);
});
