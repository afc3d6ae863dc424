import type { ASTNode } from 'cel-js';
import { type Call, callOf, childrenOf, type Evaluate, fieldOf, intercept, loopBodies, typeOf } from './ast.ts';
import type { Dialect, SparseValues } from './dialect.ts';
import { readKey } from './metadata.ts';

/**
 * Makes what may be absent null instead of an error, however deep the path: `m.metadata.region` of a model without a
 * region, `req.headers['x-priority'][0]` of a request without the header. Null equals nothing but null, compares as
 * false, holds no elements, and where a condition is expected it does not hold; `has()` of it is false. What comes out
 * of a loop or function over such values may be absent in the same way.
 */
export function readSparsely(root: ASTNode, { sparse }: Dialect): void {
  visit(root, { values: sparse, variables: sparse.variables });
}

/** Whether an expression is itself a value that may be absent. */
export function isSparseResult(root: ASTNode, { sparse }: Dialect): boolean {
  return isSparse(root, { values: sparse, variables: sparse.variables });
}

interface Scope {
  values: SparseValues;
  /** Variables and loop elements that may be absent, or hold what is. */
  variables: ReadonlySet<string>;
}

function visit(node: ASTNode, scope: Scope): void {
  const call = callOf(node);
  const inner = call ? innerScope(call, scope) : scope;
  const bodies = call ? bodiesOf(call) : [];
  for (const child of childrenOf(node)) visit(child, bodies.includes(child) ? inner : scope);
  if (call) visitCall(node, call, scope);
  for (const test of call ? testsOf(call) : []) if (isSparse(test, inner)) intercept(test, falseIfNull);
  for (const condition of conditionsOf(node)) if (isSparse(condition, scope)) intercept(condition, falseIfNull);
  if (!isAccess(node) || !isSparse(node, scope) || isSparseField(node, scope.values)) return;
  const [parent, key] = node.args;
  intercept(node, evaluate => (evaluator, self, at) => {
    const value = evaluator.run(parent, at);
    if (isObjectOfOurs(value)) return evaluate(evaluator, self, at);
    return readKey(value, typeof key === 'string' ? key : evaluator.run(key, at));
  });
}

/** A model that was found by a name which may be absent is still a model, and has all its fields. */
function isObjectOfOurs(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) return false;
  return Object.getPrototypeOf(value) !== Object.prototype;
}

function visitCall(node: ASTNode, call: Call, scope: Scope): void {
  const [field] = call.args;
  if (call.name === 'has' && field && isAccess(field) && isSparse(field, scope)) {
    intercept(node, () => (evaluator, _self, at) => evaluator.run(field, at) !== null);
  }
  if (loopBodies(call).length === 0 || !isSparse(call.receiver as ASTNode, scope)) return;
  let isAbsent = false;
  intercept(call.receiver as ASTNode, evaluate => (evaluator, self, at) => {
    const list = evaluate(evaluator, self, at);
    isAbsent = list === null;
    return isAbsent ? [] : list;
  });
  // Nothing is not a list all of whose elements are right.
  if (call.name === 'all') {
    intercept(node, evaluate => (evaluator, self, at) => {
      const holds = evaluate(evaluator, self, at);
      return isAbsent ? false : holds;
    });
  }
}

function falseIfNull(evaluate: Evaluate): Evaluate {
  return (evaluator, self, at) => evaluate(evaluator, self, at) ?? false;
}

/** What a loop asks of each element. */
function testsOf(call: Call): readonly ASTNode[] {
  const bodies = loopBodies(call);
  if (call.name === 'sortBy') return [];
  return call.name === 'map' ? bodies.slice(0, -1) : bodies;
}

/** The parts of a node that must be true or false. */
function conditionsOf(node: ASTNode): readonly ASTNode[] {
  if (node.op === '&&' || node.op === '||') return node.args;
  if (node.op === '!_') return [node.args];
  return node.op === '?:' ? [node.args[0]] : [];
}

/** The scope of a loop's body, or of what `cel.bind(name, value, …)` names a value for. */
function innerScope(call: Call, scope: Scope): Scope {
  const [variable] = call.args;
  const named = isBind(call) ? call.args[1] : call.receiver;
  if (bodiesOf(call).length === 0 || variable?.op !== 'id' || !named) return scope;
  const variables = new Set(scope.variables);
  if (isSparse(named, scope)) variables.add(variable.args);
  else variables.delete(variable.args);
  return { ...scope, variables };
}

function bodiesOf(call: Call): readonly ASTNode[] {
  return isBind(call) ? call.args.slice(2) : loopBodies(call);
}

function isBind({ name, args }: Call): boolean {
  return name === 'bind' && args.length === 3;
}

function isSparse(node: ASTNode, scope: Scope): boolean {
  if (node.op === 'id') return scope.variables.has(node.args);
  if (isAccess(node)) return isSparseField(node, scope.values) || isSparse(node.args[0], scope);
  if (node.op === '?:') return node.args.slice(1).some(branch => isSparse(branch, scope));
  const call = callOf(node);
  if (!call) return false;
  if (scope.values.functions.has(call.name)) return true;
  if (call.name === 'has') return false;
  if (isBind(call)) return isSparse(call.args[2] as ASTNode, innerScope(call, scope));
  if (loopBodies(call).length > 0) return isSparseLoop(call, scope);
  return [call.receiver, ...call.args].some(part => part !== undefined && isSparse(part, scope));
}

/** A loop gives elements of its list, or what `map` makes of them; all others give true or false. */
function isSparseLoop(call: Call, scope: Scope): boolean {
  if (call.name === 'map') return isSparse(call.args.at(-1) as ASTNode, innerScope(call, scope));
  return (call.name === 'filter' || call.name === 'sortBy') && isSparse(call.receiver as ASTNode, scope);
}

function isSparseField(node: ASTNode, { fields }: SparseValues): boolean {
  const field = fieldOf(node);
  return field !== undefined && fields.has(`${typeOf(field.of)?.name}.${field.name}`);
}

function isAccess(node: ASTNode) {
  return node.op === '.' || node.op === '[]';
}
