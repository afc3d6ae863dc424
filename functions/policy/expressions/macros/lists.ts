import { EvaluationError } from '../expression-error.ts';
import { toJsonValue } from '../json-values.ts';
import { checkTextLength, spend } from '../meter.ts';
import { sortAscending } from '../sort-by.ts';
import { type MacroFunction, ownName } from './register.ts';

const rangeMax = 10_000;

export const listMacros: readonly MacroFunction[] = [
  {
    signature: `list<string>.${ownName('join')}(): string`,
    compute: (list: string[]) => join(list, ''),
    whenAbsent: null,
  },
  { signature: `list<string>.${ownName('join')}(string): string`, compute: join, whenAbsent: null },
  { signature: 'list<V>.slice(int, int): list<V>', compute: slice, whenAbsent: null },
  { signature: 'list<V>.flatten(): list<dyn>', compute: (list: unknown[]) => flatten(list, 1n), whenAbsent: null },
  { signature: 'list<V>.flatten(int): list<dyn>', compute: flatten, whenAbsent: null },
  {
    signature: 'list<V>.sort(): list<V>',
    compute: (list: unknown[]) => sortAscending(list, item => item),
    whenAbsent: null,
  },
  { signature: 'list<V>.distinct(): list<V>', compute: distinct, whenAbsent: null },
  { signature: 'Lists.range(int): list<int>', compute: (_: object, end: bigint) => range(end), whenAbsent: null },
];

function join(list: readonly unknown[], separator: string): string {
  let length = Math.max(0, list.length - 1) * separator.length;
  for (const item of list) {
    if (typeof item !== 'string') throw new EvaluationError('join() works on a list of strings');
    length += item.length;
  }
  checkTextLength(length);
  return list.join(separator);
}

function slice(list: readonly unknown[], start: bigint, end: bigint): unknown[] {
  if (start < 0n || end < start || end > BigInt(list.length)) {
    throw new EvaluationError(`slice(${start}, ${end}) is outside the list, which has ${list.length} elements`);
  }
  return list.slice(Number(start), Number(end));
}

function flatten(list: readonly unknown[], depth: bigint): unknown[] {
  if (depth < 0n) throw new EvaluationError('flatten() takes a depth of 0 or more');
  const flat: unknown[] = [];
  for (const item of list) {
    spend(1);
    if (depth > 0n && Array.isArray(item)) for (const inner of flatten(item, depth - 1n)) flat.push(inner);
    else flat.push(item);
  }
  return flat;
}

/** The first of each; numbers of different types that are equal are the same, as `==` has it. */
function distinct(list: readonly unknown[]): unknown[] {
  const seen = new Set<string>();
  return list.filter(item => {
    const key = JSON.stringify(toJsonValue(item)) ?? '';
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function range(end: bigint): bigint[] {
  if (end < 0n || end > rangeMax) throw new EvaluationError(`lists.range() counts up to ${rangeMax}, not to ${end}`);
  spend(Number(end));
  return Array.from({ length: Number(end) }, (_, index) => BigInt(index));
}
