import { GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { LotCategory } from '../core/balance.ts';
import { attempt, fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * What changed a balance besides charges (those are the usage records). Append-only.
 * Credits table: `pk = JOURNAL#<account>`, `sk = <row id>`; and for every lot its first row again at
 * `pk = LOT#<account>`, `sk = <lot id>`, the permanent proof that a purchase was made once.
 */
export interface JournalRow {
  /** `jr_…`; sorts by time. */
  id: string;
  accountId: string;
  kind: LotCategory | 'expiry' | 'refund';
  lotId: string;
  /** Nano-USD as text, positive when money came in. */
  amountNanoUsd: string;
  createdAt: string;
  expiresAt?: string;
  /** Why an operator granted it. */
  reason?: string;
  /** Id of the management key that made it. */
  createdBy?: string;
  /** Digest of the request that made a lot, so that the same key with another body is noticed. */
  requestDigest?: string;
}

/** Whether a row says that a lot came to be. */
export function makesLot(row: JournalRow): boolean {
  return row.kind !== 'expiry' && row.kind !== 'refund';
}

/** Writes a row; writing it again changes nothing. */
export async function appendJournalRow({ dynamo, tables }: Store, row: JournalRow): Promise<void> {
  const keys = [
    ...(makesLot(row) ? [{ pk: `LOT#${row.accountId}`, sk: row.lotId }] : []),
    { pk: `JOURNAL#${row.accountId}`, sk: row.id },
  ];
  for (const key of keys) {
    const put = new PutItemCommand({
      TableName: tables.credits,
      Item: toItem({ ...key, ...row }),
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    await attempt('writing the journal', dynamo.send(put));
  }
}

/** The row that made a lot, if the journal has it. */
export async function findLotRow({ dynamo, tables }: Store, accountId: string, lotId: string) {
  const get = new GetItemCommand({
    TableName: tables.credits,
    Key: toItem({ pk: `LOT#${accountId}`, sk: lotId }),
    ConsistentRead: true,
  });
  const { Item } = await run('reading a lot', dynamo.send(get));
  return Item && (fromItem(Item) as unknown as JournalRow);
}

/** Newest first, rows made before `beforeId`. */
export async function listJournal(
  { dynamo, tables }: Store,
  accountId: string,
  { beforeId, limit }: { beforeId: string | undefined; limit: number },
): Promise<JournalRow[]> {
  const query = new QueryCommand({
    TableName: tables.credits,
    KeyConditionExpression: 'pk = :account',
    ExpressionAttributeValues: toItem({ ':account': `JOURNAL#${accountId}` }),
    ExclusiveStartKey: beforeId === undefined ? undefined : toItem({ pk: `JOURNAL#${accountId}`, sk: beforeId }),
    ScanIndexForward: false,
    Limit: limit,
    ConsistentRead: true,
  });
  const { Items = [] } = await run('reading the journal', dynamo.send(query));
  return Items.map(item => fromItem(item) as unknown as JournalRow);
}
