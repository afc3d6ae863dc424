import type { ErrorLocation } from 'cel-js';
import { ExpressionError, type ExpressionErrorKind } from './expression-error.ts';

/** An error with its place in the source: `… (line 1, column 4)`. */
export function errorAt(
  kind: ExpressionErrorKind,
  text: string,
  { input = '', start }: Pick<ErrorLocation, 'input' | 'start'>,
): ExpressionError {
  const before = input.slice(0, start).split('\n');
  return new ExpressionError(kind, `${text} (line ${before.length}, column ${(before.at(-1) as string).length + 1})`);
}
