import type { ASTNode } from 'cel-js';
import { childrenOf, fieldOf, replaceArgs } from './ast.ts';
import type { CelType } from './cel-type.ts';

/**
 * Makes `req.url.host` the field `url.host` of `req`, where `req.url` by itself is a text: the engine's texts have no fields.
 * @param types of the variables, by name
 */
export function joinTextFields(node: ASTNode, types: ReadonlyMap<string, CelType>): void {
  for (const child of childrenOf(node)) joinTextFields(child, types);
  const field = fieldOf(node);
  const parent = field && fieldOf(field.of);
  if (!field || parent?.of.op !== 'id') return;
  const type = types.get(parent.of.args);
  const hasFields = Object.keys(type?.fields ?? {}).some(name => name.startsWith(`${parent.name}.`));
  if (hasFields) readInstead(node, parent.of, `${parent.name}.${field.name}`);
}

function readInstead(node: ASTNode, of: ASTNode, name: string): void {
  if (node.op === '.') replaceArgs(node, [of, name]);
  if (node.op !== '[]') return;
  replaceArgs(node.args[1], name);
  replaceArgs(node, [of, node.args[1]]);
}
