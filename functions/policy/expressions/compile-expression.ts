import type { ASTNode, ParseResult } from 'cel-js';
import { checkShape } from './check-shape.ts';
import type { Dialect } from './dialect.ts';
import { explainFailure, explainProblem } from './explain-error.ts';
import { ExpressionError } from './expression-error.ts';
import { completeHas } from './has.ts';
import { type StepBudget, spend, withinSteps } from './meter.ts';
import { meterExpression } from './meter-expression.ts';
import { readSparsely } from './sparse-access.ts';

export interface Expression {
  source: string;
  /** What the engine knows of the result: `list<Model>`, or `dyn` when only running it tells. */
  type: string;
  ast: ASTNode;
  /** @throws EvaluationError */
  evaluate(variables: object, budget?: StepBudget): unknown;
}

const sourceLengthMax = 8_192;

/**
 * Reads and type-checks an expression. Compiling costs at most some 30 ms, evaluating what `meter.ts` allows.
 * @param convert makes something else of the result, and pays for it
 * @throws ExpressionError
 */
export function compileExpression(
  source: string,
  dialect: Dialect,
  convert: (result: unknown) => unknown = result => result,
): Expression {
  if (source.length > sourceLengthMax) {
    throw new ExpressionError(
      'too_complex',
      `the expression has ${source.length} characters, and ${sourceLengthMax} is the limit; split it`,
    );
  }
  try {
    const parsed = dialect.environment.parse(source);
    checkShape(parsed.ast, dialect);
    dialect.rewrite?.(parsed.ast);
    completeHas(parsed.ast);
    const type = typeCheck(parsed);
    readSparsely(parsed.ast, dialect);
    const steps = meterExpression(parsed.ast);
    return {
      source,
      type,
      ast: parsed.ast,
      evaluate(variables, budget) {
        try {
          return withinSteps(() => {
            spend(steps);
            return convert(parsed(variables as Record<string, unknown>));
          }, budget);
        } catch (error) {
          throw explainFailure(error, source);
        }
      },
    };
  } catch (error) {
    throw explainProblem(error, source, dialect);
  }
}

function typeCheck(parsed: ParseResult): string {
  const { valid, type, error } = parsed.check();
  if (!valid || type === undefined) throw error;
  return type;
}
