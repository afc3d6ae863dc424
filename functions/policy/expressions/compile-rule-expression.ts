import type { Phase } from '../action.ts';
import { EvaluationError, ExpressionError } from './expression-error.ts';
import { type Place, policyDialect } from './policy-dialect.ts';
import type { RetryFacts } from './policy-variables.ts';
import { quote } from './quote.ts';
import { isSparseResult } from './sparse-access.ts';
import { compileInPlace } from './template-engine.ts';
import type { SecretName, TemplateScope } from './template-scope.ts';

export type { RetryFacts } from './policy-variables.ts';
export type { SecretName, TemplateScope } from './template-scope.ts';

/** One of the `expressions` of a rule. */
export interface RuleExpression {
  source: string;
  /** Secrets to have at hand before it runs, each as often as it is named; undefined when only running it tells which. */
  secretsUsed: SecretName[] | undefined;
  /** @throws EvaluationError when it fails, or gives something else than true or false */
  holds(scope: TemplateScope): boolean;
}

/** A bare expression of an action, such as a `bucket_key` of `rate-limit`. */
export interface ValueExpression {
  source: string;
  secretsUsed: SecretName[] | undefined;
  /** Gives a JSON value. @throws EvaluationError */
  evaluate(scope: TemplateScope): unknown;
}

/** The `retry_condition` of `http-request`. */
export interface RetryCondition {
  source: string;
  secretsUsed: SecretName[] | undefined;
  /** @throws EvaluationError when it fails, or gives something else than true or false */
  holds(scope: TemplateScope, retry: RetryFacts): boolean;
}

/** @throws ExpressionError */
export function compileRuleExpression(source: string, phase: Phase): RuleExpression {
  return compileCondition(source, phase, "req.method == 'POST'");
}

/** @throws ExpressionError */
export function compileRetryCondition(source: string, phase: Phase): RetryCondition {
  return compileCondition(source, `${phase} retry`, 'last_attempt.res.status_code >= 500');
}

/** @throws ExpressionError */
export function compileValueExpression(source: string, phase: Phase): ValueExpression {
  refuseEmpty(source, "req.headers['x-team'][0]");
  const { secretsUsed, evaluate } = compileInPlace(source, phase);
  return { source, secretsUsed, evaluate: scope => evaluate(scope) };
}

/** What may be absent and is, does not hold. */
function compileCondition(source: string, place: Place, sample: string): RetryCondition & RuleExpression {
  refuseEmpty(source, sample);
  const { type, ast, secretsUsed, evaluate } = compileInPlace(source, place);
  if (type !== 'bool' && type !== 'dyn') {
    const remedy = `it must give true or false (bool), as ${sample} does`;
    throw new ExpressionError('type', `the expression gives ${type}; ${remedy}`);
  }
  const absent = isSparseResult(ast, policyDialect(place)) ? false : undefined;
  return {
    source,
    secretsUsed,
    holds(scope: TemplateScope, retry?: RetryFacts) {
      const result = evaluate(scope, retry) ?? absent;
      if (typeof result === 'boolean') return result;
      throw new EvaluationError(`The expression ${quote(source, 200)} gave neither true nor false; compare its value`);
    },
  };
}

function refuseEmpty(source: string, sample: string): void {
  if (source.trim() === '') throw new ExpressionError('syntax', `the expression is empty; write one such as ${sample}`);
}
