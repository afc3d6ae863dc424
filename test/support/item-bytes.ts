import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Balance } from '../../functions/core/balance.ts';
import { balanceKey, balanceLayout } from '../../functions/store/balance-item.ts';

/**
 * How large DynamoDB takes an item to be when it counts write units: names and values, with a few bytes around them.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Record<string, AttributeValue>): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

/** A write costs one unit for each started KB of the larger of the old and the new item. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1_024));
}

export function toBalanceItem(accountId: string, shard: number, balance: Balance): Record<string, AttributeValue> {
  const fields = Object.entries(balanceLayout).map(([field, { name, toValue }]) => [
    name,
    toValue(balance[field as keyof Balance] as never),
  ]);
  return { ...balanceKey(accountId, shard), ...Object.fromEntries(fields) };
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.L !== undefined) return 3 + value.L.reduce((sum, each) => sum + 1 + valueBytes(each), 0);
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  return 1;
}

/** One byte for each two significant digits, and one more. */
function numberBytes(text: string): number {
  const digits = text.replace('-', '').replace(/^0+/, '').replace(/0+$/, '');
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}
