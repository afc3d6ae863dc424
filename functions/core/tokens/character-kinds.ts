/**
 * The kinds of characters that the splitting patterns tell apart, a bit each, so that a set of kinds is a mask.
 * `rest` is the kind of a character's bytes after its first; with it in the mask, a run takes characters whole.
 */
export const kinds = {
  upper: 1, // \p{Lu} and \p{Lt}
  lower: 2, // \p{Ll}
  uncased: 4, // \p{Lm} and \p{Lo}
  mark: 8, // \p{M}
  number: 16, // \p{N}
  space: 32, // \s except the next
  lineBreak: 64, // \r and \n
  other: 128,
  rest: 256,
} as const;

/**
 * Kinds by code point, each filled in when it is first met; 0 until then. Asking the regular expression engine keeps
 * them at the Unicode version of the running Node.js, as js-tiktoken's are. Pages never touched take no memory.
 */
const kindOfCodePoint = new Uint8Array(0x110000);

/**
 * One kind per byte, and a 0 behind them that ends every run.
 * @param bytes well-formed UTF-8, as TextEncoder makes it
 */
export function kindsOfBytes(bytes: Uint8Array): Uint16Array {
  const kindOfByte = new Uint16Array(bytes.length + 1).fill(kinds.rest, 0, bytes.length);
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const codePoint = length === 1 ? lead : decode(bytes, at, length);
    kindOfByte[at] = kindOfCodePoint[codePoint] || learnKind(codePoint);
    at += length;
  }
  return kindOfByte;
}

function decode(bytes: Uint8Array, at: number, length: number): number {
  let codePoint = (bytes[at] as number) & (0x7f >> length);
  for (let next = at + 1; next < at + length; next++) codePoint = (codePoint << 6) | ((bytes[next] as number) & 0x3f);
  return codePoint;
}

function learnKind(codePoint: number): number {
  const kind = findKind(String.fromCodePoint(codePoint));
  kindOfCodePoint[codePoint] = kind;
  return kind;
}

function findKind(character: string): number {
  if (/[\p{Lm}\p{Lo}]/u.test(character)) return kinds.uncased;
  if (/\p{Ll}/u.test(character)) return kinds.lower;
  if (/[\p{Lu}\p{Lt}]/u.test(character)) return kinds.upper;
  if (/\p{M}/u.test(character)) return kinds.mark;
  if (/\p{N}/u.test(character)) return kinds.number;
  if (/[\r\n]/u.test(character)) return kinds.lineBreak;
  if (/\s/u.test(character)) return kinds.space;
  return kinds.other;
}
