import { GatewayError } from '../../core/errors.ts';
import { TooCostly } from '../patterns/pattern.ts';
import { compileRule, type ReplacementRule, type RuleTemplate } from '../patterns/replace.ts';
import type { ActionCompiler } from './compile-rules.ts';
import type { PolicyRun } from './policy-run.ts';

/** @returns what gives a request its rule: expressions in it have their values, and so has a pattern that depends on them */
export function compileReplacement(
  { from, to }: { from: string; to?: string | null | undefined },
  compiler: ActionCompiler,
): (run: PolicyRun) => ReplacementRule {
  const source = compiler.template(from);
  const compile = (text: string): RuleTemplate => {
    const compiled = compileRule(text, to ?? '');
    if ('rule' in compiled) return compiled.rule;
    throw new GatewayError('ERR_NGROK_2238', `The ${compiler.label} cannot be used: ${compiled.problem}`);
  };
  const fillWith = (rule: RuleTemplate) => {
    const expressions = rule.expressions.map(expression => compiler.template(`\${${expression}}`));
    return (run: PolicyRun) => rule.fill(expressions.map(expression => run.renderText(expression, compiler.label)));
  };
  if (source.isConstant) {
    let fill: ((run: PolicyRun) => ReplacementRule) | undefined;
    return run => {
      fill ??= fillWith(compile(run.renderText(source, compiler.label)));
      return fill(run);
    };
  }
  return run => fillWith(compile(run.renderText(source, compiler.label)))(run);
}

/** @throws GatewayError ERR_NGROK_2238 for a pattern that is too costly for the text */
export function withinCost<Result>(compiler: Pick<ActionCompiler, 'label'>, replace: () => Result): Result {
  try {
    return replace();
  } catch (cause) {
    if (!(cause instanceof TooCostly)) throw cause;
    throw new GatewayError('ERR_NGROK_2238', `The ${compiler.label} was stopped: ${cause.message}`, { cause });
  }
}
