import type { ASTNode } from 'cel-js';
import { callOf, childrenOf, replaceMacro } from './ast.ts';
import { errorAt } from './error-at.ts';
import { EvaluationError } from './expression-error.ts';

/**
 * Gives `has(value.field)` the meaning it has in CEL, where the engine's own looks at plain paths only and checks none
 * of their fields; `has(value['field'])` is the same. A field whose value is not known, null, is not there.
 * @throws ExpressionError
 */
export function completeHas(node: ASTNode): void {
  for (const child of childrenOf(node)) completeHas(child);
  const call = callOf(node);
  if (call?.name !== 'has' || call.receiver || call.args.length !== 1) return;
  const [field] = call.args;
  if (field?.op !== '.' && field?.op !== '[]') {
    throw errorAt('type', 'has() takes a field, as in has(m.metadata.tier)', field ?? node);
  }
  const [parent, key] = field.args;
  replaceMacro(node, {
    typeCheck(checker, _self, scope) {
      checker.check(field, scope);
      return checker.getType('bool');
    },
    evaluate(evaluator, _self, scope) {
      const value = evaluator.run(parent, scope);
      const name = typeof key === 'string' ? key : evaluator.run(key, scope);
      if (typeof name !== 'string') throw new EvaluationError('has() takes a field, named by a string');
      return (evaluator.debugType(value).fieldLazy(value, name, field, evaluator) ?? null) !== null;
    },
  });
}
