import { GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { LotCategory } from '../core/lots.ts';
import { attempt, fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * What changed a balance besides charges (those are the usage records). Append-only.
 * Credits table: `pk = JOURNAL#<account>`, `sk = <row id>`; and the row that made a lot or a refund again at
 * `pk = LOT#<account>`, `sk = <lot or refund id>`, the permanent proof that it was made once.
 */
export interface JournalRow {
  /** `jr_…`; sorts by time. */
  id: string;
  accountId: string;
  kind: LotCategory | 'expiry' | 'refund';
  lotId: string;
  /** Of the lot; `kind` says it too for the row that made the lot. */
  category?: LotCategory;
  /** Only with `kind: 'refund'`. */
  refundId?: string;
  /** Nano-USD as text, positive when money came in. */
  amountNanoUsd: string;
  /** Spendable after this, in nano-USD as text, where it is known: not for accounts that are spread over shards. */
  balanceAfterNanoUsd?: string;
  createdAt: string;
  expiresAt?: string;
  /** Why an operator granted or refunded it. */
  reason?: string;
  /** Id of the management key that made it. */
  createdBy?: string;
  /** Digest of the request that made a lot or a refund, so that the same key with another body is noticed. */
  requestDigest?: string;
}

/** The lot or refund that a row is the proof of, if it is one. */
export function provenBy(row: JournalRow): string | undefined {
  if (row.kind === 'expiry') return undefined;
  return row.kind === 'refund' ? row.refundId : row.lotId;
}

/** Writes a row; writing it again changes nothing. The proof comes first, so that a row without one is never read. */
export async function appendJournalRow({ dynamo, tables }: Store, row: JournalRow): Promise<void> {
  const provenId = provenBy(row);
  const keys = [
    ...(provenId === undefined ? [] : [{ pk: `LOT#${row.accountId}`, sk: provenId }]),
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

/** The row that made a lot or a refund, if the journal has it. */
export async function findProof({ dynamo, tables }: Store, accountId: string, id: string) {
  const get = new GetItemCommand({
    TableName: tables.credits,
    Key: toItem({ pk: `LOT#${accountId}`, sk: id }),
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
