import type { ASTNode, Environment } from 'cel-js';
import type { Checker, Evaluator } from './ast.ts';
import { errorAt } from './error-at.ts';
import { EvaluationError } from './expression-error.ts';
import { currentEvaluation, spend } from './meter.ts';
import { compilePattern, type Pattern, stepsToCompile } from './pattern.ts';

interface MatchesCall {
  receiver?: ASTNode;
  args: readonly ASTNode[];
}

/**
 * `text.matches(pattern)` or `matches(text, pattern)`: whether an RE2 pattern occurs in a text. The engine picks a macro by name and number of
 * arguments alone, whatever receiver it is registered for: so this one takes the place of the built-in function, which
 * runs JavaScript's backtracking expressions.
 */
export function registerMatches(environment: Environment): void {
  const expand = ({ receiver, args }: MatchesCall) => {
    const [text, argument] = (receiver ? [receiver, ...args] : args) as [ASTNode, ASTNode];
    let patternFor: (source: string) => Pattern;
    return {
      async: false,
      typeCheck(checker: Checker, _macro: unknown, scope: unknown) {
        for (const node of [text, argument]) {
          const type = checker.check(node, scope).name;
          if (type !== 'string' && type !== 'dyn') {
            throw errorAt('type', `matches works on a string and a pattern that is a string, not on ${type}`, node);
          }
        }
        patternFor = argument.op === 'value' ? literalPattern(argument) : latestPattern();
        return checker.getType('bool');
      },
      evaluate(evaluator: Evaluator, _macro: unknown, scope: unknown) {
        const searched = evaluator.run(text, scope);
        const source = evaluator.run(argument, scope);
        if (searched === null) return false;
        if (typeof searched === 'string' && typeof source === 'string') return patternFor(source).occursIn(searched);
        throw new EvaluationError('matches works on a string and a pattern that is a string');
      },
    };
  };
  environment.registerFunction('bool.matches(ast): bool', expand, { async: false });
  environment.registerFunction('matches(ast, ast): bool', expand, { async: false });
}

/** A pattern in quotes, compiled with the expression. */
function literalPattern(node: ASTNode): () => Pattern {
  const compiled = compilePattern(String(node.args));
  if ('problem' in compiled) throw errorAt('regex', compiled.problem, node);
  return () => compiled.pattern;
}

/** Patterns made while an expression runs. Within one evaluation the same pattern twice in a row is compiled once. */
function latestPattern(): (source: string) => Pattern {
  let latest: { source: string; evaluation: number; pattern: Pattern } | undefined;
  return source => {
    const evaluation = currentEvaluation();
    if (latest?.source === source && latest.evaluation === evaluation) return latest.pattern;
    spend(stepsToCompile(source));
    const compiled = compilePattern(source);
    if ('problem' in compiled) {
      throw new EvaluationError('matches was given a pattern that is not RE2 syntax, or too big');
    }
    latest = { source, evaluation, pattern: compiled.pattern };
    return latest.pattern;
  };
}
