import { EvaluationError } from './expression-error.ts';
import type { PolicyFacts } from './policy-facts.ts';

/** What the expressions of a policy can read. */
export interface TemplateScope {
  secrets: SecretLookup;
  /** Absent outside of a request; expressions that read them fail then. */
  facts?: PolicyFacts | undefined;
}

/** Secrets that have been fetched already: expressions do not wait. */
export interface SecretLookup {
  /** Undefined when there is no such secret. */
  get(vault: string, name: string): string | undefined;
}

export interface SecretName {
  vault: string;
  name: string;
}

/** One `${…}`. */
export interface TemplateExpression {
  /** Whether it is known to be the same for every request. */
  isConstant?: boolean;
  /** Undefined when only running it tells. */
  secretsUsed: SecretName[] | undefined;
  /** Gives a JSON value. @throws EvaluationError */
  evaluate(scope: TemplateScope): unknown;
}

/** The vault that `secrets.get('name')` reads. */
export const defaultVault = 'default';

/** @throws EvaluationError when there is no such secret */
export function lookUp(secrets: SecretLookup, { vault, name }: SecretName): string {
  const value = secrets.get(vault, name);
  if (value !== undefined) return value;
  throw new EvaluationError(`There is no secret "${name}" in vault "${vault}"; create it, or correct the name`);
}
