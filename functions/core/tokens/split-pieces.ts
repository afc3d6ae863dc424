import { kinds } from './character-classes.ts';
import type { EncodingName } from './encodings.ts';

/** Where the piece that starts at byte `start` ends. Pieces are never empty and never cut a character. */
export type PieceEnd = (bytes: Uint8Array, kindOfByte: Uint16Array, start: number) => number;

const { upper, lower, uncased, mark, number, space, lineBreak, other, rest } = kinds;
const letter = upper | lower | uncased;
const symbol = mark | other;
const upperSide = upper | uncased | mark;
const lowerSide = lower | uncased | mark;
/** `[^\r\n\p{L}\p{N}]`, the one character that may stand before a word and belongs to it. */
const wordPrefix = space | mark | other;

const [blank, apostrophe, slash] = [0x20, 0x27, 0x2f];

/**
 * The splitting patterns of the encodings, written out by hand: the regular expression engine backtracks, which
 * overflows its stack on long runs, and works on strings where the merging needs bytes. Each alternative of a
 * pattern is one line below, in the pattern's order; the comments beside them quote it.
 * @see the `pat_str` of js-tiktoken's ranks; the tests compare both on random text
 */
export const pieceEndOf: Record<EncodingName, PieceEnd> = {
  cl100k_base: (bytes, kindOfByte, start) =>
    contractionEnd(bytes, start) ?? // '(?:[sdmt]|ll|ve|re) in any case
    cl100kWordEnd(kindOfByte, start) ?? // [^\r\n\p{L}\p{N}]?\p{L}+
    numberEnd(kindOfByte, start) ?? // \p{N}{1,3}
    symbolsEnd(bytes, kindOfByte, start, false) ?? //  ?[^\s\p{L}\p{N}]+[\r\n]*
    whitespaceEnd(kindOfByte, start), // \s*[\r\n]+|\s+(?!\S)|\s+

  o200k_base: (bytes, kindOfByte, start) =>
    o200kWordEnd(bytes, kindOfByte, start) ?? // two alternatives, see there
    numberEnd(kindOfByte, start) ?? // \p{N}{1,3}
    symbolsEnd(bytes, kindOfByte, start, true) ?? //  ?[^\s\p{L}\p{N}]+[\r\n/]*
    whitespaceEnd(kindOfByte, start), // \s*[\r\n]+|\s+(?!\S)|\s+
};

function isOneOf(mask: number, kindOfByte: Uint16Array, at: number): boolean {
  return ((kindOfByte[at] as number) & mask) !== 0;
}

/** The end of the longest run of these kinds from the start of a character on; `at` itself when there is none. */
function runEnd(mask: number, kindOfByte: Uint16Array, at: number): number {
  if (!isOneOf(mask, kindOfByte, at)) return at;
  let end = at + 1;
  while (isOneOf(mask | rest, kindOfByte, end)) end++;
  return end;
}

function characterEnd(kindOfByte: Uint16Array, at: number): number {
  let end = at + 1;
  while (isOneOf(rest, kindOfByte, end)) end++;
  return end;
}

function characterStart(kindOfByte: Uint16Array, at: number): number {
  let start = at;
  while (isOneOf(rest, kindOfByte, start)) start--;
  return start;
}

function contractionEnd(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== apostrophe) return undefined;
  const ending = String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0).toLowerCase();
  if ('sdmt'.includes(ending.charAt(0))) return at + 2;
  return ending === 'll' || ending === 've' || ending === 're' ? at + 3 : undefined;
}

function cl100kWordEnd(kindOfByte: Uint16Array, start: number): number | undefined {
  const first = isOneOf(wordPrefix, kindOfByte, start) ? characterEnd(kindOfByte, start) : start;
  const end = runEnd(letter, kindOfByte, first);
  return end > first ? end : undefined;
}

/**
 * With U = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` and W = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]` the alternatives are `prefix?U*W+` and
 * `prefix?U+W*`, each with a contraction behind. A mark is in U, W and the prefix, hence the order of attempts.
 */
function o200kWordEnd(bytes: Uint8Array, kindOfByte: Uint16Array, start: number): number | undefined {
  const afterPrefix = isOneOf(wordPrefix, kindOfByte, start) ? characterEnd(kindOfByte, start) : start;
  const end =
    lowerWordEnd(kindOfByte, afterPrefix) ?? lowerWordEnd(kindOfByte, start) ?? upperWordEnd(kindOfByte, afterPrefix);
  return end && (contractionEnd(bytes, end) ?? end);
}

/** `U*W+`: when no W follows the longest U*, it gives back characters until its last one that is also in W. */
function lowerWordEnd(kindOfByte: Uint16Array, start: number): number | undefined {
  const upperEnd = runEnd(upperSide, kindOfByte, start);
  const end = runEnd(lowerSide, kindOfByte, upperEnd);
  if (end > upperEnd) return end;
  for (let at = upperEnd; at > start; ) {
    const last = characterStart(kindOfByte, at - 1);
    if (isOneOf(lowerSide, kindOfByte, last)) return at;
    at = last;
  }
  return undefined;
}

/** `U+W*`, tried when `U*W+` has failed: there is no W behind the run. */
function upperWordEnd(kindOfByte: Uint16Array, start: number): number | undefined {
  const end = runEnd(upperSide, kindOfByte, start);
  return end > start ? end : undefined;
}

function numberEnd(kindOfByte: Uint16Array, start: number): number | undefined {
  let end = start;
  for (let digits = 0; digits < 3 && isOneOf(number, kindOfByte, end); digits++) end = characterEnd(kindOfByte, end);
  return end > start ? end : undefined;
}

function symbolsEnd(
  bytes: Uint8Array,
  kindOfByte: Uint16Array,
  start: number,
  takesSlash: boolean,
): number | undefined {
  const first = bytes[start] === blank ? start + 1 : start;
  let end = runEnd(symbol, kindOfByte, first);
  if (end === first) return undefined;
  while (isOneOf(lineBreak, kindOfByte, end) || (takesSlash && bytes[end] === slash)) end++;
  return end;
}

/** Up to the last line break of the whitespace; without one, all but the last character, which goes to the next word. */
function whitespaceEnd(kindOfByte: Uint16Array, start: number): number {
  const end = runEnd(space | lineBreak, kindOfByte, start);
  for (let at = end; at > start; at--) {
    if (isOneOf(lineBreak, kindOfByte, at - 1)) return at;
  }
  const last = characterStart(kindOfByte, end - 1);
  return end === kindOfByte.length - 1 || last === start ? end : last;
}
