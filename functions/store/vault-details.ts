import { DeleteItemCommand, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { accountKey } from './accounts.ts';
import { fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * What the directory does not say of a vault or a secret, because it would be too much for one item. Endpoints table:
 * `pk = ACCOUNT#<account>`, `sk = VAULT#<id>` or `SECRET#<id>`. Without an entry in the directory they mean nothing.
 */
export interface Details {
  id: string;
  description: string;
  metadata: string;
  /** RFC 3339. */
  createdAt: string;
  updatedAt: string;
  /** Ids of the management keys that made and last changed it. */
  createdBy: string;
  lastUpdatedBy: string;
}

export type DetailsKind = 'vault' | 'secret';

const sortPrefix = { vault: 'VAULT#', secret: 'SECRET#' } as const;

export async function putDetails(
  { dynamo, tables }: Store,
  kind: DetailsKind,
  accountId: string,
  details: Details,
): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.endpoints,
    Item: toItem({ ...detailsKey(kind, accountId, details.id), ...details }),
  });
  await run('writing a secret', dynamo.send(put));
}

export async function findDetails(
  { dynamo, tables }: Store,
  kind: DetailsKind,
  accountId: string,
  id: string,
): Promise<Details | undefined> {
  const get = new GetItemCommand({
    TableName: tables.endpoints,
    Key: toItem(detailsKey(kind, accountId, id)),
    ConsistentRead: true,
  });
  const { Item } = await run('reading a secret', dynamo.send(get));
  return Item && (fromItem(Item) as unknown as Details);
}

export async function deleteDetails(
  { dynamo, tables }: Store,
  kind: DetailsKind,
  accountId: string,
  id: string,
): Promise<void> {
  const remove = new DeleteItemCommand({
    TableName: tables.endpoints,
    Key: toItem(detailsKey(kind, accountId, id)),
  });
  await run('deleting a secret', dynamo.send(remove));
}

/** One page, newest first, of those made before `beforeId`. */
export async function listDetails(
  { dynamo, tables }: Store,
  kind: DetailsKind,
  accountId: string,
  { beforeId, limit }: { beforeId: string | undefined; limit: number },
): Promise<{ details: Details[]; more: boolean }> {
  const query = new QueryCommand({
    TableName: tables.endpoints,
    KeyConditionExpression: 'pk = :account AND begins_with(sk, :kind)',
    ExpressionAttributeValues: toItem({ ':account': accountKey(accountId), ':kind': sortPrefix[kind] }),
    ExclusiveStartKey: beforeId === undefined ? undefined : toItem(detailsKey(kind, accountId, beforeId)),
    ScanIndexForward: false,
    Limit: limit + 1,
    ConsistentRead: true,
  });
  const { Items = [], LastEvaluatedKey } = await run('listing secrets', dynamo.send(query));
  const details = Items.map(item => fromItem(item) as unknown as Details);
  // An answer ends after a megabyte, which a page of long metadata can reach before its limit.
  return { details: details.slice(0, limit), more: LastEvaluatedKey !== undefined };
}

function detailsKey(kind: DetailsKind, accountId: string, id: string) {
  return { pk: accountKey(accountId), sk: sortPrefix[kind] + id };
}
