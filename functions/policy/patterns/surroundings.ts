import { includes } from './char-set.ts';
import { newline, wordCharacters } from './named-classes.ts';
import type { Program } from './program.ts';
import type { Assertion } from './syntax-tree.ts';

/** What assertions see on either side of a position. */
export const other = 0;
const word = 1;
const line = 2;
/** The beginning or end of the text. */
export const edge = 3;
/** The text goes on, but how is not known yet. */
export const unknown = 4;
export const kinds = 5;

/** Kinds that a program does not ask for are not told apart, which keeps its automaton small. */
export function kindOf(codePoint: number, { usesWords, usesLines }: Program): number {
  if (usesLines && includes(newline, codePoint)) return line;
  return usesWords && includes(wordCharacters, codePoint) ? word : other;
}

/** @returns undefined when it depends on what is not known */
export function holds(assertion: Assertion, before: number, after: number): boolean | undefined {
  switch (assertion) {
    case 'textStart':
      return before === edge;
    case 'lineStart':
      return before === edge || before === line;
    case 'textEnd':
      return after === unknown ? undefined : after === edge;
    case 'lineEnd':
      return after === unknown ? undefined : after === edge || after === line;
    case 'wordBoundary':
      return after === unknown ? undefined : (before === word) !== (after === word);
    case 'noWordBoundary':
      return after === unknown ? undefined : (before === word) === (after === word);
  }
}
