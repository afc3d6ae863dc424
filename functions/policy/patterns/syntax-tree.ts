import type { CharSet } from './char-set.ts';

export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary';

/** A pattern as it was written; flags are already worked into it. */
export type Node =
  | { kind: 'empty' }
  | { kind: 'chars'; set: CharSet }
  | { kind: 'assertion'; assertion: Assertion }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; options: Node[] }
  | { kind: 'group'; index: number; body: Node }
  | { kind: 'repeat'; body: Node; min: number; max: number; isLazy: boolean };

/** How many parts a pattern has with its counted repetitions written out: what compiling and running it costs. */
export function sizeOf(node: Node): number {
  switch (node.kind) {
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + sizeOf(part), 0);
    case 'choice':
      return node.options.reduce((sum, option) => sum + sizeOf(option) + 1, -1);
    case 'group':
      return 1 + sizeOf(node.body);
    case 'repeat': {
      const body = Math.max(1, sizeOf(node.body));
      return node.max === Number.POSITIVE_INFINITY ? Math.max(1, node.min) * body + 1 : Math.max(1, node.max) * body;
    }
    case 'empty':
      return 0;
    default:
      return 1;
  }
}

/** The longest text that it can match, in UTF-16 units; Infinity when there is no longest. */
export function longestMatch(node: Node): number {
  switch (node.kind) {
    case 'chars':
      return (node.set.at(-1) ?? 0) > 0xffff ? 2 : 1;
    case 'sequence':
      return node.parts.reduce((sum, part) => sum + longestMatch(part), 0);
    case 'choice':
      return Math.max(...node.options.map(longestMatch));
    case 'group':
      return longestMatch(node.body);
    case 'repeat': {
      const body = longestMatch(node.body);
      return body === 0 || node.max === 0 ? 0 : body * node.max;
    }
    default:
      return 0;
  }
}

/** Whether it can match without reading a character. */
export function canBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case 'chars':
      return false;
    case 'sequence':
      return node.parts.every(canBeEmpty);
    case 'choice':
      return node.options.some(canBeEmpty);
    case 'group':
      return canBeEmpty(node.body);
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.body);
    default:
      return true;
  }
}
