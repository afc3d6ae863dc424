import { type CharSet, codePointMax } from './char-set.ts';

/**
 * Code points that no set of a pattern tells apart have the same number, its class. Numbers for ASCII are looked up at
 * once, others by pages of 256 that are made when first met.
 */
export class CharacterClasses {
  /** A code point of each class. */
  readonly examples: number[] = [];
  readonly ascii: Uint16Array;
  private readonly starts: number[];
  private readonly classOfStart: number[];
  private readonly pages: (Uint16Array | undefined)[] = [];
  /** Pages with a single class, by that class. */
  private readonly evenPages: (Uint16Array | undefined)[] = [];

  constructor(sets: readonly CharSet[]) {
    const starts = new Set([0]);
    for (const set of sets) {
      for (let at = 0; at < set.length; at += 2) {
        starts.add(set[at] as number);
        starts.add((set[at + 1] as number) + 1);
      }
    }
    starts.delete(codePointMax + 1);
    this.starts = [...starts].sort((a, b) => a - b);
    this.classOfStart = this.partition(sets);
    this.ascii = this.page(0).slice(0, 128);
  }

  /** Every set divides the classes that it holds a part of. */
  private partition(sets: readonly CharSet[]): number[] {
    const classOfStart: number[] = new Array(this.starts.length).fill(0);
    let count = 1;
    for (const set of new Map(sets.map(set => [set.join(), set])).values()) {
      const inside = new Map<number, number>();
      for (let at = 0; at < set.length; at += 2) {
        const last = set[at + 1] as number;
        for (let range = this.rangeOf(set[at] as number); (this.starts[range] as number) <= last; range++) {
          const outside = classOfStart[range] as number;
          let number = inside.get(outside);
          if (number === undefined) {
            number = count++;
            inside.set(outside, number);
          }
          classOfStart[range] = number;
        }
      }
    }
    const dense = new Map<number, number>();
    return classOfStart.map((number, range) => {
      if (!dense.has(number)) dense.set(number, this.examples.push(this.starts[range] as number) - 1);
      return dense.get(number) as number;
    });
  }

  get count(): number {
    return this.examples.length;
  }

  of(codePoint: number): number {
    const page = this.pages[codePoint >> 8] ?? this.page(codePoint >> 8);
    return page[codePoint & 0xff] as number;
  }

  private page(number: number): Uint16Array {
    const first = number << 8;
    let range = this.rangeOf(first);
    const startsAt = (at: number): number => this.starts[at] ?? Number.POSITIVE_INFINITY;
    let page: Uint16Array | undefined;
    if (startsAt(range + 1) > first + 255) {
      const only = this.classOfStart[range] as number;
      page = this.evenPages[only] ??= new Uint16Array(256).fill(only);
    } else {
      page = new Uint16Array(256);
      for (let offset = 0; offset < 256; offset++) {
        while (first + offset >= startsAt(range + 1)) range++;
        page[offset] = this.classOfStart[range] as number;
      }
    }
    this.pages[number] = page;
    return page;
  }

  private rangeOf(codePoint: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] as number) <= codePoint) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
