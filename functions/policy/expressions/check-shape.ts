import type { ASTNode } from 'cel-js';
import { callOf, childrenOf, loopBodies } from './ast.ts';
import type { Dialect } from './dialect.ts';
import { errorAt } from './error-at.ts';
import { suggest } from './near-names.ts';
import { patternSize, patternSizeMax } from './pattern.ts';
import { quote } from './quote.ts';

/** A list of 200 conditions joined by `||` is 200 deep. */
const depthMax = 250;

/** Four loops, one in the other, over lists of ten already take 10,000 rounds. */
const nestedLoopsMax = 4;

/** All patterns of one expression together, with repetitions written out: compiling them takes time. */
const patternsSizeMax = 1_000;

/** Functions of CEL itself that expressions may call. Dates, bytes and JSON have no use here; `join` can make texts of any size. */
const standardFunctions = [
  ...['has', 'size', 'all', 'exists', 'exists_one', 'filter', 'map', 'bind'],
  ...['contains', 'startsWith', 'endsWith', 'matches', 'lowerAscii', 'upperAscii', 'trim'],
  ...['indexOf', 'lastIndexOf', 'substring', 'split'],
  ...['int', 'uint', 'double', 'string', 'bool', 'type', 'dyn'],
];

/**
 * Refuses what no expression needs and only costs: extreme depth, loops in loops in loops, functions that do not exist.
 * @throws ExpressionError
 */
export function checkShape(root: ASTNode, dialect: Dialect): void {
  const functions = new Set([...standardFunctions, ...dialect.functions]);
  const open: { node: ASTNode; depth: number; loops: number }[] = [{ node: root, depth: 1, loops: 0 }];
  let patternsSize = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, depth, loops } = next;
    if (depth > depthMax) {
      throw errorAt('too_complex', `the expression is more than ${depthMax} levels deep; split it`, node);
    }
    if (node.op === 'value' && typeof node.args === 'bigint' && node.args > 2n ** 63n) {
      throw errorAt('syntax', 'the number is too big for an int; the limit is 2^63 - 1', node);
    }
    const call = callOf(node);
    if (call && !functions.has(call.name)) {
      throw errorAt('type', `there is no function ${quote(call.name)}; ${suggest(call.name, functions)}`, node);
    }
    const pattern = call?.args.at(-1);
    if (call?.name === 'matches' && pattern?.op === 'value') {
      patternsSize += Math.min(patternSizeMax, patternSize(String(pattern.args))); // more is refused by itself
    }
    if (patternsSize > patternsSizeMax) {
      throw errorAt('too_complex', `the patterns of this expression are too big together; split it`, node);
    }
    dialect.checkNode?.(node);
    const bodies = call ? loopBodies(call) : [];
    if (bodies.length > 0 && loops === nestedLoopsMax) {
      throw errorAt('too_complex', `more than ${nestedLoopsMax} loops are inside one another; use fewer`, node);
    }
    for (const child of childrenOf(node)) {
      open.push({ node: child, depth: depth + 1, loops: loops + (bodies.includes(child) ? 1 : 0) });
    }
  }
}
