import type { ASTNode } from 'cel-js';
import { alsoCheck, callOf, childrenOf, fieldOf, intercept, typeOf } from './ast.ts';
import { readKey } from './metadata.ts';

/**
 * Makes `m.metadata.region` null for models without a region, however deep the path, and `has(m.metadata.region)`
 * false. CEL would fail instead, and then no strategy that reads metadata could be used beside the built-in models,
 * which have none.
 */
export function readMetadataLeniently(node: ASTNode): void {
  for (const child of childrenOf(node)) readMetadataLeniently(child);
  const subject = subjectOfHas(node);
  if (subject && isBelowMetadata(subject)) {
    intercept(node, () => (evaluator, _self, context) => evaluator.run(subject, context) !== null);
  }
  if (!isBelowMetadata(node) || (node.op !== '.' && node.op !== '[]')) return;
  const [parent, key] = node.args;
  intercept(node, () => (evaluator, _self, context) => {
    const value = evaluator.run(parent, context);
    return readKey(value, typeof key === 'string' ? key : evaluator.run(key, context));
  });
}

/** The engine checks nothing below `has(…)`; with this a field that does not exist is refused there too. */
export function checkFieldsInHas(node: ASTNode): void {
  for (const child of childrenOf(node)) checkFieldsInHas(child);
  const subject = subjectOfHas(node);
  if (subject) alsoCheck(node, (checker, context) => checker.check(subject, context));
}

function subjectOfHas(node: ASTNode): ASTNode | undefined {
  const call = callOf(node);
  const [subject] = call?.args ?? [];
  return call?.name === 'has' && !call.receiver && subject?.op === '.' ? subject : undefined;
}

function isBelowMetadata(node: ASTNode): boolean {
  if (node.op !== '.' && node.op !== '[]') return false;
  const parent = node.args[0];
  return isMetadata(parent) || isBelowMetadata(parent);
}

function isMetadata(node: ASTNode): boolean {
  if (callOf(node)?.name === 'getMetadata') return true;
  const field = fieldOf(node);
  if (field?.name !== 'metadata') return false;
  const type = typeOf(field.of)?.name;
  return type === 'Model' || type === 'Provider';
}
