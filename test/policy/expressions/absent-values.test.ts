import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EvaluationError } from '../../../functions/policy/expressions/expression-error.ts';
import { compileTemplate, useTemplateEngine } from '../../../functions/policy/expressions/template.ts';
import { compileTemplateExpression } from '../../../functions/policy/expressions/template-engine.ts';
import { holds, response, scope, value } from './policy-fixture.ts';

useTemplateEngine(compileTemplateExpression);

/** Each is absent from the requests of these tests. */
const absent = [
  "req.headers['x-none']",
  "req.headers['x-none'][0]",
  "req.headers['x-priority'][1]",
  'req.headers.none',
  "req.cookies['none'][0].value",
  "req.url.query_params['none'][0]",
  "req.content_type.parameters['none']",
  "getReqHeader('X-None')[0]",
  "getReqCookie('none')",
  "getReqCookie('none').value",
  "getQueryParam('none')[0]",
  'vars.none',
  'vars.team.deeper',
  "vars['none'][0].deep['er']",
  'vars.list[7].name',
  'vars.list.filter(item, item.name == "none")[0].name',
  'vars.list.map(item, item.size)[0]',
  'actions.ngrok.jwt_validation',
  'actions.ngrok.jwt_validation.tokens[0].payload.sub',
  "cel.bind(h, req.headers['x-none'], h[0])",
  "(vars.flag ? vars.none : vars.none)['x']",
  "json.decode(req.headers['x-none'][0])[0]",
  "vars.none.split(',')[0]",
  'vars.none.lower()',
  "'Bearer ' + vars.none",
  'vars.none + 1',
];

for (const source of absent) {
  test(`${source} is null, equals nothing, and guards around it fire`, () => {
    assert.equal(value(source), null);
    assert.equal(holds(`${source} == null`), true);
    assert.equal(holds(`!(dyn(${source}) == 'high')`), true);
    assert.equal(holds(`!has(vars.none) && dyn(${source}) != 'high'`), true);
  });
}

const guards: [source: string, holds: boolean][] = [
  ["req.headers['x-priority'][0] == 'high'", true],
  ["req.headers['x-none'][0] == 'high'", false],
  ["'high' == req.headers['x-none'][0]", false],
  ["!(req.headers['x-none'][0] == 'high')", true],
  ["req.headers['x-none'][0] != 'high'", true],
  ["req.headers['x-none'][0].startsWith('h')", false],
  ["!(req.headers['x-none'][0].startsWith('h'))", true],
  ["'high'.startsWith(req.headers['x-none'][0])", false],
  ["req.headers['x-none'][0].matches('.*')", false],
  ["req.headers['x-none'][0] < '5'", false],
  ["req.headers['x-none'][0] >= ''", false],
  ["'5' > req.headers['x-none'][0]", false],
  ["req.headers['x-none'][0] in ['a', 'b']", false],
  ["'a' in req.headers['x-none']", false],
  ["'x-none' in req.headers", false],
  ["'x-priority' in req.headers", true],
  ["size(req.headers['x-none']) == 0", true],
  ["req.headers['x-none'].size() == 0", true],
  ["size(getQueryParam('none')) == 0", true],
  ["int(vars.count) > 2 && req.headers['x-none'][0].lower() == 'a'", false],
  ["req.headers['x-none'].exists(v, v == 'a')", false],
  ["!req.headers['x-none'].exists(v, v == 'a')", true],
  ["req.headers['x-none'].all(v, v == 'a')", false],
  ["req.headers['x-priority'].all(v, v == 'high')", true],
  ["req.headers['x-none'].filter(v, true).size() == 0", true],
  ["getReqHeader('x-none').exists(v, v.matches('(?i)bot'))", false],
  ["hasReqHeader('X-Priority') && !hasReqHeader('x-none')", true],
  ["has(req.headers['x-priority']) && !has(req.headers['x-none'])", true],
  ['has(req.headers.authorization) && !has(vars.none.deeper)', true],
  ['vars.flag', true],
  ['vars.none', false],
  ['!vars.none', true],
  ['vars.none || vars.flag', true],
  ['vars.none && vars.flag', false],
  ['vars.none ? false : true', true],
  ['vars.list.exists(item, item.none)', false],
  ['!actions.ngrok.rate_limit.limited', true],
  ["req.ts.body_received > timestamp('2026-01-01T00:00:00Z')", true],
  ["inCidrRange(req.headers['x-none'][0], '10.0.0.0/8')", false],
  ['req.url.port > 1 && vars.count < 4', true],
];

for (const [source, expected] of guards) {
  test(`${source} is ${expected}`, () => assert.equal(holds(source), expected));
}

test('what is absent of answers is null too', () => {
  const of = (source: string) => holds(source, { response }, 'on_http_response');
  assert.equal(of("res.headers['x-none'][0] == 'a'"), false);
  assert.equal(of("!(getResCookie('none').value == 'a')"), true);
  assert.equal(of("getResCookie('id').value == '1' && hasResCookie('id') && !hasResHeader('x-none')"), true);
  assert.equal(of("getResHeader('X-Request-Id')[0] == 'abc'"), true);
  assert.equal(of("res.content_type.parameters['none'] == null"), true);
});

test('a request without a body has no time of it', () => {
  const overrides = { request: { ...scope().facts?.request, bodyReceivedAtMs: undefined } as never };
  assert.equal(holds("req.ts.body_received > timestamp('2026-01-01T00:00:00Z')", overrides), false);
});

test('all else that is absent stays an error', () => {
  for (const source of [
    "{'a': 1}['b'] == 1",
    '[1][1] == 1',
    "json.decode('{}').none == 1",
    "queryString.decode('a=1')['b'] == '1'",
    '[{"a": 1}].exists(x, x.b == 1)',
  ]) {
    assert.throws(() => holds(source), EvaluationError, source);
  }
});

test('what is absent is nothing in a text, and null alone', () => {
  assert.equal(compileTemplate(`<\${req.headers['x-none'][0]}>`).render(scope()), '<>');
  assert.equal(compileTemplate(`\${vars.none.deeper}`).render(scope()), null);
});

test('names that JavaScript objects have are names like others', () => {
  const headers = { constructor: 'a', valueOf: 'b', __proto__: 'c', 'x-priority': 'high' } as unknown as Record<
    string,
    string
  >;
  const hostile = { ...scope().facts?.request, headers, query: 'constructor=1&toString=2&__proto__=3' } as never;
  const vars = JSON.parse('{"a": {"constructor": {"valueOf": 1}, "__proto__": {"b": 2}}, "toString": 3}');
  const overrides = { request: hostile, vars };
  assert.equal(holds("req.headers['x-priority'][0] == 'high' && 'constructor' in req.headers", overrides), true);
  assert.equal(holds("req.headers.constructor[0] == 'a' && req.headers['tostring'] == null", overrides), true);
  assert.equal(
    holds("req.url.query_params['__proto__'][0] == '3' && getQueryParam('constructor')[0] == '1'", overrides),
    true,
  );
  assert.equal(
    holds("vars.a.constructor.valueOf == 1 && vars.a['__proto__'].b == 2 && vars.toString == 3", overrides),
    true,
  );
  assert.equal(holds('vars.a.hasOwnProperty == null && vars.constructor == null', overrides), true);
  assert.equal(value('json.encode(vars.a)', overrides), '{"constructor":{"valueOf":1},"__proto__":{"b":2}}');
});

test('any path below a header, a variable or a result is read without an error', () => {
  const step = fc.oneof(
    fc.constantFrom('.a', '.name', "['x']", '[0]', '[1]', "['__proto__']", '.constructor', '[-1]'),
    fc.nat(9).map(index => `[${index}]`),
  );
  const root = fc.constantFrom(
    'vars',
    'actions',
    'actions.ngrok',
    'vars.list',
    "getReqCookie('session')",
    'req.cookies',
  );
  fc.assert(
    fc.property(root, fc.array(step, { minLength: 1, maxLength: 6 }), (start, steps) => {
      const path = start + steps.join('');
      const found = value(`dyn(${path}) == null`);
      assert.equal(holds(`!(dyn(${path}) == 'nothing is this')`), true);
      if (found === true) assert.equal(holds(`dyn(${path}) == 'x' || has(vars.none)`), false);
    }),
    { numRuns: 300 },
  );
});
