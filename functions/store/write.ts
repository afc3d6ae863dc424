import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';

/**
 * One conditional write of one item, as data. DynamoDB runs it as one `UpdateItem`; tests apply it to items in memory,
 * where they lose replies, repeat writes and let them come late.
 */
export interface Write<Fields> {
  /** For operators, such as `holding credits`. */
  what: string;
  conditions: Condition<Fields>[];
  changes: Change<Fields>[];
  /** Fields to answer with besides those that the write changes. */
  returns?: Name<Fields>[];
  /** Never sent twice, not even when its outcome is unknown. */
  once?: true;
}

type Name<Fields> = Extract<keyof Fields, string>;

/** A field, or one entry of a field that is a map. */
interface Place<Fields> {
  field: Name<Fields>;
  entry?: string;
}

export type Condition<Fields> = Place<Fields> &
  ({ is: 'equal' | 'atLeast' | 'atMost' | 'above'; value: bigint | number } | { is: 'absent' | 'present' });

export type Change<Fields> = Place<Fields> & ({ add: bigint | number } | { set: unknown } | { remove: true });

/** How a field lies in an item: its name, and how its value, or the value of one of its entries, is written. */
export interface FieldLayout {
  name: string;
  toValue(value: never): AttributeValue;
  toEntry?(value: never): AttributeValue;
}

export type Layout<Fields> = { [Field in Name<Fields>]: FieldLayout };

const operators = { equal: '=', atLeast: '>=', atMost: '<=', above: '>' } as const;

/** Expressions and values of one `UpdateItem`. Every place and value gets a placeholder of its own. */
export function toUpdate<Fields>(
  { conditions, changes, returns = [] }: Write<Fields>,
  layout: Layout<Fields>,
): Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
> {
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  const place = ({ field, entry }: Place<Fields>) => {
    const { name } = layout[field];
    if (entry === undefined) return name;
    const placeholder = `#${Object.keys(names).length}`;
    names[placeholder] = entry;
    return `${name}.${placeholder}`;
  };
  const value = ({ field, entry }: Place<Fields>, content: unknown) => {
    const placeholder = `:${Object.keys(values).length}`;
    const { toValue, toEntry = toValue } = layout[field];
    values[placeholder] = (entry === undefined ? toValue : toEntry)(content as never);
    return placeholder;
  };
  const tests = conditions.map(condition => {
    if (!('value' in condition)) {
      return `${condition.is === 'absent' ? 'attribute_not_exists' : 'attribute_exists'}(${place(condition)})`;
    }
    return `${place(condition)} ${operators[condition.is]} ${value(condition, condition.value)}`;
  });
  const sets = changes.flatMap(change => {
    if ('remove' in change) return [];
    const path = place(change);
    if ('set' in change) return [`${path} = ${value(change, change.set)}`];
    return [`${path} = ${path} + ${value(change, change.add)}`];
  });
  const unchanged = returns.filter(field => !changes.some(change => change.field === field));
  for (const field of unchanged) sets.push(`${layout[field].name} = ${layout[field].name}`); // makes DynamoDB return it
  const removes = changes.flatMap(change => ('remove' in change ? [place(change)] : []));
  const clauses = [
    ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
    ...(removes.length > 0 ? [`REMOVE ${removes.join(', ')}`] : []),
  ];
  return {
    UpdateExpression: clauses.join(' '),
    ConditionExpression: tests.length > 0 ? tests.join(' AND ') : undefined,
    ExpressionAttributeNames: Object.keys(names).length > 0 ? names : undefined,
    ExpressionAttributeValues: Object.keys(values).length > 0 ? values : undefined,
  };
}

/** The changes that make one state of an item the other: sums as differences, because others go on adding to them. */
export function difference<Fields extends object>(
  before: Fields,
  after: Fields,
  fields: { sums: readonly Name<Fields>[]; values: readonly Name<Fields>[]; maps: readonly Name<Fields>[] },
): Change<Fields>[] {
  const changes: Change<Fields>[] = [];
  for (const field of fields.sums) {
    const [old, now] = [before[field], after[field]];
    if (typeof old === 'bigint' && old !== now) changes.push({ field, add: (now as bigint) - old });
    if (typeof old === 'number' && old !== now) changes.push({ field, add: (now as number) - old });
  }
  for (const field of fields.values) {
    if (before[field] !== after[field]) changes.push({ field, set: after[field] });
  }
  for (const field of fields.maps) {
    const [old, now] = [before[field], after[field]] as [ReadonlyMap<string, unknown>, ReadonlyMap<string, unknown>];
    if (old === now) continue;
    for (const [entry, content] of now) if (!old.has(entry)) changes.push({ field, entry, set: content });
    for (const entry of old.keys()) if (!now.has(entry)) changes.push({ field, entry, remove: true });
  }
  return changes;
}
