import type { ASTNode } from 'cel-js';
import { callOf, childrenOf, intercept, loopBodies, typeOf } from './ast.ts';
import { spend, spendReading } from './meter.ts';

/** An error costs the engine a stack trace and a drawing of the source. */
const stepsPerError = 200;

/** Finding out at run time what an operator or function means for values of unknown type. */
const stepsPerUntyped = 4;

/** Operators that read their operands to the end. */
const reading = new Set(['==', '!=', 'in', '+', '<', '<=', '>', '>=']);

/** Types whose values are read at once. */
const small = /^(int|uint|double|bool|null|type|[A-Z][A-Za-z]+)$/;

/**
 * Makes a checked expression pay as it runs: for each element that a loop visits the size of the loop's body, for each
 * text and list that an operator or function reads or makes its length, and for each error that `||`, `&&`, `exists`
 * and `all` swallow. All else happens at most once per body, so that steps bound time.
 * @returns the steps to pay before an evaluation starts
 */
export function meterExpression(node: ASTNode): number {
  const call = callOf(node);
  const bodies = call ? loopBodies(call) : [];
  if (call && bodies.length > 0) {
    for (const body of bodies) payPerElement(body, 1 + meterExpression(body));
    if (call.name === 'exists' || call.name === 'all') for (const body of bodies) payForErrors(body);
    return 1 + meterExpression(call.receiver as ASTNode);
  }
  const children = childrenOf(node);
  const untyped = children.some(child => typeOf(child)?.name.includes('dyn'));
  const steps = children.reduce((sum, child) => sum + meterExpression(child), untyped ? 1 + stepsPerUntyped : 1);
  if (call || reading.has(node.op)) for (const child of children) payForReading(child);
  if (call) payForReading(node);
  if (node.op === '||' || node.op === '&&') payForErrors(node.args[0]);
  return steps;
}

function payPerElement(body: ASTNode, steps: number): void {
  intercept(body, evaluate => (evaluator, self, scope) => {
    spend(steps);
    return evaluate(evaluator, self, scope);
  });
}

function payForReading(node: ASTNode): void {
  const type = typeOf(node);
  if (!type || small.test(type.name) || isShortLiteral(node)) return;
  intercept(node, evaluate => (evaluator, self, scope) => {
    const value = evaluate(evaluator, self, scope);
    spendReading(value);
    return value;
  });
}

function isShortLiteral(node: ASTNode): boolean {
  return node.op === 'value' && typeof node.args === 'string' && node.args.length < 64;
}

function payForErrors(node: ASTNode): void {
  intercept(node, evaluate => (evaluator, self, scope) => {
    try {
      return evaluate(evaluator, self, scope);
    } catch (error) {
      spend(stepsPerError);
      throw error;
    }
  });
}
