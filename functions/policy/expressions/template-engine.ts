import type { ASTNode } from 'cel-js';
import type { Phase } from '../action.ts';
import { callOf, childrenOf } from './ast.ts';
import { compileExpression } from './compile-expression.ts';
import { toJsonValue } from './json-values.ts';
import { type Place, policyDialect } from './policy-dialect.ts';
import { PolicyVariables, type RetryFacts } from './policy-variables.ts';
import { defaultVault, type SecretName, type TemplateExpression, type TemplateScope } from './template-scope.ts';

/** @throws ExpressionError */
export function compileTemplateExpression(source: string, phase: Phase): TemplateExpression {
  return compileInPlace(source, phase);
}

/**
 * An expression that stands by itself in a place of a policy, or in a `${…}` there. It gives a JSON value.
 * @throws ExpressionError
 */
export function compileInPlace(source: string, place: Place) {
  const expression = compileExpression(source, policyDialect(place), toJsonValue);
  return {
    source,
    type: expression.type,
    ast: expression.ast,
    secretsUsed: secretsOf(expression.ast),
    evaluate(scope: TemplateScope, retry?: RetryFacts): unknown {
      return expression.evaluate(new PolicyVariables(scope, source, retry), scope.facts?.budget);
    },
  };
}

/** Undefined unless every use of `secrets` is a `get` of names in quotes. */
function secretsOf(node: ASTNode): SecretName[] | undefined {
  const call = callOf(node);
  if (call?.name === 'get' && call.receiver?.op === 'id' && call.receiver.args === 'secrets') {
    const names = call.args.map(arg => (arg.op === 'value' && typeof arg.args === 'string' ? arg.args : undefined));
    const [vault, name] = names.length === 1 ? [defaultVault, names[0]] : names;
    return vault === undefined || name === undefined ? undefined : [{ vault, name }];
  }
  if (node.op === 'id' && node.args === 'secrets') return undefined;
  const below = childrenOf(node).map(secretsOf);
  return below.every(secrets => secrets !== undefined) ? below.flat() : undefined;
}
