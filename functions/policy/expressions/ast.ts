import assert from 'node:assert/strict';
import type { ASTNode } from 'cel-js';

/** A call `name(…)` or `receiver.name(…)`. */
export interface Call {
  name: string;
  receiver?: ASTNode;
  args: readonly ASTNode[];
}

export function callOf(node: ASTNode): Call | undefined {
  if (node.op === 'call') return { name: node.args[0], args: node.args[1] };
  if (node.op === 'rcall') return { name: node.args[0], receiver: node.args[1], args: node.args[2] };
  return undefined;
}

/** What the source has below a node: of a loop such as `list.filter(m, test)` the list, the variable and the test. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    default:
      return node.args;
  }
}

const loops = new Map([
  ['all', [2]],
  ['exists', [2]],
  ['exists_one', [2]],
  ['filter', [2]],
  ['map', [2, 3]],
  ['sortBy', [2]],
]);

/** The expressions that a call evaluates once per element; empty when it is not a loop. Its first argument names the element. */
export function loopBodies(call: Call): readonly ASTNode[] {
  const isLoop = call.receiver !== undefined && loops.get(call.name)?.includes(call.args.length);
  return isLoop ? call.args.slice(1) : [];
}

/** The field that `x.name` or `x['name']` reads. */
export function fieldOf(node: ASTNode): { of: ASTNode; name: string } | undefined {
  if (node.op === '.') return { of: node.args[0], name: node.args[1] };
  if (node.op !== '[]') return undefined;
  const [of, key] = node.args;
  return key.op === 'value' && typeof key.args === 'string' ? { of, name: key.args } : undefined;
}

/** How a node or macro is computed; `self` is the node or the macro. */
export type Evaluate = (evaluator: Evaluator, self: unknown, scope: unknown) => unknown;

export interface Evaluator {
  run(node: ASTNode, scope: unknown): unknown;
  debugType(value: unknown): RuntimeType;
}

interface RuntimeType {
  /** The value of a field; undefined when there is none. */
  fieldLazy(value: unknown, field: string, node: ASTNode, evaluator: Evaluator): unknown;
}

export interface Checker {
  check(node: ASTNode, scope: unknown): CheckedType;
  getType(name: string): CheckedType;
}

export interface CheckedType {
  name: string;
  kind: string;
  valueType?: CheckedType;
}

/** A call that is computed in its own way; made when the source is parsed. */
export interface Macro {
  evaluate: Evaluate;
  typeCheck(checker: Checker, self: unknown, scope: unknown): CheckedType;
}

/** The part of the engine's nodes that its type declarations leave out. */
interface EngineNode {
  args: unknown;
  checkedType?: CheckedType;
  meta: { evaluate: Evaluate; alternate?: ASTNode; macro?: Macro };
  setMeta(key: 'evaluate' | 'macro', value: unknown): unknown;
}

function engineNode(node: ASTNode): EngineNode {
  const inner = node as unknown as EngineNode;
  assert(inner.meta && typeof inner.setMeta === 'function', 'this version of the CEL engine keeps its nodes otherwise');
  return inner;
}

/** The type that the engine found; undefined for nodes it does not evaluate by themselves, such as loop variables. */
export function typeOf(node: ASTNode): CheckedType | undefined {
  return engineNode(node).checkedType;
}

/** Puts a function around the evaluation of a node that has been type-checked. */
export function intercept(node: ASTNode, around: (evaluate: Evaluate) => Evaluate): void {
  const { meta } = engineNode(node);
  if (meta.alternate) intercept(meta.alternate, around);
  else if (meta.macro) meta.macro.evaluate = around(meta.macro.evaluate);
  else engineNode(node).setMeta('evaluate', around(meta.evaluate));
}

/** Gives a node other parts, before it is type-checked. */
export function replaceArgs(node: ASTNode, args: unknown): void {
  engineNode(node).args = args;
}

/** Gives a call another meaning, before it is type-checked. */
export function replaceMacro(node: ASTNode, macro: Macro): void {
  engineNode(node).setMeta('macro', macro);
}
