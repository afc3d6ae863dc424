import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import type { Phase } from '../../../functions/policy/action.ts';
import {
  retryConditionMistake,
  ruleExpressionMistake,
  templateMistake,
  valueExpressionMistake,
} from '../../../functions/policy/check-expressions.ts';
import {
  compileRetryCondition,
  compileRuleExpression,
  compileValueExpression,
} from '../../../functions/policy/expressions/compile-rule-expression.ts';
import { EvaluationError, ExpressionError } from '../../../functions/policy/expressions/expression-error.ts';
import { StepBudget } from '../../../functions/policy/expressions/policy-facts.ts';
import { compileTemplate, needsTemplateEngine } from '../../../functions/policy/expressions/template.ts';
import { piiPatterns } from '../../../functions/policy/patterns/pii.ts';
import { facts, holds, scope, secrets } from './policy-fixture.ts';

test('a rule expression must be true or false', () => {
  const rule = (source: string) => compileRuleExpression(source, 'on_http_request');
  assert.equal(rule("req.method == 'POST'").holds(scope()), true);
  assert.equal(rule("req.method == 'POST'").source, "req.method == 'POST'");
  assert.throws(
    () => rule('req.method'),
    new ExpressionError(
      'type',
      "the expression gives string; it must give true or false (bool), as req.method == 'POST' does",
    ),
  );
  assert.throws(() => rule(' '), /the expression is empty; write one such as req\.method == 'POST'/);
  assert.throws(
    () => rule('vars.team').holds(scope()),
    new EvaluationError('The expression "vars.team" gave neither true nor false; compare its value'),
  );
  assert.throws(() => rule("json.decode('null')").holds(scope()), /gave neither true nor false/);
});

test('a bare expression gives JSON', () => {
  const of = (source: string) => compileValueExpression(source, 'on_http_request').evaluate(scope());
  assert.equal(of("req.headers['x-priority'][0]"), 'high');
  assert.deepEqual(of('[1, 2u, 2.5, null, timestamp(0), duration("90s"), vars.list[0]]'), [
    1,
    2,
    2.5,
    null,
    '1970-01-01T00:00:00.000Z',
    '90s',
    { name: 'a' },
  ]);
  assert.throws(() => of('req'), /^EvaluationError: The expression gives an object that has no text/);
  assert.throws(() => of(''), /the expression is empty/);
});

test('a retry condition knows the attempts so far', () => {
  const condition = compileRetryCondition(
    "attempts < 3 && (last_attempt.res.status_code >= 500 || last_attempt.error == 'timeout')",
    'on_http_request',
  );
  const after = (attempts: number, lastAttempt: Record<string, unknown>) =>
    condition.holds(scope(), { attempts, lastAttempt });
  assert.equal(after(1, { res: { status_code: 503 } }), true);
  assert.equal(after(3, { res: { status_code: 503 } }), false);
  assert.equal(after(1, { res: { status_code: 200 } }), false);
  assert.equal(after(2, { error: 'timeout' }), true);
});

test('an expression tells which secrets it reads', () => {
  const used = (source: string) => compileRuleExpression(source, 'on_http_request').secretsUsed;
  assert.deepEqual(used("req.headers.authorization[0] == 'Bearer ' + secrets.get('v', 's')"), [
    { vault: 'v', name: 's' },
  ]);
  assert.deepEqual(used('vars.flag'), []);
  assert.equal(used("secrets.get(vars.team) == 'x'"), undefined);
});

test('rules of the documentation hold as they should', () => {
  const overrides = { vars: {} };
  for (const source of [
    "req.headers['x-priority'][0] == 'high'",
    "'Bearer ' + 'token-1' == getReqHeader('Authorization')[0]",
    "!(req.headers['authorization'][0] in ['Bearer other'])",
    "getReqHeader('User-Agent').exists(v, v.matches('(?i)iphone'))",
    "size(getQueryParam('q')) == 0",
    "conn.client_ip in ['203.0.113.9', '::1']",
    "!inCidrRanges(conn.client_ip, ['66.249.66.1/24', '2001:4860::/32'])",
    "url.parse(req.url).host == 'gateway.example'",
    "req.url.path.startsWith('/v1/') && req.method in ['POST', 'PUT']",
    'rand.double() >= 0.5',
    "hash.sha256(req.headers.authorization[0]).startsWith('a') || true",
  ]) {
    assert.equal(holds(source, overrides), true, source);
  }
});

test('templates read requests, in the phase of their rule', () => {
  const render = (text: string, phase?: Phase) =>
    compileTemplate(text, phase).render(scope({ response: { status: 201, headers: {} } }));
  assert.equal(render(`\${req.method} \${req.url.path}`), 'POST /v1/chat%20x/completions');
  assert.deepEqual(render(`\${actions.ngrok.rate_limit}`), { limited: false, bucket_key: 'k' });
  assert.equal(render(`\${res.status_code}`, 'on_http_response'), 201);
  assert.throws(() => render(`\${res.status_code}`), /"res" is not known before there is an answer/);
  assert.throws(
    () => compileTemplate(`\${time.now}`).render({ secrets }),
    /^EvaluationError: "time" is not known here: this text is read outside of a request/,
  );
});

test('a named pattern is a constant that needs no engine', () => {
  const template = compileTemplate(`\${pii.ssn}`);
  assert.equal(needsTemplateEngine(`\${ pii.ssn } and more`), false);
  assert.equal(template.isConstant, true);
  assert.equal(template.render({ secrets }), piiPatterns.ssn);
  assert.equal(compileTemplate(`(\${pii.ssn})|x`).render({ secrets }), `(${piiPatterns.ssn})|x`);
  assert.equal(compileTemplate(`\${pii.ssn + 'x'}`).isConstant, false);
  assert.throws(() => compileTemplate(`\${pii.none}`), /pii has no field "none"; known: .*ssn/);
});

test('secrets and named patterns are read without loading the engine or the table of browsers', () => {
  const template = new URL('../../../functions/policy/expressions/template.ts', import.meta.url);
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (/^(cel-js|re2js|bowser|ipaddr)/.test(name)) throw new Error('loads ' + name);
      return next(name, context);
    } });
    const { compileTemplate } = await import('${template}');
    console.log(compileTemplate('$' + '{pii.ssn}').render({}));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  assert.equal(stdout.trim(), piiPatterns.ssn, stderr);
});

test('all expressions of one request share a budget of steps', () => {
  const budget = new StepBudget();
  const rule = compileRuleExpression('lists.range(150).all(a, lists.range(100).all(b, a >= 0))', 'on_http_request');
  let evaluations = 0;
  const message =
    'The expressions of this request or event took more than 1000000 steps together and were stopped; use fewer of them, or shorter ones';
  assert.throws(() => {
    for (; evaluations < 1_000; evaluations++) rule.holds(scope({ budget }));
  }, new EvaluationError(message));
  assert(evaluations >= 8 && evaluations < 50, `${evaluations} evaluations`);
  assert.throws(() => holds('true', { budget }), new EvaluationError(message));
  assert.equal(holds('true', { budget: new StepBudget() }), true);
});

test('one expression has its own limit within the budget of its request', () => {
  const budget = new StepBudget();
  const source = 'lists.range(1000).all(a, lists.range(1000).all(b, true))';
  assert.throws(() => holds(source, { budget }), /^EvaluationError: The expression took more than 100000 steps/);
  assert.equal(holds('true', { budget }), true);
  assert(budget.stepsLeft > 850_000 && budget.stepsLeft <= 900_000, String(budget.stepsLeft));
});

test('an error in one part does not hide that the budget is used up', () => {
  const budget = new StepBudget(500);
  assert.throws(
    () => holds('true || lists.range(400).all(a, a < 500)', { budget: new StepBudget(1) }),
    EvaluationError,
  );
  assert.throws(() => holds('lists.range(400).all(a, a < 500) || true', { budget }), /more than 500 steps together/);
});

test('mistakes are told with the code, the value and the remedy', () => {
  assert.equal(ruleExpressionMistake("req.method == 'POST'", 'on_http_request'), undefined);
  assert.equal(ruleExpressionMistake('res.status_code == 200', 'on_http_response'), undefined);
  assert.deepEqual(ruleExpressionMistake('req.metod == "POST"', 'on_http_request'), {
    code: 'ERR_NGROK_2200',
    message: `req has no field "metod"; did you mean "method"? (line 1, column 5); write an expression such as "req.headers['x-priority'][0] == 'high'"`,
  });
  assert.deepEqual(ruleExpressionMistake("'a'.matches('(?=b)')", 'on_http_request')?.code, 'ERR_NGROK_2261');
  assert.match(
    ruleExpressionMistake('req.method', 'on_http_request')?.message ?? '',
    /^the expression gives string; it must/,
  );
  assert.match(
    ruleExpressionMistake('res.status_code == 1', 'on_http_request')?.message ?? '',
    /before there is an answer/,
  );
  assert.equal(valueExpressionMistake('req.method', 'on_http_request'), undefined);
  assert.match(
    valueExpressionMistake('req.', 'on_http_request')?.message ?? '',
    /write a CEL expression, such as "req\.headers\['x-team'\]\[0\]"$/,
  );
  assert.equal(valueExpressionMistake('conn.geo.city', 'on_http_request')?.code, 'ERR_NGROK_2200');
  assert.equal(retryConditionMistake('attempts < 2', 'on_http_request'), undefined);
  assert.equal(retryConditionMistake('attempts', 'on_http_request')?.code, 'ERR_NGROK_2200');
  assert.equal(templateMistake(`\${res.status_code}`, false, 'on_http_response'), undefined);
  assert.equal(templateMistake(`\${res.status_code}`, false)?.code, 'ERR_NGROK_2224');
  assert.doesNotMatch(templateMistake(`\${sk-hidden}`, true)?.message ?? '', /sk-hidden/);
});

test('messages of failures hold nothing that is not in the expression', () => {
  const vars = { secret: 'sk-hidden' };
  for (const source of [
    'json.decode(vars.secret) == 1',
    "'%d'.format([vars.secret]) == ''",
    'vars.secret.format([1]) == "" && false',
    "'a'.sha256(vars.secret) == ''",
    'timestamp(0).getHours(vars.secret) == 1',
    'timestamp(vars.secret) == timestamp(0)',
    "duration(vars.secret) == duration('1s')",
    'vars.secret.parseUrl() == {}',
    "'a'.matches('(' + vars.secret)",
    'int(vars.secret) == 1',
    'double(vars.secret) == 1.0',
    "{'a': 1}[vars.secret] == 1",
    'vars.secret',
    'secrets.get(vars.secret) == ""',
    'base64.decode(vars.secret).size() == 1',
    'vars.secret.unescapeUrl().charAt(99) == ""',
    'vars.secret < 1',
  ]) {
    try {
      holds(source, { vars });
    } catch (error) {
      assert(error instanceof EvaluationError, source);
      assert.doesNotMatch(`${error.message}${error.cause}`, /sk-hidden/, source);
    }
  }
});

test("a value that is too big is in nobody else's way", () => {
  const vars = { huge: Array.from({ length: 200_000 }, () => 1), team: 'red' };
  assert.equal(holds("vars.team == 'red'", { vars }), true);
  assert.throws(() => holds('vars.huge[0] == 1', { vars }), /^EvaluationError: The expression took more than/);
});

test('facts belong to one evaluation only', () => {
  const rule = compileRuleExpression("vars.team == 'red'", 'on_http_request');
  assert.equal(rule.holds(scope()), true);
  assert.equal(rule.holds({ secrets, facts: facts({ vars: { team: 'blue' } }) }), false);
  assert.equal(rule.holds({ secrets, facts: facts({ vars: {} }) }), false);
});
