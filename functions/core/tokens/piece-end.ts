import { kinds } from './character-kinds.ts';
import type { EncodingName } from './encodings.ts';

/** Where the piece that starts at byte `start` ends. Pieces are never empty and never cut a character. */
export type PieceEnd = (bytes: Uint8Array, kindOfByte: Uint16Array, start: number) => number;

const { upper, lower, uncased, mark, number, space, lineBreak, other, rest } = kinds;
const letter = upper | lower | uncased;
const symbol = mark | other; // [^\s\p{L}\p{N}]
const wordPrefix = space | symbol; // [^\r\n\p{L}\p{N}], the one character before a word that belongs to it
const upperSide = upper | uncased | mark; // [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]
const lowerSide = lower | uncased | mark; // [\p{Ll}\p{Lm}\p{Lo}\p{M}]

const blank = 0x20;
const apostrophe = 0x27;
const slash = 0x2f;

/**
 * The patterns that split a text into pieces before merging, written out by hand. The regular expression engine takes
 * two to four times as long, as it makes a string of each piece, and its stack overflows on some millions of emoji in a
 * row. Each line stands for one alternative, in the pattern's order; a run is passed over a fixed number of times, so
 * the time is in proportion to the text.
 * @see `pat_str` in js-tiktoken's ranks, which the comments quote and the tests compare with
 */
export const pieceEndOf: Record<EncodingName, PieceEnd> = {
  cl100k_base: (bytes, kindOfByte, start) =>
    contractionEnd(bytes, start) ?? // 's|'t|'re|'ve|'m|'ll|'d in any case
    plainWordEnd(kindOfByte, start) ?? // [^\r\n\p{L}\p{N}]?\p{L}+
    numberEnd(kindOfByte, start) ?? // \p{N}{1,3}
    symbolsEnd(bytes, kindOfByte, start) ?? //  ?[^\s\p{L}\p{N}]+[\r\n]*
    whitespaceEnd(kindOfByte, start), // \s*[\r\n]+|\s+(?!\S)|\s+

  o200k_base: (bytes, kindOfByte, start) =>
    casedWordEnd(bytes, kindOfByte, start) ?? // see there
    numberEnd(kindOfByte, start) ?? // \p{N}{1,3}
    symbolsEnd(bytes, kindOfByte, start, slash) ?? //  ?[^\s\p{L}\p{N}]+[\r\n/]*
    whitespaceEnd(kindOfByte, start), // \s*[\r\n]+|\s+(?!\S)|\s+
};

function contractionEnd(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== apostrophe) return undefined;
  const letters = String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0).toLowerCase();
  if ('sdmt'.includes(letters.charAt(0))) return at + 2;
  return ['ll', 've', 're'].includes(letters) ? at + 3 : undefined;
}

function plainWordEnd(kindOfByte: Uint16Array, start: number): number | undefined {
  const first = afterPrefix(kindOfByte, start);
  const end = runEnd(letter, kindOfByte, first);
  return end > first ? end : undefined;
}

/**
 * With U for the upper and W for the lower side, the alternatives are `prefix?U*W+contraction?` and
 * `prefix?U+W*contraction?`. Each is tried with the prefix first; that matters for marks, which are a prefix, U and W.
 */
function casedWordEnd(bytes: Uint8Array, kindOfByte: Uint16Array, start: number): number | undefined {
  const first = afterPrefix(kindOfByte, start);
  const end = mixedWordEnd(kindOfByte, first) ?? mixedWordEnd(kindOfByte, start) ?? capitalsEnd(kindOfByte, first);
  return end && (contractionEnd(bytes, end) ?? end);
}

/** `U*W+`: when no W follows all of U*, it gives characters back until W+ can have one, the last that is in both. */
function mixedWordEnd(kindOfByte: Uint16Array, start: number): number | undefined {
  const capitals = runEnd(upperSide, kindOfByte, start);
  const end = runEnd(lowerSide, kindOfByte, capitals);
  if (end > capitals) return end;
  for (let at = capitals; at > start; ) {
    const last = characterStart(kindOfByte, at - 1);
    if (isOneOf(lowerSide, kindOfByte, last)) return at;
    at = last;
  }
  return undefined;
}

/** `U+W*` where `U*W+` has failed: nothing of W follows. */
function capitalsEnd(kindOfByte: Uint16Array, start: number): number | undefined {
  const end = runEnd(upperSide, kindOfByte, start);
  return end > start ? end : undefined;
}

function numberEnd(kindOfByte: Uint16Array, start: number): number | undefined {
  let end = start;
  for (let digits = 0; digits < 3 && isOneOf(number, kindOfByte, end); digits++) end = characterEnd(kindOfByte, end);
  return end > start ? end : undefined;
}

function symbolsEnd(bytes: Uint8Array, kindOfByte: Uint16Array, start: number, alsoTaken?: number): number | undefined {
  const first = bytes[start] === blank ? start + 1 : start;
  let end = runEnd(symbol, kindOfByte, first);
  if (end === first) return undefined;
  while (isOneOf(lineBreak, kindOfByte, end) || (alsoTaken !== undefined && bytes[end] === alsoTaken)) end++;
  return end;
}

/** Through the last line break; without one, all but the last character, which belongs to what follows. */
function whitespaceEnd(kindOfByte: Uint16Array, start: number): number {
  const end = runEnd(space | lineBreak, kindOfByte, start);
  for (let at = end; at > start; at--) {
    if (isOneOf(lineBreak, kindOfByte, at - 1)) return at;
  }
  const last = characterStart(kindOfByte, end - 1);
  const textEnds = end === kindOfByte.length - 1;
  return textEnds || last === start ? end : last;
}

function isOneOf(mask: number, kindOfByte: Uint16Array, at: number): boolean {
  return ((kindOfByte[at] as number) & mask) !== 0;
}

/** The end of the longest run of such characters from `at` on, which is `at` when there is none. */
function runEnd(mask: number, kindOfByte: Uint16Array, at: number): number {
  if (!isOneOf(mask, kindOfByte, at)) return at;
  let end = at + 1;
  while (isOneOf(mask | rest, kindOfByte, end)) end++;
  return end;
}

function afterPrefix(kindOfByte: Uint16Array, start: number): number {
  return isOneOf(wordPrefix, kindOfByte, start) ? characterEnd(kindOfByte, start) : start;
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
