import type { ASTNode, Environment } from 'cel-js';
import type { CelType } from './cel-type.ts';

/** A kind of expression: which variables, types and functions there are beside CEL's own. */
export interface Dialect {
  environment: Environment;
  variables: readonly string[];
  types: readonly CelType[];
  functions: readonly string[];
  /** Refuses calls that can be seen to fail. @throws ExpressionError */
  checkNode?(node: ASTNode): void;
}
