import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { ActionDefinition } from '../../../functions/policy/action.ts';
import type { RetryFacts } from '../../../functions/policy/expressions/compile-rule-expression.ts';
import { EvaluationError } from '../../../functions/policy/expressions/expression-error.ts';
import type { SecretLookup } from '../../../functions/policy/expressions/template-scope.ts';
import type { ActionCompiler, ActionRunner, RunAction } from '../../../functions/policy/run/compile-rules.ts';
import {
  type PolicyCaller,
  type PolicyRequest,
  PolicyRun,
  type PolicyServices,
} from '../../../functions/policy/run/policy-run.ts';

export const startMs = Date.UTC(2026, 10, 24, 12);

/** What `${name}` and the expression `name` stand for; a function is asked each time. */
export type Values = Record<string, unknown>;

/** Reads `${name}` and `name`, which is enough for what actions do with values. */
export function fakeCompiler(values: Values = {}, place = 'on_http_request[0].actions[0]'): ActionCompiler {
  const lookUp = (name: string, run?: PolicyRun) => {
    if (!(name in values)) throw new EvaluationError(`There is no "${name}"`);
    const value = values[name];
    return typeof value === 'function' ? value(run) : value;
  };
  return {
    phase: 'on_http_request',
    label: 'action of rule "test"',
    place,
    template(text) {
      const names = [...text.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name as string);
      const render = () =>
        text === `\${${names[0]}}`
          ? lookUp(names[0] as string)
          : text.replace(/\$\{([^}]*)\}/g, (_, name) => String(lookUp(name)));
      return { text, isConstant: names.length === 0, secretsUsed: [], render };
    },
    value: source => run => lookUp(source, run),
    retryCondition: source => (_, retry) => (values[source] as (retry: RetryFacts) => boolean)(retry),
  };
}

export function compileAction<Schema extends z.ZodType>(
  definition: ActionDefinition<string, Schema>,
  runner: ActionRunner<z.output<Schema>>,
  written: unknown,
  compiler: ActionCompiler = fakeCompiler(),
): RunAction {
  return runner(definition.config.parse(written), compiler);
}

/** A run with services that fail the test when they are used unexpectedly. */
export function newRun(
  parts: {
    services?: Partial<PolicyServices>;
    caller?: Partial<PolicyCaller>;
    request?: Partial<PolicyRequest>;
    secrets?: SecretLookup;
  } = {},
): PolicyRun {
  const unexpected = (name: string) => () => {
    throw new Error(`nobody should use ${name}`);
  };
  const services: PolicyServices = {
    now: () => startMs,
    random: () => 0.5,
    region: 'us-east-1',
    callModels: unexpected('callModels'),
    call: unexpected('call'),
    takeRate: unexpected('takeRate'),
    circuits: { openFor: unexpected('openFor'), note: unexpected('note') },
    report: unexpected('report'),
    ...parts.services,
  };
  const caller: PolicyCaller = {
    requestId: `rq_${randomBytes(4).toString('hex')}`,
    accountId: 'ac_1',
    endpoint: { id: 'ep_1', slug: 'support', url: 'https://gateway.example.com/e/support' },
    gatewayKeyId: undefined,
    clientIp: '203.0.113.7',
    scheme: 'https',
    httpVersion: 'HTTP/1.1',
    receivedAtMs: startMs,
    ...parts.caller,
  };
  const request: PolicyRequest = {
    method: 'POST',
    path: '/v1/chat/completions',
    query: '',
    headers: { host: 'gateway.example.com' },
    body: Buffer.from(''),
    ...parts.request,
  };
  return new PolicyRun(caller, request, parts.secrets ?? { get: () => undefined }, services);
}
