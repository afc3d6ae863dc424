import { Environment, ParseError } from 'cel-js';
import { ExpressionError } from './expression-error.ts';

const environment = new Environment({ unlistedVariablesAreDyn: true });

/** @throws ExpressionError when it is not a CEL expression */
export function compileModelStrategy(source: string) {
  return parse(source);
}

/** @throws ExpressionError when it is not a CEL expression */
export function compileKeyStrategy(source: string) {
  return parse(source);
}

export function parse(source: string) {
  try {
    return environment.parse(source);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new ExpressionError('syntax', error.summary, { cause: error });
  }
}
