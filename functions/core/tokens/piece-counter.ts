import { PairMerger } from './pair-merger.ts';
import { notAToken, rankOf, type TokenTable } from './token-table.ts';

/** Counts the tokens of one piece, `bytes[start..end)`. */
export type PieceCounter = (bytes: Uint8Array, start: number, end: number) => number;

/**
 * @param windowBytes a longer piece is merged in windows of this length, which bounds the memory and keeps it in the
 *   processor's cache; the counts do not depend on it
 */
export function createPieceCounter(table: TokenTable, windowBytes = 4096): PieceCounter {
  const usualMerger = new PairMerger(table, windowBytes);
  return (bytes, start, end) => {
    if (end - start === 1 || rankOf(table, bytes, start, end) !== notAToken) return 1;
    let merger = usualMerger;
    for (;;) {
      const tokens = countInWindows(merger, bytes, start, end);
      if (tokens !== undefined) return tokens;
      merger = new PairMerger(table, 8 * merger.capacity); // At the latest, the one that holds the whole piece succeeds.
    }
  };
}

/**
 * Merges a piece in overlapping windows, with the same result as at once.
 *
 * A window ends in the middle of something, so its last tokens may be wrong. We keep seven eighths of it and start the
 * next window there, at the boundary between two tokens t and u. If that window also begins with u, no merge of the
 * whole piece crosses the boundary: the first that did would join the growing ends of t and u, and until then those
 * grow by the same merges in the same order as in the first window, where both were complete without being joined.
 * What lies on either side of a boundary that no merge crosses is merged independently.
 * @returns undefined when the next window begins with another token than u
 */
function countInWindows(merger: PairMerger, bytes: Uint8Array, start: number, end: number): number | undefined {
  let tokens = 0;
  let from = start;
  let expectedEnd: number | undefined;
  while (from + merger.capacity < end) {
    merger.merge(bytes, from, from + merger.capacity);
    if (expectedEnd !== undefined && from + merger.tokenEnd(0) !== expectedEnd) return undefined;
    let kept = 0;
    while (merger.tokenEnd(kept) <= (merger.capacity * 7) / 8) {
      kept = merger.tokenEnd(kept);
      tokens++;
    }
    if (kept === 0) return undefined;
    expectedEnd = from + merger.tokenEnd(kept);
    from += kept;
  }
  tokens += merger.merge(bytes, from, end);
  return expectedEnd === undefined || from + merger.tokenEnd(0) === expectedEnd ? tokens : undefined;
}
