import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { attempt, fromItem, run, type Store, toItem } from './dynamo.ts';
import type { Slot } from './written-records.ts';

/** How far records are counted: the slot whose turn it is, and what all before it came to since there is a rollup. */
export interface RollupProgress {
  slot: Slot;
  slots: number;
  records: number;
  /** Writes of aggregates, metrics and of this item. */
  writes: number;
}

const key = { pk: 'ROLLUP', sk: 'PROGRESS' };

export async function readProgress({ dynamo, tables }: Store): Promise<RollupProgress | undefined> {
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :rollup',
    ExpressionAttributeValues: toItem({ ':rollup': key.pk }),
    ConsistentRead: true,
  });
  const { Items: [item] = [] } = await run('reading how far records are counted', dynamo.send(query));
  if (!item) return undefined;
  const { from, until, slots, records, writes } = fromItem(item) as Record<string, number>;
  return { slot: { from, until }, slots, records, writes } as RollupProgress;
}

/**
 * Goes on to the next slot. The slot whose turn it is keeps its bounds until it is done, whatever the interval is by then.
 * @param before undefined for the first
 * @returns whether it was written; false when another run has gone on before
 */
export async function advanceProgress(
  { dynamo, tables }: Store,
  before: RollupProgress | undefined,
  { slot, ...sums }: RollupProgress,
): Promise<boolean> {
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({ ...key, ...slot, ...sums }),
    ...(before
      ? {
          ConditionExpression: '#from = :from AND #until = :until',
          ExpressionAttributeNames: { '#from': 'from', '#until': 'until' },
          ExpressionAttributeValues: toItem({ ':from': before.slot.from, ':until': before.slot.until }),
        }
      : { ConditionExpression: 'attribute_not_exists(pk)' }),
  });
  return (await attempt('noting how far records are counted', dynamo.send(put))) !== undefined;
}
