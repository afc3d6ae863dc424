import type { ASTNode } from 'cel-js';
import { callOf, childrenOf, intercept, loopBodies, typeOf } from './ast.ts';
import { spend, spendReading } from './meter.ts';

/** An error costs the engine a stack trace and a drawing of the source. */
const stepsPerError = 200;

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
  if (call?.name === 'has') return 2 + size(node);
  const bodies = call ? loopBodies(call) : [];
  if (call && bodies.length > 0) {
    for (const body of bodies) payPerElement(body, 1 + meterExpression(body));
    if (call.name === 'exists' || call.name === 'all') for (const body of bodies) payForErrors(body);
    return 1 + meterExpression(call.receiver as ASTNode);
  }
  const children = childrenOf(node);
  const steps = children.reduce((sum, child) => sum + meterExpression(child), 1);
  if (call || reading.has(node.op)) for (const child of children) payForReading(child);
  if (call) payForReading(node);
  if (node.op === '||' || node.op === '&&') payForErrors(node.args[0]);
  return steps;
}

function size(node: ASTNode): number {
  return childrenOf(node).reduce((sum, child) => sum + size(child), 1);
}

function payPerElement(body: ASTNode, steps: number): void {
  intercept(body, evaluate => (evaluator, self, context) => {
    spend(steps);
    return evaluate(evaluator, self, context);
  });
}

function payForReading(node: ASTNode): void {
  const type = typeOf(node);
  if (!type || small.test(type.name)) return;
  intercept(node, evaluate => (evaluator, self, context) => {
    const value = evaluate(evaluator, self, context);
    spendReading(value);
    return value;
  });
}

function payForErrors(node: ASTNode): void {
  intercept(node, evaluate => (evaluator, self, context) => {
    try {
      return evaluate(evaluator, self, context);
    } catch (error) {
      spend(stepsPerError);
      throw error;
    }
  });
}
