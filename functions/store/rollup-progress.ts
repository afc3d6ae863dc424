import { GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
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
    KeyConditionExpression: 'pk = :rollup AND sk = :progress',
    ExpressionAttributeValues: toItem({ ':rollup': key.pk, ':progress': key.sk }),
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

/** How far the audit log of an account was told to its subscribers; undefined while it has none. */
export async function readChangesTold({ dynamo, tables }: Store, accountId: string): Promise<string | undefined> {
  const get = new GetItemCommand({
    TableName: tables.usage,
    Key: toItem(changesKey(accountId)),
    ConsistentRead: true,
  });
  const { Item } = await run('reading how far changes are told', dynamo.send(get));
  return Item && (fromItem(Item).afterId as string | undefined);
}

/** @param afterId the last entry that was told; undefined when nobody wants them any more */
export async function writeChangesTold(
  { dynamo, tables }: Store,
  accountId: string,
  afterId: string | undefined,
): Promise<void> {
  const put = new PutItemCommand({ TableName: tables.usage, Item: toItem({ ...changesKey(accountId), afterId }) });
  await run('noting how far changes are told', dynamo.send(put));
}

function changesKey(accountId: string) {
  return { pk: key.pk, sk: `CHANGES#${accountId}` };
}
