import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileEventFilter } from '../../../functions/policy/expressions/event-filter.ts';
import { EvaluationError, ExpressionError } from '../../../functions/policy/expressions/expression-error.ts';

const event = {
  event_type: 'ai_gateway_request.v0',
  account_id: 'ac_1',
  principal: null,
  object: {
    conn: { server_name: 'ai.example.com' },
    provider: 'openai',
    status_code: 200,
    cost_nano_usd: 1500,
    latency: { total_ms: 12.5 },
    attempts: [{ provider: 'anthropic', failure: 'http' }, { provider: 'openai' }],
    error_code: null,
  },
};

const results: [source: string, result: boolean][] = [
  ["ev.object.conn.server_name == 'ai.example.com'", true],
  ["ev.object.conn.server_name == 'other.example.com'", false],
  ["ev.object.provider in ['openai', 'groq'] && ev.object.status_code < 300", true],
  ['ev.object.cost_nano_usd >= 1500', true],
  ['ev.object.latency.total_ms > 100', false],
  ["ev.object.attempts.exists(a, a.failure == 'http')", true],
  ['size(ev.object.attempts) > 1', true],
  ['ev.object.error_code == null', true],
  ["ev.object.error_code == 'ERR_NGROK_3807'", false],
  ["ev.object.nothing.of.the.kind == 'x'", false],
  ['ev.object.nothing', false],
  ['has(ev.object.provider) && !has(ev.object.nothing)', true],
  ["ev.object.conn.server_name.endsWith('.example.com')", true],
  ["ev.object.conn.server_name.matches('^ai\\\\.')", true],
  ["ev['account_id'] == 'ac_1'", true],
  ['true', true],
];

for (const [source, result] of results) {
  test(`${source} is ${result}`, () => assert.equal(compileEventFilter(source).matches(event), result));
}

const refusals: [source: string, message: RegExp][] = [
  ['', /is empty/],
  ['ev.object.provider ==', /./],
  ["req.method == 'GET'", /no variable "req"/],
  ['size(ev.object.attempts)', /gives int; it must give true or false/],
  ["secrets.get('a', 'b') == 'c'", /./],
  ["ev.object.provider.matches('(?=x)')", /./],
];

for (const [source, message] of refusals) {
  test(`the filter "${source}" is refused when it is saved`, () => {
    assert.throws(
      () => compileEventFilter(source),
      (error: Error) => error instanceof ExpressionError && message.test(error.message),
    );
  });
}

test('a filter that gives neither true nor false fails, and so does one that takes too long', () => {
  assert.throws(() => compileEventFilter('ev.object.provider').matches(event), EvaluationError);
  const long = { object: { list: Array.from({ length: 2_000 }, (_, index) => index) } };
  const slow = compileEventFilter('ev.object.list.all(a, ev.object.list.all(b, a + b >= 0))');
  assert.throws(() => slow.matches(long), EvaluationError);
});

test('no event makes a filter do anything but answer or fail as filters do', () => {
  const filter = compileEventFilter("ev.object.provider == 'openai' || ev.object.attempts[0].status > 3");
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (envelope, object) => {
      try {
        assert.equal(typeof filter.matches({ ...envelope, object }), 'boolean');
      } catch (error) {
        assert.ok(error instanceof EvaluationError);
      }
    }),
  );
});
