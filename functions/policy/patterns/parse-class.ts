import { foldCase } from './case-folding.ts';
import { type CharSet, charSet, codePointMax, negate, union } from './char-set.ts';
import { digits, posixClasses, spaces, unicodeClass, wordCharacters } from './named-classes.ts';
import { PatternProblem } from './pattern-problem.ts';

/** Something read from a pattern, and where it ends. */
export interface Read<Value> {
  value: Value;
  end: number;
}

/** `[…]` that opens at `start`. */
export function readBracketClass(source: string, start: number, ignoresCase: boolean): Read<CharSet> {
  const isNegated = source[start + 1] === '^';
  const first = start + (isNegated ? 2 : 1);
  const parts: CharSet[] = [];
  let at = first;
  while (source[at] !== ']' || at === first) {
    if (at >= source.length) throw new PatternProblem('the class "[" is never closed by "]"', start);
    const named = readPosixClass(source, at, ignoresCase) ?? readClassEscape(source, at, ignoresCase);
    const { value, end } = named ?? readRange(source, at);
    parts.push(value);
    at = end;
  }
  const written = union(...parts);
  const set = ignoresCase ? foldCase(written) : written;
  return { value: isNegated ? negate(set) : set, end: at + 1 };
}

function readRange(source: string, start: number): Read<CharSet> {
  const low = readClassCharacter(source, start);
  let high = low;
  if (source[low.end] === '-' && low.end + 1 < source.length && source[low.end + 1] !== ']') {
    high = readClassCharacter(source, low.end + 1);
    if (high.value < low.value) {
      throw new PatternProblem(`the range "${source.slice(start, high.end)}" runs backwards`, start);
    }
  }
  return { value: [low.value, high.value], end: high.end };
}

function readClassCharacter(source: string, start: number): Read<number> {
  if (source[start] === '\\') {
    if (readClassEscape(source, start, false)) {
      throw new PatternProblem(`"${source.slice(start, start + 2)}" cannot be the end of a range`, start);
    }
    return readEscapedCharacter(source, start);
  }
  const value = source.codePointAt(start);
  if (value === undefined) throw new PatternProblem('the class "[" is never closed by "]"', start);
  return { value, end: start + (value > 0xffff ? 2 : 1) };
}

function readPosixClass(source: string, start: number, ignoresCase: boolean): Read<CharSet> | undefined {
  if (!source.startsWith('[:', start)) return undefined;
  const close = source.indexOf(':]', start + 2);
  if (close === -1) return undefined;
  const written = source.slice(start, close + 2);
  const isNegated = source[start + 2] === '^';
  const set = posixClasses.get(source.slice(start + (isNegated ? 3 : 2), close));
  if (!set) throw new PatternProblem(`there is no class "${written}"`, start);
  return { value: signed(set, isNegated, ignoresCase), end: close + 2 };
}

/** `\d`, `\W`, `\pL`, `\p{Greek}` and the like; undefined when something else is at `start`. */
export function readClassEscape(source: string, start: number, ignoresCase: boolean): Read<CharSet> | undefined {
  if (source[start] !== '\\') return undefined;
  const letter = source[start + 1] ?? '';
  if (letter === 'p' || letter === 'P') return readUnicodeClass(source, start, ignoresCase);
  const set = { d: digits, s: spaces, w: wordCharacters }[letter.toLowerCase()];
  return set && { value: signed(set, letter !== letter.toLowerCase(), ignoresCase), end: start + 2 };
}

function readUnicodeClass(source: string, start: number, ignoresCase: boolean): Read<CharSet> {
  let name = String.fromCodePoint(source.codePointAt(start + 2) ?? 0x20);
  let end = start + 2 + name.length;
  if (name === '{') {
    const close = source.indexOf('}', start);
    if (close === -1) throw new PatternProblem(`"${source.slice(start, start + 3)}" is never closed by "}"`, start);
    name = source.slice(start + 3, close);
    end = close + 1;
  }
  const isNegated = name.startsWith('^');
  const set = unicodeClass(isNegated ? name.slice(1) : name);
  if (!set) {
    const written = source.slice(start, end);
    throw new PatternProblem(`there is no class "${written}"; general categories and scripts are known`, start);
  }
  return { value: signed(set, isNegated !== (source[start + 1] === 'P'), ignoresCase), end };
}

function signed(set: CharSet, isNegated: boolean, ignoresCase: boolean): CharSet {
  const folded = ignoresCase ? foldCase(set) : set;
  return isNegated ? negate(folded) : charSet(folded);
}

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/** `\n`, `\x41`, `\x{1F600}`, `\101`, `\.` */
export function readEscapedCharacter(source: string, start: number): Read<number> {
  const letter = source[start + 1];
  if (letter === undefined)
    throw new PatternProblem('the pattern ends with "\\"; write "\\\\" for the character', start);
  const octal = /(?:[1-7][0-7]{1,2}|0[0-7]{0,2})/y;
  octal.lastIndex = start + 1;
  const [digits] = octal.exec(source) ?? [];
  if (digits) return { value: Number.parseInt(digits, 8), end: start + 1 + digits.length };
  if (/[1-9]/.test(letter)) throw new PatternProblem(`"\\${letter}" refers back to a group`, start);
  if (letter === 'x') return readHexadecimal(source, start);
  const control = Object.hasOwn(controls, letter) ? controls[letter] : undefined;
  if (control !== undefined) return { value: control, end: start + 2 };
  if (/[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e ]/.test(letter)) return { value: letter.charCodeAt(0), end: start + 2 };
  throw new PatternProblem(`there is no escape "\\${String.fromCodePoint(source.codePointAt(start + 1) ?? 0)}"`, start);
}

function readHexadecimal(source: string, start: number): Read<number> {
  const written = /\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/y;
  written.lastIndex = start;
  const match = written.exec(source);
  const value = match ? Number.parseInt((match[1] ?? match[2]) as string, 16) : Number.NaN;
  if (!match || value > codePointMax) {
    throw new PatternProblem('"\\x" takes two hexadecimal digits, or up to 10FFFF in braces', start);
  }
  return { value, end: start + match[0].length };
}
