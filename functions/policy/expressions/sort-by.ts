import type { ASTNode, Environment } from 'cel-js';
import type { CheckedType, Checker, Evaluator } from './ast.ts';
import { errorAt } from './error-at.ts';
import { EvaluationError } from './expression-error.ts';

interface SortByCall {
  receiver: ASTNode;
  args: readonly [ASTNode, ASTNode];
}

/** The engine's scope of a loop variable. */
interface Scope {
  forkWithVariable(name: string, type: CheckedType): LoopScope;
}

interface LoopScope {
  reuse(parent: unknown): LoopScope;
  setIterValue(value: unknown, evaluator: Evaluator): LoopScope;
}

const sortable = new Set(['int', 'uint', 'double', 'string', 'bool', 'null', 'dyn']);

/**
 * `list.sortBy(m, key)`: ascending by what `key` gives for each element; equal ones keep their order, and those whose
 * key is null come last.
 */
export function registerSortBy(environment: Environment): void {
  const expand = ({ receiver, args: [variable, key] }: SortByCall) => {
    let loop: LoopScope | undefined;
    return {
      async: false,
      typeCheck(checker: Checker, _macro: unknown, scope: Scope) {
        const list = checker.check(receiver, scope);
        if (list.kind !== 'list' && list.kind !== 'dyn') {
          throw errorAt('type', `sortBy works on a list, not on ${list.name}`, receiver);
        }
        if (variable.op !== 'id') {
          throw errorAt('syntax', 'the first argument must be a name for the element, as in sortBy(m, m.id)', variable);
        }
        const inLoop = scope.forkWithVariable(variable.args, list.valueType ?? list);
        const type = checker.check(key, inLoop).name;
        if (!sortable.has(type)) {
          throw errorAt('type', `sortBy sorts by a number, a string or a bool, not by ${type}`, key);
        }
        loop = inLoop;
        return list;
      },
      evaluate(evaluator: Evaluator, _macro: unknown, scope: unknown) {
        const items = evaluator.run(receiver, scope);
        if (!Array.isArray(items)) throw new EvaluationError('sortBy works on a list');
        const inLoop = (loop as LoopScope).reuse(scope);
        return sortAscending(items, item => evaluator.run(key, inLoop.setIterValue(item, evaluator)));
      },
    };
  };
  environment.registerFunction('list.sortBy(ast, ast): list<dyn>', expand, { async: false });
}

/** A sorted copy. @throws EvaluationError when keys cannot be compared with each other */
export function sortAscending<Item>(items: readonly Item[], keyOf: (item: Item) => unknown): Item[] {
  const keyed = items.map(item => ({ item, key: comparable(keyOf(item)) }));
  const kinds = new Set(keyed.flatMap(({ key }) => (key === null ? [] : [kindOf(key)])));
  if (kinds.size > 1) throw new EvaluationError(`sortBy was given keys of several types: ${[...kinds].join(', ')}`);
  return keyed.sort((a, b) => compare(a.key, b.key)).map(({ item }) => item);
}

type Comparable = string | number | bigint | boolean | null;

function comparable(key: unknown): Comparable {
  if (key === null || Number.isNaN(key)) return null;
  const value = typeof key === 'object' ? key.valueOf() : key; // CEL's uint is an object around a bigint
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return value;
  throw new EvaluationError('sortBy sorts by numbers, strings or bools');
}

function kindOf(key: Comparable): string {
  return typeof key === 'bigint' ? 'number' : typeof key;
}

function compare(a: Comparable, b: Comparable): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
