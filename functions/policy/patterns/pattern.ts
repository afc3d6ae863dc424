import { StatesExhausted } from './automaton.ts';
import { parsePattern } from './parse-pattern.ts';
import { PatternProblem } from './pattern-problem.ts';
import { compileProgram } from './program.ts';
import { Scanner, type Search, type Span, undecided } from './scanner.ts';
import { longestMatch, type Node, sizeOf } from './syntax-tree.ts';
import { TextBuilder } from './text-builder.ts';

/** Longer ones cannot be read by people either. */
export const patternLengthMax = 4_096;

/** Parts of a pattern with its repetitions written out: each takes memory, and time to compile. */
export const patternSizeMax = 2_000;

/** What a match is replaced with: texts, and groups by their number; one that took no part is empty. */
export type Replacement = readonly (string | number)[];

/** Told of each match. @returns false when it is none after all: then the search goes on behind its first character */
export type MatchTest = (match: string) => boolean;

/** How far a text has been looked through; positions are UTF-16 units. */
export interface Progress {
  from: number;
  /** -1 when there was no match yet. An empty match right behind another one is none. */
  lastMatchEnd: number;
}

/** How many times as long as before a text may become, which bounds what replacing costs. */
const growthMax = 4;
/** What a short text may become all the same. */
const grownLengthMin = 256 * 1024;

/** What is asked for would take too much time or memory. */
export class TooCostly extends Error {
  override readonly name: string = 'TooCostly';
}

/** A text needs more time and memory than a pattern may take: the pattern is badly suited to texts of this length. */
export class PatternTooCostly extends TooCostly {
  override readonly name = 'PatternTooCostly';

  constructor(source: string, length: number) {
    super(
      `the pattern ${quoted(source)} has too many states on a text of ${length} characters; ` +
        'use smaller counts, or let what is counted not contain what follows it',
    );
  }
}

/** A regular expression in RE2 syntax. Whatever the pattern, searching and replacing take time linear in the text. */
export class Pattern {
  readonly source: string;
  /** Parts with repetitions written out. */
  readonly size: number;
  /** The longest match in UTF-16 units; undefined when there is no longest. */
  readonly lengthMax: number | undefined;
  /** From 1; undefined for groups without a name. The whole match is 0. */
  readonly groupNames: readonly (string | undefined)[];
  private readonly tree: Node;
  /** By the groups whose places they keep: keeping all would cost time with every match. */
  private readonly scanners = new Map<string, Scanner>();

  constructor(source: string) {
    const { tree, groupNames } = parsePattern(source);
    const longest = longestMatch(tree);
    this.source = source;
    this.tree = tree;
    this.size = sizeOf(tree);
    this.lengthMax = longest === Number.POSITIVE_INFINITY ? undefined : longest;
    this.groupNames = groupNames;
  }

  get groupCount(): number {
    return this.groupNames.length - 1;
  }

  /** @throws PatternTooCostly on texts of more than a thousand characters */
  occursIn(text: string): boolean {
    const span = { from: 0, end: text.length, isOpen: false };
    return this.search(text, span, [], search => search.next(0) !== undefined);
  }

  /** Replaces every match. @throws PatternTooCostly on texts of more than a thousand characters */
  replaceAll(text: string, replacement: Replacement, onMatch?: MatchTest, lengthMax?: number): string {
    const span = { from: 0, end: text.length, isOpen: false };
    return this.replaceWithin(text, span, { from: 0, lastMatchEnd: -1 }, replacement, onMatch, lengthMax);
  }

  /**
   * Replaces every match that begins at or behind `progress.from` and is decided by the text up to `span.end`.
   * Afterwards `progress.from` is where an open text has to be looked through again once more of it is there.
   * @returns the text between the two
   */
  replaceWithin(
    text: string,
    span: Span,
    progress: Progress,
    replacement: Replacement,
    onMatch?: MatchTest,
    lengthMax = Number.POSITIVE_INFINITY,
  ): string {
    const known = replacement.filter(piece => typeof piece === 'string' || piece <= this.groupCount);
    const groups = [...new Set(known.filter(piece => typeof piece === 'number' && piece > 0))] as number[];
    const pieces = known.map(piece => (typeof piece === 'number' ? groups.indexOf(piece) : piece));
    const grownMax = Math.max(grownLengthMin, growthMax * text.length);
    let piecesPut = 0;
    return this.search(text, span, groups, search => {
      const slots = new Int32Array(2 * groups.length);
      const output = new TextBuilder();
      let copied = progress.from;
      let from = progress.from;
      for (;;) {
        const start = search.next(from);
        const end = start === undefined ? undecided : search.matchEnd(start, slots);
        if (start === undefined || end === undecided) {
          progress.from = start ?? span.end;
          output.add(text, copied, progress.from);
          return output.toString();
        }
        const isEmptyRepeat = end === progress.lastMatchEnd;
        if (!isEmptyRepeat && onMatch?.(text.slice(start, end)) === false) {
          from = start + widthAt(text, start);
          continue;
        }
        if (!isEmptyRepeat) {
          if (copied < start) output.add(text, copied, start);
          expand(pieces, text, start, end, slots, output);
          copied = end;
          piecesPut += pieces.length;
          if (output.length > lengthMax) throw this.growsTooMuch(`${lengthMax} characters`, text);
          if (output.length > grownMax) throw this.growsTooMuch(`${grownMax} characters`, text);
          if (piecesPut > grownMax) throw this.growsTooMuch(`${grownMax} pieces of replacements`, text);
        }
        progress.lastMatchEnd = end;
        from = end > from ? end : from + widthAt(text, from);
      }
    });
  }

  private growsTooMuch(what: string, { length }: string): TooCostly {
    const remedy = 'let it match less often, or put less in its place';
    return new TooCostly(`the pattern ${quoted(this.source)} makes over ${what} of a text of ${length}; ${remedy}`);
  }

  private search<Result>(text: string, span: Span, groups: readonly number[], use: (search: Search) => Result): Result {
    try {
      return this.scanner(groups).search(text, span, use);
    } catch (error) {
      if (error instanceof StatesExhausted) throw new PatternTooCostly(this.source, text.length);
      throw error;
    }
  }

  private scanner(groups: readonly number[]): Scanner {
    const key = groups.join();
    let scanner = this.scanners.get(key);
    if (!scanner) {
      scanner = new Scanner(compileProgram(this.tree, groups));
      this.scanners.set(key, scanner);
    }
    return scanner;
  }
}

/** @returns the pattern, or in plain words why it cannot be used */
export function compilePattern(source: string): { pattern: Pattern } | { problem: string } {
  if (source.length > patternLengthMax) {
    return { problem: `a pattern of ${source.length} characters is too long; ${patternLengthMax} is the limit` };
  }
  try {
    const pattern = new Pattern(source);
    if (pattern.size <= patternSizeMax) return { pattern };
    return { problem: tooBig(source, pattern.size, patternSizeMax) };
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    return {
      problem: `the pattern ${quoted(source)} is not RE2 syntax: ${error.message}; RE2 has no look-around and no back-references`,
    };
  }
}

export function tooBig(source: string, size: number, sizeMax: number): string {
  return `the pattern ${quoted(source)} has ${size} parts with its repetitions written out, and ${sizeMax} is the limit; use smaller counts`;
}

function quoted(source: string): string {
  return source.length > 200 ? `"${source.slice(0, 200)}…"` : `"${source}"`;
}

/** @param pieces numbers are places in `slots`; -1 is the whole match */
function expand(
  pieces: Replacement,
  text: string,
  start: number,
  end: number,
  slots: Int32Array,
  output: TextBuilder,
): void {
  for (const piece of pieces) {
    if (typeof piece === 'string') output.add(piece);
    else if (piece === -1) output.add(text, start, end);
    else if ((slots[2 * piece] as number) >= 0) {
      output.add(text, slots[2 * piece], slots[2 * piece + 1]);
    }
  }
}

function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}
