import type { Condition, Write } from '../../functions/store/write.ts';

type Item = Record<string, unknown>;

/**
 * Does to an item in memory what DynamoDB does with the same write. `test/store/write.test.ts` shows that the two agree.
 * @returns the item as it is afterwards, or undefined when a condition does not hold
 */
export function applyWrite<Fields extends object>(
  item: Fields | undefined,
  { conditions, changes }: Write<Fields>,
): Fields | undefined {
  if (!conditions.every(condition => holds(item as Item | undefined, condition as Condition<Item>))) return undefined;
  const after: Item = { ...item };
  const maps = new Map<string, Map<string, unknown>>();
  const mapOf = (field: string) => {
    const known = maps.get(field);
    if (known) return known;
    if (!(after[field] instanceof Map)) throw new Error(`"${field}" of the item is not a map`);
    const copy = new Map(after[field] as Map<string, unknown>);
    maps.set(field, copy);
    after[field] = copy;
    return copy;
  };
  for (const change of changes) {
    const { field, entry } = change;
    if (entry !== undefined) {
      if ('set' in change) mapOf(field).set(entry, change.set);
      else if ('remove' in change) mapOf(field).delete(entry);
      else mapOf(field).set(entry, plus(mapOf(field).get(entry), change.add));
    } else if ('set' in change) after[field] = change.set;
    else if ('remove' in change) delete after[field];
    else after[field] = plus(after[field], change.add);
  }
  return after as Fields;
}

function holds(item: Item | undefined, condition: Condition<Item>): boolean {
  const { field, entry } = condition;
  const content = item?.[field];
  const value = entry === undefined ? content : (content as ReadonlyMap<string, unknown> | undefined)?.get(entry);
  if (!('value' in condition)) return (condition.is === 'present') === (value !== undefined);
  if (value === undefined) return false;
  const [left, right] = [value as bigint | number, condition.value];
  switch (condition.is) {
    case 'equal':
      return left === right;
    case 'atLeast':
      return left >= right;
    case 'atMost':
      return left <= right;
    case 'above':
      return left > right;
  }
}

function plus(value: unknown, added: bigint | number): bigint | number {
  if (typeof value === 'bigint' && typeof added === 'bigint') return value + added;
  if (typeof value === 'number' && typeof added === 'number') return value + added;
  throw new Error(`cannot add ${typeof added} to ${typeof value}`);
}
