import type { ASTNode, Environment } from 'cel-js';
import type { CelType } from './cel-type.ts';

/** A kind of expression: which variables, types and functions there are beside CEL's own. */
export interface Dialect {
  environment: Environment;
  variables: readonly string[];
  types: readonly CelType[];
  functions: readonly string[];
  sparse: SparseValues;
  /** Refuses calls that can be seen to fail. @throws ExpressionError */
  checkNode?(node: ASTNode): void;
  /** Gives what was read another form, before types are checked. */
  rewrite?(root: ASTNode): void;
  /** Why a variable that exists elsewhere is not known here, and what to do. */
  explainVariable?(name: string): string | undefined;
}

/** Where values lie of which any part may be absent; see `sparse-access.ts`. */
export interface SparseValues {
  /** `Model.metadata` */
  fields: ReadonlySet<string>;
  functions: ReadonlySet<string>;
  variables: ReadonlySet<string>;
}

export const nothingSparse: SparseValues = { fields: new Set(), functions: new Set(), variables: new Set() };
