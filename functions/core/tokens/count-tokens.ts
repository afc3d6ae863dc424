import { kindsOfBytes } from './character-kinds.ts';
import { createPieceCounter } from './piece-counter.ts';
import { pieceEndOf } from './piece-end.ts';
import { readTokenTable } from './token-table.ts';

export interface TokenCounter {
  /**
   * The number of tokens in `text`, equal to js-tiktoken's `encode(text, [], [])`: special tokens such as
   * `<|endoftext|>` are ordinary text, and a lone surrogate is U+FFFD. Takes time in proportion to the length for any
   * text, and memory of about three bytes per byte of UTF-8 while it runs.
   */
  count(text: string): number;
}

/**
 * A counter for the encoding that `file` was built for. Nothing is cached between texts: most pieces are one look-up,
 * and merging the others is as quick as finding them in a cache would be.
 * @param file a table as build-table.ts writes it; the counter keeps it and reads from it
 * @throws Error when `file` is not such a table
 */
export function createTokenCounter(file: Uint8Array | ArrayBuffer): TokenCounter {
  const table = readTokenTable(file instanceof ArrayBuffer ? new Uint8Array(file) : file);
  const pieceEnd = pieceEndOf[table.encoding];
  const countPiece = createPieceCounter(table);
  const encoder = new TextEncoder();
  return {
    count(text) {
      const bytes = encoder.encode(text);
      const kindOfByte = kindsOfBytes(bytes);
      let tokens = 0;
      for (let start = 0; start < bytes.length; ) {
        const end = pieceEnd(bytes, kindOfByte, start);
        tokens += countPiece(bytes, start, end);
        start = end;
      }
      return tokens;
    },
  };
}
