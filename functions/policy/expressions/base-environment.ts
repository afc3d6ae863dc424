import { type ASTNode, Environment } from 'cel-js';
import type { Checker, Evaluator } from './ast.ts';
import type { CelType } from './cel-type.ts';
import { errorAt } from './error-at.ts';
import { EvaluationError } from './expression-error.ts';
import { currentEvaluation, spend } from './meter.ts';
import { compilePattern, type Pattern, stepsToCompile } from './pattern.ts';

/** Limits of the parser; `check-shape.ts` sets those it lacks. */
const limits = { maxAstNodes: 2_000, maxDepth: 64, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 8 };

/**
 * CEL as all our expressions speak it. Beyond the standard: ints, uints and doubles compare, and ints and doubles
 * calculate, with each other (prices are doubles and people write `< 1`); a number that is not known is null, which
 * compares as false with every number and makes calculations null; `matches` reads RE2 syntax in linear time.
 */
const baseEnvironment = new Environment({ limits });

/** A copy to which a kind of expression adds its own. */
export function extendBase(types: readonly CelType[]): Environment {
  const environment = baseEnvironment.clone();
  for (const { name, wrapper, fields } of types) environment.registerType(name, { ctor: wrapper, fields });
  return environment;
}

const equalities = {
  'int == double': (a: bigint, b: number) => Number.isInteger(b) && BigInt(b) === a,
  'int == uint': (a: bigint, b: object) => a === b.valueOf(),
  'uint == double': (a: object, b: number) => Number.isInteger(b) && BigInt(b) === a.valueOf(),
};
for (const [signature, equal] of Object.entries(equalities)) baseEnvironment.registerOperator(signature, equal);

const calculations = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
};
for (const [operator, calculate] of Object.entries(calculations)) {
  const mixed = (a: bigint | number, b: bigint | number) => calculate(Number(a), Number(b));
  baseEnvironment.registerOperator(`int ${operator} double: double`, mixed);
  baseEnvironment.registerOperator(`double ${operator} int: double`, mixed);
}

for (const number of ['int', 'uint', 'double', 'null']) {
  const pairs =
    number === 'null'
      ? [['null', 'null']]
      : [
          ['null', number],
          [number, 'null'],
        ];
  for (const [left, right] of pairs) {
    for (const operator of ['<', '<=', '>', '>=']) {
      baseEnvironment.registerOperator(`${left} ${operator} ${right}: bool`, () => false);
    }
    for (const operator of ['+', '-', '*', '/', '%']) {
      baseEnvironment.registerOperator(`${left} ${operator} ${right}: null`, () => null);
    }
  }
}
baseEnvironment.registerOperator('-null', (value: null) => value);

interface MatchesCall {
  receiver: ASTNode;
  args: readonly [ASTNode];
}

/**
 * The engine picks a macro by name and number of arguments alone, whatever its receiver: this one takes the place of
 * the built-in `string.matches`, which runs JavaScript's backtracking expressions. A literal pattern is compiled with
 * the expression.
 */
baseEnvironment.registerFunction(
  'bool.matches(ast): bool',
  ({ receiver, args: [argument] }: MatchesCall) => {
    let pattern: Pattern | undefined;
    let last = { source: '', evaluation: 0 };
    return {
      async: false,
      typeCheck(checker: Checker & { getType(name: string): unknown }, _macro: unknown, context: unknown) {
        for (const node of [receiver, argument]) {
          const type = checker.check(node, context).name;
          if (type !== 'string' && type !== 'dyn') {
            throw errorAt('type', `matches works on a string and a pattern in quotes, not on ${type}`, node);
          }
        }
        if (argument.op === 'value') pattern = compileLiteral(argument);
        return checker.getType('bool');
      },
      evaluate(evaluator: Evaluator, _macro: unknown, context: unknown) {
        const text = evaluator.run(receiver, context);
        const source = evaluator.run(argument, context);
        if (typeof text !== 'string' || typeof source !== 'string') {
          throw new EvaluationError('matches works on a string and a pattern that is a string');
        }
        const evaluation = currentEvaluation();
        if (argument.op !== 'value' && !(last.source === source && last.evaluation === evaluation)) {
          spend(stepsToCompile(source));
          const compiled = compilePattern(source);
          if ('problem' in compiled) {
            throw new EvaluationError('matches was given a pattern that is not RE2 syntax, or too big');
          }
          last = { source, evaluation };
          pattern = compiled.pattern;
        }
        return (pattern as Pattern).occursIn(text);
      },
    };
  },
  { async: false },
);

function compileLiteral(node: ASTNode): Pattern {
  const compiled = compilePattern(String(node.args));
  if ('problem' in compiled) throw errorAt('regex', compiled.problem, node);
  return compiled.pattern;
}
