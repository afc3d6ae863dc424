import type { CharSet } from './char-set.ts';
import { type Assertion, canBeEmpty, type Node } from './syntax-tree.ts';

/** One step of a pattern. `next` and the like are indexes of other steps. */
export type Step =
  | { kind: 'char'; set: CharSet; next: number /** Its number among the characters. */; index: number }
  | { kind: 'split'; first: number; second: number }
  | { kind: 'assertion'; assertion: Assertion; next: number }
  /** Slot 2 × place of the group among those that are kept is where it begins, the one after it where it ends. */
  | { kind: 'save'; slot: number; next: number }
  | { kind: 'match' };

export type CharStep = Extract<Step, { kind: 'char' }>;

/** A pattern written out as steps: alternatives in order of preference, counts as copies, loops as splits that go back. */
export interface Program {
  steps: readonly Step[];
  start: number;
  match: number;
  /** By their `index`. */
  charSteps: readonly CharStep[];
  usesWords: boolean;
  usesLines: boolean;
  usesEdges: boolean;
}

/** @param groups whose places are kept, by their number */
export function compileProgram(tree: Node, groups: readonly number[]): Program {
  const writer = new ProgramWriter(groups);
  const match = writer.add({ kind: 'match' });
  const start = writer.write(tree, match);
  const { steps } = writer;
  const uses = (...wanted: Assertion[]) =>
    steps.some(step => step.kind === 'assertion' && wanted.includes(step.assertion));
  const usesWords = uses('wordBoundary', 'noWordBoundary');
  const usesLines = uses('lineStart', 'lineEnd');
  return {
    steps,
    start,
    match,
    charSteps: steps.filter(step => step.kind === 'char').sort((a, b) => a.index - b.index),
    usesWords,
    usesLines,
    usesEdges: usesWords || usesLines || uses('textStart', 'textEnd'),
  };
}

/** Writes from the end to the beginning, so that every step knows the one behind it. */
class ProgramWriter {
  readonly steps: Step[] = [];
  private readonly groups: readonly number[];
  private chars = 0;

  constructor(groups: readonly number[]) {
    this.groups = groups;
  }

  add(step: Step): number {
    return this.steps.push(step) - 1;
  }

  /** @returns where to begin */
  write(node: Node, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next;
      case 'chars':
        return this.add({ kind: 'char', set: node.set, next, index: this.chars++ });
      case 'assertion':
        return this.add({ kind: 'assertion', assertion: node.assertion, next });
      case 'sequence':
        return node.parts.reduceRight((following, part) => this.write(part, following), next);
      case 'choice': {
        const starts = node.options.map(option => this.write(option, next));
        return starts.reduceRight((second, first) => this.add({ kind: 'split', first, second }));
      }
      case 'group': {
        const place = this.groups.indexOf(node.index);
        if (place === -1) return this.write(node.body, next);
        const close = this.add({ kind: 'save', slot: 2 * place + 1, next });
        return this.add({ kind: 'save', slot: 2 * place, next: this.write(node.body, close) });
      }
      case 'repeat':
        return this.writeRepeat(node, next);
    }
  }

  private writeRepeat({ body, min, max, isLazy }: Extract<Node, { kind: 'repeat' }>, next: number): number {
    let start = next;
    if (max !== Number.POSITIVE_INFINITY) {
      for (let copy = min; copy < max; copy++) start = this.split(this.write(body, start), next, isLazy);
      for (let copy = 0; copy < min; copy++) start = this.write(body, start);
      return start;
    }
    if (min === 0 && !canBeEmpty(body)) {
      const loop = this.reserveSplit();
      this.setSplit(loop, this.write(body, loop), next, isLazy);
      return loop;
    }
    // A body that may be empty is tried once before it may be left out: x* is (x+)?, as in RE2.
    const loop = this.reserveSplit();
    start = this.write(body, loop);
    this.setSplit(loop, start, next, isLazy);
    if (min === 0) return this.split(start, next, isLazy);
    for (let copy = 1; copy < min; copy++) start = this.write(body, start);
    return start;
  }

  private split(into: number, past: number, isLazy: boolean): number {
    const step = this.reserveSplit();
    this.setSplit(step, into, past, isLazy);
    return step;
  }

  private reserveSplit(): number {
    return this.add({ kind: 'split', first: 0, second: 0 });
  }

  private setSplit(at: number, into: number, past: number, isLazy: boolean): void {
    this.steps[at] = { kind: 'split', first: isLazy ? past : into, second: isLazy ? into : past };
  }
}
