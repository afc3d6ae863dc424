import type { Phase } from '../../../functions/policy/action.ts';
import {
  compileRuleExpression,
  compileValueExpression,
  type TemplateScope,
} from '../../../functions/policy/expressions/compile-rule-expression.ts';
import { ExpressionError } from '../../../functions/policy/expressions/expression-error.ts';
import { type PolicyFacts, type RequestFacts, StepBudget } from '../../../functions/policy/expressions/policy-facts.ts';

export const request: RequestFacts = {
  id: 'req_1',
  method: 'POST',
  scheme: 'https',
  host: 'gateway.example:8443',
  path: '/v1/../v1/chat%20x/completions',
  query: 'a=1&b=two%20words&a=3',
  httpVersion: 'HTTP/1.1',
  headers: {
    authorization: 'Bearer token-1',
    'content-type': 'Application/JSON; Charset="utf-8"; v=1',
    'content-encoding': 'gzip, br',
    cookie: 'session=abc; theme="dark"; session=def; broken',
    'user-agent':
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1',
    'x-priority': 'high',
    'x-list': '["first entry",2]',
    'x-twice': 'a,b',
  },
  clientIp: '203.0.113.9',
  bodyBytes: 1_234,
  receivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 600),
  bodyReceivedAtMs: Date.UTC(2026, 0, 2, 3, 4, 6),
};

export function facts(overrides: Partial<PolicyFacts> = {}): PolicyFacts {
  return {
    request,
    endpoint: { id: 'ep_1', slug: 'support', url: 'https://gateway.example/e/support' },
    region: 'eu-central-1',
    nowMs: Date.UTC(2026, 0, 2, 3, 4, 7),
    vars: { team: 'red', flag: true, count: 3, list: [{ name: 'a' }, { name: 'b', size: 2 }] },
    actions: { ngrok: { rate_limit: { limited: false, bucket_key: 'k' } } },
    random: () => 0.5,
    budget: new StepBudget(),
    ...overrides,
  };
}

export const response = {
  status: 429,
  headers: {
    'content-type': 'text/event-stream; charset=utf-8',
    'content-length': '17',
    'set-cookie':
      'id=1; Path=/a; Domain=x.example; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Max-Age=60; SameSite=Lax; Secure; HttpOnly,id=2',
    'x-request-id': 'abc',
  },
};

export const secrets = { get: (vault: string, name: string) => (vault === 'v' && name === 's' ? 'hidden' : undefined) };

export function scope(overrides: Partial<PolicyFacts> = {}): TemplateScope {
  return { secrets, facts: facts(overrides) };
}

export function value(source: string, overrides: Partial<PolicyFacts> = {}, phase: Phase = 'on_http_request'): unknown {
  return compileValueExpression(source, phase).evaluate(scope(overrides));
}

export function holds(source: string, overrides: Partial<PolicyFacts> = {}, phase: Phase = 'on_http_request'): boolean {
  return compileRuleExpression(source, phase).holds(scope(overrides));
}

/** The message with which an expression is refused when a policy is saved. */
export function refusal(source: string, phase: Phase = 'on_http_request'): string {
  try {
    compileValueExpression(source, phase);
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
  return 'compiles';
}
