import type { ASTNode, ParseResult } from 'cel-js';
import { checkShape } from './check-shape.ts';
import type { Dialect } from './dialect.ts';
import { explainFailure, explainProblem } from './explain-error.ts';
import { ExpressionError } from './expression-error.ts';
import { completeHas } from './has.ts';
import { readMetadataLeniently } from './metadata-access.ts';
import { spend, withinSteps } from './meter.ts';
import { meterExpression } from './meter-expression.ts';

export interface Expression {
  source: string;
  /** What the engine knows of the result: `list<Model>`, or `dyn` when only running it tells. */
  type: string;
  ast: ASTNode;
  /** @throws EvaluationError */
  evaluate(variables: Record<string, unknown>): unknown;
}

const sourceLengthMax = 8_192;

/**
 * Reads and type-checks an expression. Compiling costs at most some 30 ms, evaluating what `meter.ts` allows.
 * @throws ExpressionError
 */
export function compileExpression(source: string, dialect: Dialect): Expression {
  if (source.length > sourceLengthMax) {
    throw new ExpressionError(
      'too_complex',
      `the expression has ${source.length} characters, and ${sourceLengthMax} is the limit; split it`,
    );
  }
  try {
    const parsed = dialect.environment.parse(source);
    checkShape(parsed.ast, dialect);
    completeHas(parsed.ast);
    const type = typeCheck(parsed);
    readMetadataLeniently(parsed.ast);
    const steps = meterExpression(parsed.ast);
    return {
      source,
      type,
      ast: parsed.ast,
      evaluate(variables) {
        try {
          return withinSteps(() => {
            spend(steps);
            return parsed(variables);
          });
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
