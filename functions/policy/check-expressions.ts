import type { Phase } from './action.ts';
import {
  compileRetryCondition,
  compileRuleExpression,
  compileValueExpression,
} from './expressions/compile-rule-expression.ts';
import { compileKeyStrategy, compileModelStrategy } from './expressions/compile-strategy.ts';
import { ExpressionError } from './expressions/expression-error.ts';
import { compileTemplate, useTemplateEngine } from './expressions/template.ts';
import { compileTemplateExpression } from './expressions/template-engine.ts';
import type { PolicyProblemCode } from './problems.ts';

// Policies may hold any expression, so whoever checks them needs the engine.
useTemplateEngine(compileTemplateExpression);

/** Why an expression cannot be saved. */
export interface ExpressionMistake {
  code: PolicyProblemCode;
  message: string;
}

export function modelStrategyMistake(source: string): ExpressionMistake | undefined {
  return expressionMistake(compileModelStrategy, source, 'ai.models.filter(m, m.known)');
}

export function keyStrategyMistake(source: string): ExpressionMistake | undefined {
  return expressionMistake(compileKeyStrategy, source, 'ai.keys.filter(k, k.error_rate.total < 0.5)');
}

export function ruleExpressionMistake(source: string, phase: Phase): ExpressionMistake | undefined {
  return expressionMistake(
    text => compileRuleExpression(text, phase),
    source,
    "req.headers['x-priority'][0] == 'high'",
  );
}

export function valueExpressionMistake(source: string, phase: Phase): ExpressionMistake | undefined {
  return expressionMistake(text => compileValueExpression(text, phase), source, "req.headers['x-team'][0]");
}

/** For the `retry_condition` of `http-request`. */
export function retryConditionMistake(source: string, phase: Phase): ExpressionMistake | undefined {
  return expressionMistake(text => compileRetryCondition(text, phase), source, 'last_attempt.res.status_code >= 500');
}

/** @param isSecret the text may hold a key, so that nothing of it is repeated */
export function templateMistake(
  text: string,
  isSecret: boolean,
  phase: Phase = 'on_http_request',
): ExpressionMistake | undefined {
  const error = compileError(source => compileTemplate(source, phase), text);
  if (!error) return undefined;
  const reason = isSecret ? 'does not compile' : firstLine(error.message);
  const remedy = "write ${…} around a CEL expression, such as ${secrets.get('vault', 'name')}";
  return { code: 'ERR_NGROK_2224', message: `${reason}; ${remedy}` };
}

function expressionMistake(compile: (source: string) => unknown, source: string, sample: string) {
  const error = compileError(compile, source);
  if (!error) return undefined;
  const remedies: Record<ExpressionError['kind'], string> = {
    syntax: `write a CEL expression, such as "${sample}"`,
    type: `write an expression such as "${sample}"`,
    regex: 'patterns have RE2 syntax, without look-around and back-references',
    too_complex: 'make it shorter, or divide it into several',
  };
  const code: PolicyProblemCode = error.kind === 'regex' ? 'ERR_NGROK_2261' : 'ERR_NGROK_2200';
  return { code, message: `${firstLine(error.message)}; ${remedies[error.kind]}` };
}

function compileError(compile: (text: string) => unknown, text: string): ExpressionError | undefined {
  try {
    compile(text);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

function firstLine(message: string): string {
  const [line = ''] = message.split('\n', 1);
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
