import assert from 'node:assert/strict';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { type EncodingName, encodingNames } from './encodings.ts';
import {
  hashBytes,
  notAToken,
  rankMask,
  readTokenTable,
  type TokenTable,
  tableByteLength,
  tableHeader,
  tokenBytesMax,
} from './token-table.ts';

/** A vocabulary as js-tiktoken's `ranks` modules export it. */
export interface Ranks {
  bpe_ranks: string;
}

export function buildTokenTable(encoding: EncodingName, ranks: Ranks): Uint8Array {
  const tokens = parseRanks(ranks.bpe_ranks);
  const textBytes = tokens.reduce((sum, token) => sum + token.length, 0);
  const slotCount = 2 ** Math.ceil(Math.log2(tokens.length * 1.25));
  const file = new Uint8Array(tableByteLength(tokens.length, slotCount, textBytes));
  const header = tableHeader(encoding, tokens.length, slotCount, textBytes);
  new Uint32Array(file.buffer, 0, header.length).set(header);
  const table = readTokenTable(file);
  for (const [rank, token] of tokens.entries()) addToken(table, rank, token);
  return file;
}
function parseRanks(text: string): Uint8Array[] {
  const tokens: Uint8Array[] = [];
  for (const line of text.split('\n')) {
    const [, first, ...encoded] = line.split(' ');
    for (const [i, token] of encoded.entries()) tokens[Number(first) + i] = Buffer.from(token, 'base64');
  }
  return tokens;
}
function addToken({ offsets, slots, text }: TokenTable, rank: number, token: Uint8Array): void {
  assert(token.length > 0 && token.length <= tokenBytesMax, `token ${rank} has ${token.length} bytes`);
  const start = offsets[rank] as number;
  text.set(token, start);
  offsets[rank + 1] = start + token.length;
  const hash = hashBytes(token, 0, token.length);
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = (hash & ~rankMask) | (rank + 1);
}
