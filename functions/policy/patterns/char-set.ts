/** A set of code points: sorted, disjoint ranges as `[first, last, first, last, …]`, both ends included. */
export type CharSet = readonly number[];

export const codePointMax = 0x10ffff;
export const anyChar: CharSet = [0, codePointMax];

/** @param ranges in any order, overlapping or not */
export function charSet(ranges: CharSet): CharSet {
  if (ranges.length <= 2) return ranges;
  const pairs: [first: number, last: number][] = [];
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at] as number, ranges[at + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0]);
  const sorted: number[] = [];
  for (const [first, last] of pairs) {
    const end = sorted.length - 1;
    const previous = sorted[end];
    if (previous !== undefined && first <= previous + 1) sorted[end] = Math.max(previous, last);
    else sorted.push(first, last);
  }
  return sorted;
}

export function union(...sets: CharSet[]): CharSet {
  return charSet(sets.flat());
}

export function negate(set: CharSet): CharSet {
  const rest: number[] = [];
  let first = 0;
  for (let at = 0; at < set.length; at += 2) {
    const start = set[at] as number;
    if (start > first) rest.push(first, start - 1);
    first = (set[at + 1] as number) + 1;
  }
  if (first <= codePointMax) rest.push(first, codePointMax);
  return rest;
}

export function includes(set: CharSet, codePoint: number): boolean {
  let low = 0;
  let high = set.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[2 * middle + 1] as number) < codePoint) low = middle + 1;
    else high = middle;
  }
  return low < set.length >> 1 && (set[2 * low] as number) <= codePoint;
}
