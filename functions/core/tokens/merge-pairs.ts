import { MinHeap } from './min-heap.ts';
import { notAToken, rankOf, type TokenTable } from './token-table.ts';

/**
 * Byte pair encoding: single bytes are merged, always the adjacent pair whose bytes are the token of lowest rank, the
 * leftmost of equals, until no pair is a token. A heap finds that pair, so n bytes take O(n log n).
 */
export class PairMerger {
  /** Most bytes that `merge` takes at once. */
  readonly capacity: number;
  readonly #table: TokenTable;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #rankOfPair: Int32Array;
  readonly #heap: MinHeap;

  constructor(table: TokenTable, capacity: number) {
    this.capacity = capacity;
    this.#table = table;
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#rankOfPair = new Int32Array(capacity);
    this.#heap = new MinHeap(2 * capacity); // each merge takes one pair out and puts at most two in
  }

  /** Merges `bytes[start..end)` and returns the number of tokens; `tokenEnd` tells where they are. */
  merge(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const next = this.#next;
    const previous = this.#previous;
    for (let at = 0; at < length; at++) {
      next[at] = at + 1;
      previous[at] = at - 1;
    }
    for (let at = 0; at < length; at++) this.#rankPair(bytes, start, length, at);
    let tokens = length;
    for (let key = this.#heap.pop(); key !== undefined; key = this.#heap.pop()) {
      const rank = Math.floor(key / this.capacity);
      const left = key - rank * this.capacity;
      if (this.#rankOfPair[left] !== rank) continue; // one of the two has grown since
      const right = next[left] as number;
      const after = next[right] as number;
      next[left] = after;
      if (after < length) previous[after] = left;
      this.#rankOfPair[right] = notAToken;
      tokens--;
      this.#rankPair(bytes, start, length, left);
      if (left > 0) this.#rankPair(bytes, start, length, previous[left] as number);
    }
    return tokens;
  }

  /** After `merge`: where the token that starts at `at` ends, both counted from `start`. */
  tokenEnd(at: number): number {
    return this.#next[at] as number;
  }

  #rankPair(bytes: Uint8Array, start: number, length: number, left: number): void {
    const right = this.#next[left] as number;
    const rank =
      right < length ? rankOf(this.#table, bytes, start + left, start + (this.#next[right] as number)) : notAToken;
    this.#rankOfPair[left] = rank;
    if (rank !== notAToken) this.#heap.push(rank * this.capacity + left);
  }
}
