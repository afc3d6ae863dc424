import { foldCase } from './case-folding.ts';
import { anyChar, type CharSet, negate } from './char-set.ts';
import { newline } from './named-classes.ts';
import { type Read, readBracketClass, readClassEscape, readEscapedCharacter } from './parse-class.ts';
import { PatternProblem } from './pattern-problem.ts';
import type { Assertion, Node } from './syntax-tree.ts';

export interface ParsedPattern {
  tree: Node;
  /** Names of the groups in their order, from 1; undefined for those without. The whole match is 0 and always undefined. */
  groupNames: (string | undefined)[];
}

interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  U: boolean;
}

/** A group that is being read, or the whole pattern. */
interface OpenGroup {
  start: number;
  index: number | undefined;
  outerFlags: Flags;
  options: Node[];
  parts: Node[];
}

const countMax = 1_000;
/** Of all character classes together; `\pL` has 650. Reading thousands takes ten milliseconds. */
const rangesMax = 16_384;
const anyButNewline = negate(newline);

const assertions: ReadonlyMap<string, Assertion> = new Map([
  ['A', 'textStart'],
  ['z', 'textEnd'],
  ['b', 'wordBoundary'],
  ['B', 'noWordBoundary'],
]);

/**
 * Reads RE2 syntax as Go's `regexp` has it.
 * @throws PatternProblem
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function parsePattern(source: string): ParsedPattern {
  return new Parser(source).parse();
}

class Parser {
  private readonly source: string;
  private readonly groupNames: (string | undefined)[] = [undefined];
  private readonly outer: OpenGroup[] = [];
  private flags: Flags = { i: false, m: false, s: false, U: false };
  private open: OpenGroup;
  private at = 0;
  private ranges = 0;

  constructor(source: string) {
    this.source = source;
    this.open = { start: 0, index: undefined, outerFlags: this.flags, options: [], parts: [] };
  }

  parse(): ParsedPattern {
    let lastRepeatStart: number | undefined;
    while (this.at < this.source.length) {
      const start = this.at;
      const isRepeat = this.readRepeat(lastRepeatStart);
      if (!isRepeat) this.readPart();
      lastRepeatStart = isRepeat ? start : undefined;
    }
    if (this.outer.length > 0) throw new PatternProblem('the group "(" is never closed by ")"', this.open.start);
    return { tree: this.closeChoice(), groupNames: this.groupNames };
  }

  private readPart(): void {
    const { source, at } = this;
    switch (source[at]) {
      case '(':
        this.openGroup();
        break;
      case ')':
        this.closeGroup();
        break;
      case '|':
        this.open.options.push(sequence(this.open.parts));
        this.open.parts = [];
        this.at++;
        break;
      case '.':
        this.addSet({ value: this.flags.s ? anyChar : anyButNewline, end: at + 1 });
        break;
      case '^':
        this.addAssertion(this.flags.m ? 'lineStart' : 'textStart', 1);
        break;
      case '$':
        this.addAssertion(this.flags.m ? 'lineEnd' : 'textEnd', 1);
        break;
      case '[':
        this.addSet(readBracketClass(source, at, this.flags.i));
        break;
      case '\\':
        this.readEscape();
        break;
      default:
        this.addCharacter(source.codePointAt(at) as number);
        break;
    }
  }

  private readEscape(): void {
    const { source, at } = this;
    const letter = source[at + 1] ?? '';
    const assertion = assertions.get(letter);
    if (assertion) this.addAssertion(assertion, 2);
    else if (letter === 'Q') this.readQuoted();
    else if (letter === 'Z') throw new PatternProblem('there is no "\\Z"; "\\z" is the end of the text', at);
    else if (letter === 'C') throw new PatternProblem('"\\C" (one byte) has no meaning in a text', at);
    else this.addSet(readClassEscape(source, at, this.flags.i) ?? this.readEscapedLetter());
  }

  private readEscapedLetter(): Read<CharSet> {
    const { value, end } = readEscapedCharacter(this.source, this.at);
    return { value: this.setOf(value), end };
  }

  /** `\Q…\E` stands for its characters; it may stay open. */
  private readQuoted(): void {
    const close = this.source.indexOf('\\E', this.at + 2);
    const end = close === -1 ? this.source.length : close;
    this.at += 2;
    while (this.at < end) this.addCharacter(this.source.codePointAt(this.at) as number);
    this.at = close === -1 ? end : end + 2;
  }

  private addCharacter(codePoint: number): void {
    this.addSet({ value: this.setOf(codePoint), end: this.at + (codePoint > 0xffff ? 2 : 1) });
  }

  private setOf(codePoint: number): CharSet {
    const set = [codePoint, codePoint];
    return this.flags.i ? foldCase(set) : set;
  }

  private addSet({ value: set, end }: Read<CharSet>): void {
    this.ranges += set.length / 2;
    if (this.ranges > rangesMax) {
      throw new PatternProblem(
        `its classes hold over ${rangesMax} ranges of characters; use fewer or smaller ones`,
        this.at,
      );
    }
    this.open.parts.push({ kind: 'chars', set });
    this.at = end;
  }

  private addAssertion(assertion: Assertion, length: number): void {
    this.open.parts.push({ kind: 'assertion', assertion });
    this.at += length;
  }

  /** @returns whether a repetition was there */
  private readRepeat(lastRepeatStart: number | undefined): boolean {
    const token = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\?)?/y;
    token.lastIndex = this.at;
    const match = token.exec(this.source);
    if (!match) return false;
    const [written, sign, count, comma, upTo, lazy] = match;
    if (lastRepeatStart !== undefined) {
      const both = this.source.slice(lastRepeatStart, token.lastIndex);
      throw new PatternProblem(`"${both}" repeats a repetition, which RE2 has no possessive form for`, lastRepeatStart);
    }
    const min = sign ? (sign === '+' ? 1 : 0) : Number(count);
    const noMax = sign ? sign !== '?' : comma && !upTo;
    const max = noMax ? Number.POSITIVE_INFINITY : sign ? 1 : Number(upTo || count);
    if (min > countMax || (max !== Number.POSITIVE_INFINITY && max > countMax)) {
      throw new PatternProblem(`the count in "${written}" is over ${countMax}`, this.at);
    }
    if (max < min) throw new PatternProblem(`the count in "${written}" ends before it begins`, this.at);
    const body = this.open.parts.pop();
    if (!body) throw new PatternProblem(`there is nothing before "${written}" to repeat`, this.at);
    this.open.parts.push({ kind: 'repeat', body, min, max, isLazy: (lazy !== undefined) !== this.flags.U });
    this.at = token.lastIndex;
    return true;
  }

  private openGroup(): void {
    const { source, at } = this;
    const isSpecial = source[at + 1] === '?';
    const name = isSpecial ? this.readGroupName() : undefined;
    if (isSpecial && name === undefined) {
      this.readFlags();
      return;
    }
    if (name !== undefined) this.at = source.indexOf('>', at) + 1;
    else this.at++;
    this.groupNames.push(name);
    this.descend(at, this.groupNames.length - 1, this.flags);
  }

  private readGroupName(): string | undefined {
    const { source, at } = this;
    const opening = /\(\?(?:P?<(?![=!])|P)/y;
    opening.lastIndex = at;
    if (!opening.test(source)) return undefined;
    const written = /\(\?P?<(\w+)>/y;
    written.lastIndex = at;
    const name = written.exec(source)?.[1];
    if (name === undefined) {
      throw new PatternProblem(
        'a named group is written "(?P<name>…)" or "(?<name>…)", with letters, digits and "_"',
        at,
      );
    }
    if (this.groupNames.includes(name)) throw new PatternProblem(`two groups are named "${name}"`, at);
    return name;
  }

  /** `(?i)` changes the rest of the group it is in, `(?i:…)` its own. */
  private readFlags(): void {
    const { source, at } = this;
    const written = /\(\?([imsU]*)(?:-([imsU]+))?([:)])/y;
    written.lastIndex = at;
    const match = written.exec(source);
    if (!match) throw new PatternProblem(groupProblem(source, at), at);
    const flags = { ...this.flags };
    for (const flag of match[1] as string) flags[flag as keyof Flags] = true;
    for (const flag of match[2] ?? '') flags[flag as keyof Flags] = false;
    this.at = written.lastIndex;
    if (match[3] === ')') this.flags = flags;
    else {
      this.descend(at, undefined, this.flags);
      this.flags = flags;
    }
  }

  private descend(start: number, index: number | undefined, outerFlags: Flags): void {
    this.outer.push(this.open);
    this.open = { start, index, outerFlags, options: [], parts: [] };
  }

  private closeGroup(): void {
    const around = this.outer.pop();
    if (!around) throw new PatternProblem('")" closes no group; write "\\)" for the character', this.at);
    const { index, outerFlags } = this.open;
    const body = this.closeChoice();
    this.flags = outerFlags;
    this.open = around;
    around.parts.push(index === undefined ? body : { kind: 'group', index, body });
    this.at++;
  }

  private closeChoice(): Node {
    const { options, parts } = this.open;
    const last = sequence(parts);
    return options.length === 0 ? last : { kind: 'choice', options: [...options, last] };
  }
}

function sequence(parts: Node[]): Node {
  if (parts.length === 1) return parts[0] as Node;
  return parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', parts };
}

function groupProblem(source: string, at: number): string {
  for (const [opening, name] of [
    ['(?=', 'look-ahead'],
    ['(?!', 'look-ahead'],
    ['(?<=', 'look-behind'],
    ['(?<!', 'look-behind'],
    ['(?>', 'an atomic group'],
    ['(?#', 'a comment'],
  ] as const) {
    if (source.startsWith(opening, at)) return `"${opening}…)" is ${name}`;
  }
  return `there is no group "${source.slice(at, at + 3)}…)"; the flags are i, m, s and U`;
}
