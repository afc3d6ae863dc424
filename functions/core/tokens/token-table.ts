import { type EncodingName, encodingNames } from './encodings.ts';

/**
 * A vocabulary laid out so that loading it is reading its file: the fields are views of the file's bytes.
 *
 * ```text
 * header    8 little-endian 32-bit words: magic, format version, encoding, tokens, slots, text bytes, 0, 0
 * offsets   tokens + 1 words: token r is text[offsets[r]..offsets[r + 1]); r is also its merge rank
 * slots     hash table with linear probing, a word per slot: 0 if empty, else 14 bits of hash and 18 of rank + 1
 * text      the bytes of all tokens in order of rank
 * ```
 */
export interface TokenTable {
  encoding: EncodingName;
  offsets: Uint32Array;
  slots: Uint32Array;
  text: Uint8Array;
}

/** What `rankOf` answers for bytes that are not a token. */
export const notAToken = -1;

/** No token of either vocabulary has more bytes. */
const tokenBytesMax = 128;

const magic = 0x4b4f5454; // The bytes "TTOK"; a big-endian machine reads another number and refuses the file.
const formatVersion = 1;
const headerWords = 8;
const rankMask = 2 ** 18 - 1;

/**
 * Lays out a file for `tokens`, given in order of rank. The same tokens always give the same bytes.
 * @throws Error when a token does not fit the format or a single byte is not a token, which merging relies on
 */
export function createTokenTable(encoding: EncodingName, tokens: readonly Uint8Array[]): Uint8Array {
  if (tokens.length >= rankMask)
    throw new Error(`${encoding} has ${tokens.length} tokens; the format fits ${rankMask}`);
  const textBytes = tokens.reduce((sum, token) => sum + token.length, 0);
  const slotCount = 2 ** Math.ceil(Math.log2(tokens.length * 1.25));
  const file = new Uint8Array(fileByteLength(tokens.length, slotCount, textBytes));
  const header = [magic, formatVersion, encodingNames.indexOf(encoding), tokens.length, slotCount, textBytes];
  new Uint32Array(file.buffer, 0, headerWords).set(header);
  const table = viewSections(file, encoding, tokens.length, slotCount);
  for (const [rank, token] of tokens.entries()) addToken(table, rank, token);
  for (let byte = 0; byte < 256; byte++) {
    if (rankOf(table, Uint8Array.of(byte), 0, 1) === notAToken) throw new Error(`${encoding} lacks the byte ${byte}`);
  }
  return file;
}

function addToken({ encoding, offsets, slots, text }: TokenTable, rank: number, token: Uint8Array): void {
  if (token.length === 0 || token.length > tokenBytesMax) {
    throw new Error(`token ${rank} of ${encoding} has ${token.length} bytes; the format fits 1 to ${tokenBytesMax}`);
  }
  const start = offsets[rank] as number;
  text.set(token, start);
  offsets[rank + 1] = start + token.length;
  const hash = hashBytes(token, 0, token.length);
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = (hash & ~rankMask) | (rank + 1);
}

/**
 * Opens a file made by `createTokenTable`. Its bytes are not copied, except when they start off a word boundary.
 * @throws Error when `file` is something else, of another version or incomplete
 */
export function readTokenTable(file: Uint8Array): TokenTable {
  const bytes = file.byteOffset % 4 === 0 ? file : new Uint8Array(file);
  const words = Math.min(headerWords, Math.floor(bytes.byteLength / 4));
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, words);
  const [foundMagic, version, encodingIndex = -1, tokens = 0, slots = 0, textBytes = 0] = header;
  if (foundMagic !== magic || version !== formatVersion) {
    throw new Error(`not a token table of version ${formatVersion}; build it anew with \`npm run tokens\``);
  }
  const encoding = encodingNames[encodingIndex];
  const expected = fileByteLength(tokens, slots, textBytes);
  if (encoding === undefined || bytes.byteLength !== expected) {
    throw new Error(`token table of ${bytes.byteLength} bytes is damaged; build it anew with \`npm run tokens\``);
  }
  return viewSections(bytes, encoding, tokens, slots);
}

function fileByteLength(tokens: number, slots: number, textBytes: number): number {
  return 4 * (headerWords + tokens + 1 + slots) + textBytes;
}

function viewSections(file: Uint8Array, encoding: EncodingName, tokens: number, slots: number): TokenTable {
  const offsetsAt = file.byteOffset + 4 * headerWords;
  const slotsAt = offsetsAt + 4 * (tokens + 1);
  const textAt = slotsAt + 4 * slots;
  return {
    encoding,
    offsets: new Uint32Array(file.buffer, offsetsAt, tokens + 1),
    slots: new Uint32Array(file.buffer, slotsAt, slots),
    text: new Uint8Array(file.buffer, textAt, file.byteOffset + file.byteLength - textAt),
  };
}

/**
 * The rank of the token that is exactly `bytes[start..end)`, or `notAToken`.
 * A fifth of the slots or more is empty and the table never changes, so no input can make the probing long.
 */
export function rankOf({ offsets, slots, text }: TokenTable, bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > tokenBytesMax) return notAToken;
  const hash = hashBytes(bytes, start, end);
  const mask = slots.length - 1;
  for (let slot = hash & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
    const entry = slots[slot] as number;
    if (((entry ^ hash) & ~rankMask) !== 0) continue;
    const rank = (entry & rankMask) - 1;
    const from = offsets[rank] as number;
    if ((offsets[rank + 1] as number) - from === length && startsWith(text, from, bytes, start, end)) return rank;
  }
  return notAToken;
}

function startsWith(text: Uint8Array, from: number, bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (text[from + at - start] !== bytes[at]) return false;
  }
  return true;
}

/** FNV-1a, then mixed so that the low bits (the slot) and the high ones (kept in it) each depend on every byte. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
