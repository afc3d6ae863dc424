import { kindsOfBytes } from './character-classes.ts';
import { createPieceCounter } from './count-piece.ts';
import { pieceEndOf } from './split-pieces.ts';
import { readTokenTable } from './token-table.ts';

export interface TokenCounter {
  count(text: string): number;
}

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
