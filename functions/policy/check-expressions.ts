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
  return strategyMistake(compileModelStrategy, source, 'ai.models.filter(m, m.known)');
}

export function keyStrategyMistake(source: string): ExpressionMistake | undefined {
  return strategyMistake(compileKeyStrategy, source, 'ai.keys.filter(k, k.error_rate.total < 0.5)');
}

/** @param isSecret the text may hold a key, so that nothing of it is repeated */
export function templateMistake(text: string, isSecret: boolean): ExpressionMistake | undefined {
  const error = compileError(compileTemplate, text);
  if (!error) return undefined;
  const reason = isSecret ? 'does not compile' : firstLine(error.message);
  const remedy = "write ${…} around a CEL expression, such as ${secrets.get('vault', 'name')}";
  return { code: 'ERR_NGROK_2224', message: `${reason}; ${remedy}` };
}

function strategyMistake(compile: (source: string) => unknown, source: string, sample: string) {
  const error = compileError(compile, source);
  if (!error) return undefined;
  const remedies: Record<ExpressionError['kind'], string> = {
    syntax: `write a CEL expression, such as "${sample}"`,
    type: `write an expression such as "${sample}"`,
    regex: 'patterns have RE2 syntax, without look-around and back-references',
    too_complex: 'make it shorter, or divide it into several strategies',
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
