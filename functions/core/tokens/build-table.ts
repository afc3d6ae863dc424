import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import cl100kRanks from 'js-tiktoken/ranks/cl100k_base';
import o200kRanks from 'js-tiktoken/ranks/o200k_base';
import { type EncodingName, encodingNames } from './encodings.ts';
import { createTokenTable } from './token-table.ts';

const ranksOf = { o200k_base: o200kRanks, cl100k_base: cl100kRanks };

const cacheDirectory = fileURLToPath(new URL('../../../node_modules/.cache/tollgate/', import.meta.url));

/** The bytes of an encoding's table file, made from the ranks that js-tiktoken ships. */
export function buildTokenTable(encoding: EncodingName): Uint8Array {
  return createTokenTable(encoding, parseRanks(ranksOf[encoding].bpe_ranks));
}

/** Each line is `! <rank of its first token> <token> <token> …`, the tokens in base64. */
function parseRanks(ranks: string): Uint8Array[] {
  const tokens: Uint8Array[] = [];
  for (const line of ranks.split('\n')) {
    const [, firstRank, ...encoded] = line.split(' ');
    for (const [i, token] of encoded.entries()) tokens[Number(firstRank) + i] = Buffer.from(token, 'base64');
  }
  return tokens;
}

/**
 * Writes `o200k_base.bin` and `cl100k_base.bin`, by default to where the sources find them. A file appears complete or
 * not at all, so that processes may build at the same time.
 */
export async function buildTokenTables(directory = cacheDirectory): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const encoding of encodingNames) {
    const file = join(directory, `${encoding}.bin`);
    const unfinished = `${file}.${process.pid}`;
    await writeFile(unfinished, buildTokenTable(encoding));
    await rename(unfinished, file);
  }
}

if (import.meta.main) await buildTokenTables();
