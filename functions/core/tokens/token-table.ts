import { type EncodingName, encodingNames } from './encodings.ts';

/**
 * A vocabulary laid out so that loading it is reading the file: every field below is a view of the file's bytes.
 *
 * ```text
 * header      8 little-endian words: magic, format version, encoding, tokens, slots, text bytes, 0, 0
 * offsets     tokens + 1 words: token r is text[offsets[r]] to text[offsets[r + 1]]; r is also its merge rank
 * slots       a hash table with linear probing, one word per slot: 0 when empty, else fingerprint and rank + 1
 * text        the bytes of all tokens in order of rank
 * ```
 */
export interface TokenTable {
  encoding: EncodingName;
  offsets: Uint32Array;
  slots: Uint32Array;
  text: Uint8Array;
}

/** No token of either vocabulary is longer, in bytes. */
export const tokenBytesMax = 128;

/** What `rankOf` answers for bytes that are not a token; it sorts after every rank. */
export const notAToken = 2 ** 18;

const magic = 0x4b4f5454; // "TTOK" when read as bytes; a big-endian machine sees another number and is refused.
const formatVersion = 1;
const headerWords = 8;
const rankBits = 18;
export const rankMask = 2 ** rankBits - 1;

/** The first words of a file; `headerWords` are reserved. */
export function tableHeader(encoding: EncodingName, tokens: number, slots: number, textBytes: number): number[] {
  return [magic, formatVersion, encodingNames.indexOf(encoding), tokens, slots, textBytes];
}

/** Bytes of a file with these sections. */
export function tableByteLength(tokens: number, slots: number, textBytes: number): number {
  return 4 * (headerWords + tokens + 1 + slots) + textBytes;
}

/**
 * Opens a table made by `writeTokenTable`. Nothing is copied, unless `file` starts at an odd place in its buffer.
 * @throws Error when `file` is not such a table
 */
export function readTokenTable(file: Uint8Array): TokenTable {
  const aligned = file.byteOffset % 4 === 0 ? file : file.slice();
  const wordCount = Math.floor(aligned.byteLength / 4);
  const header = new Uint32Array(aligned.buffer, aligned.byteOffset, Math.min(headerWords, wordCount));
  const [foundMagic, version, encodingIndex = -1, tokens = 0, slots = 0, textBytes = 0] = header;
  if (foundMagic !== magic || version !== formatVersion) {
    throw new Error(`not a token table of version ${formatVersion}; run \`npm run tokens\` to build one`);
  }
  const expected = tableByteLength(tokens, slots, textBytes);
  const encoding = encodingNames[encodingIndex];
  if (encoding === undefined || aligned.byteLength !== expected) {
    throw new Error(
      `token table has ${aligned.byteLength} of ${expected} bytes; run \`npm run tokens\` to build it anew`,
    );
  }
  return viewSections(aligned, encoding, tokens, slots);
}

function viewSections(file: Uint8Array, encoding: EncodingName, tokens: number, slots: number): TokenTable {
  const offsetsAt = file.byteOffset + 4 * headerWords;
  const slotsAt = offsetsAt + 4 * (tokens + 1);
  const textAt = slotsAt + 4 * slots;
  return {
    encoding,
    offsets: new Uint32Array(file.buffer, offsetsAt, tokens + 1),
    slots: new Uint32Array(file.buffer, slotsAt, slots),
    text: new Uint8Array(file.buffer, textAt, file.byteLength - (textAt - file.byteOffset)),
  };
}

/**
 * The rank of the token that is exactly `bytes[start..end)`, or `notAToken`.
 * Probing ends at an empty slot; a quarter of them are empty and never change, so no input can make it long.
 */
export function rankOf({ offsets, slots, text }: TokenTable, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > tokenBytesMax) return notAToken;
  const hash = hashBytes(bytes, start, end);
  const fingerprint = hash & ~rankMask;
  const mask = slots.length - 1;
  for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const entry = slots[slot] as number;
    if ((entry & ~rankMask) !== fingerprint) continue;
    const rank = (entry & rankMask) - 1;
    const from = offsets[rank] as number;
    if ((offsets[rank + 1] as number) - from === end - start && sameBytes(text, from, bytes, start, end)) return rank;
  }
  return notAToken;
}

function sameBytes(text: Uint8Array, from: number, bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (text[from + i - start] !== bytes[i]) return false;
  }
  return true;
}

/** FNV-1a, then mixed so that both the low bits (the slot) and the high bits (the fingerprint) depend on every byte. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
