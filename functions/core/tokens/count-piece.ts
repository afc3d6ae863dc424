import { PairMerger } from './merge-pairs.ts';
import { notAToken, rankOf, type TokenTable } from './token-table.ts';

/** Counts the tokens of `bytes[start..end)`, one piece of the split text. */
export type PieceCounter = (bytes: Uint8Array, start: number, end: number) => number;

/** @param windowBytes how much of a long piece is merged at once; its merger stays in the processor's cache */
export function createPieceCounter(table: TokenTable, windowBytes = 4096): PieceCounter {
  const usualMerger = new PairMerger(table, windowBytes);
  return (bytes, start, end) => {
    if (end - start === 1 || rankOf(table, bytes, start, end) !== notAToken) return 1;
    let merger = usualMerger;
    for (;;) {
      const count = countInWindows(merger, bytes, start, end);
      if (count !== undefined) return count;
      merger = new PairMerger(table, merger.capacity * 8); // ends when one window holds the whole piece
    }
  };
}

function countInWindows(merger: PairMerger, bytes: Uint8Array, start: number, end: number): number | undefined {
  let count = 0;
  let from = start;
  let sharedEnd = 0;
  for (;;) {
    const to = Math.min(end, from + merger.capacity);
    const tokens = merger.merge(bytes, from, to);
    if (from > start && from + merger.tokenEnd(0) !== sharedEnd) return undefined;
    if (to === end) return count + tokens;
    const keep = (merger.capacity * 7) / 8;
    let cut = 0;
    for (let next = merger.tokenEnd(0); next <= keep; next = merger.tokenEnd(cut)) {
      cut = next;
      count++;
    }
    if (cut === 0) return undefined;
    sharedEnd = from + merger.tokenEnd(cut);
    from += cut;
  }
}
