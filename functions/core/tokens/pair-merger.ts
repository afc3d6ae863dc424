import { MinHeap } from './min-heap.ts';
import { notAToken, rankOf, type TokenTable } from './token-table.ts';

/**
 * Byte pair encoding: of all adjacent pairs, the one whose bytes together are the token of lowest rank is merged, the
 * leftmost of equals, until no pair is a token. A heap finds that pair, so n bytes take O(n log n).
 */
export class PairMerger {
  /** Most bytes that `merge` takes; it needs 28 bytes of memory for each. */
  readonly capacity: number;
  readonly #table: TokenTable;
  /** For the byte a part starts with: where the next and the previous part start, and the rank of it and the next. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #rankOfPair: Int32Array;
  /** `rank * capacity + start` of pairs, some of them outdated. */
  readonly #heap: MinHeap;

  constructor(table: TokenTable, capacity: number) {
    this.capacity = capacity;
    this.#table = table;
    this.#next = new Int32Array(capacity);
    this.#previous = new Int32Array(capacity);
    this.#rankOfPair = new Int32Array(capacity);
    this.#heap = new MinHeap(2 * capacity); // Each merge takes one pair out and puts at most two in.
  }

  /** Merges `bytes[start..end)` and returns the number of tokens. */
  merge(bytes: Uint8Array, start: number, end: number): number {
    const part = bytes.subarray(start, end);
    for (let at = 0; at < part.length; at++) {
      this.#next[at] = at + 1;
      this.#previous[at] = at - 1;
    }
    for (let at = 0; at < part.length; at++) this.#rankPair(part, at);
    let tokens = part.length;
    for (let key = this.#heap.pop(); key !== undefined; key = this.#heap.pop()) {
      const rank = Math.floor(key / this.capacity);
      const left = key - rank * this.capacity;
      if (this.#rankOfPair[left] !== rank) continue; // One of the two has been merged with another since.
      this.#mergePair(part, left);
      tokens--;
    }
    return tokens;
  }

  /** After `merge`: where the token that starts at `at` ends, both counted from the start of what was merged. */
  tokenEnd(at: number): number {
    return this.#next[at] as number;
  }

  #mergePair(bytes: Uint8Array, left: number): void {
    const right = this.#next[left] as number;
    const after = this.#next[right] as number;
    this.#next[left] = after;
    if (after < bytes.length) this.#previous[after] = left;
    this.#rankOfPair[right] = notAToken;
    this.#rankPair(bytes, left);
    if (left > 0) this.#rankPair(bytes, this.#previous[left] as number);
  }

  #rankPair(bytes: Uint8Array, left: number): void {
    const right = this.#next[left] as number;
    const rank = right < bytes.length ? rankOf(this.#table, bytes, left, this.#next[right] as number) : notAToken;
    this.#rankOfPair[left] = rank;
    if (rank !== notAToken) this.#heap.push(rank * this.capacity + left);
  }
}
