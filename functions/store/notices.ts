import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * What an account was told, so that it is told once. Usage table: `pk = NOTICE#<account>`, `sk = <what>`, gone with
 * its time. It is written after the notice, which has the same event id however often it is given.
 */
export interface Notice {
  /** How often it was given: with every crossing one more. */
  count: number;
  /** Whether what it says still holds. */
  holds: boolean;
}

export async function readNotice({ dynamo, tables }: Store, accountId: string, what: string): Promise<Notice> {
  const get = new GetItemCommand({
    TableName: tables.usage,
    Key: toItem({ pk: `NOTICE#${accountId}`, sk: what }),
    ConsistentRead: true,
  });
  const { Item } = await run('reading a notice', dynamo.send(get));
  if (!Item) return { count: 0, holds: false };
  const { count, holds } = fromItem(Item);
  return { count: count as number, holds: holds as boolean };
}

/** @param keptUntilSeconds when it may be forgotten; never unless said */
export async function writeNotice(
  { dynamo, tables }: Store,
  accountId: string,
  what: string,
  notice: Notice,
  keptUntilSeconds?: number,
): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({ pk: `NOTICE#${accountId}`, sk: what, ...notice, ttl: keptUntilSeconds }),
  });
  await run('writing a notice', dynamo.send(put));
}
