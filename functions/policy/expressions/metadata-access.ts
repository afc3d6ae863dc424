import type { ASTNode } from 'cel-js';
import { callOf, childrenOf, fieldOf, intercept, typeOf } from './ast.ts';
import { readKey } from './metadata.ts';

/**
 * Makes `m.metadata.region` null for models without a region, however deep the path, and `has(m.metadata.region)`
 * false. CEL would fail instead, and then no strategy that reads metadata could be used beside the built-in models,
 * which have none.
 */
export function readMetadataLeniently(node: ASTNode): void {
  for (const child of childrenOf(node)) readMetadataLeniently(child);
  const call = callOf(node);
  const [field] = call?.args ?? [];
  if (call?.name === 'has' && field && isBelowMetadata(field)) {
    intercept(node, () => (evaluator, _self, scope) => evaluator.run(field, scope) !== null);
  }
  if (!isBelowMetadata(node) || (node.op !== '.' && node.op !== '[]')) return;
  const [parent, key] = node.args;
  intercept(node, () => (evaluator, _self, scope) => {
    const value = evaluator.run(parent, scope);
    return readKey(value, typeof key === 'string' ? key : evaluator.run(key, scope));
  });
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
