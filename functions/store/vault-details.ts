import { DeleteItemCommand, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { accountKey } from './accounts.ts';
import { fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * What the directory does not say of a vault or a secret, because it would be too much for one item. Endpoints table:
 * `pk = ACCOUNT#<account>`, `sk = VAULT#<id>` or `SECRET#<id>`. Without an entry in the directory they mean nothing.
 */
export interface StoredDetails extends Details {
  /** The change that wrote them; until the directory names it too, what was `before` counts. */
  changeId?: string;
  before?: Details;
}

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
  details: StoredDetails,
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
): Promise<StoredDetails | undefined> {
  const get = new GetItemCommand({
    TableName: tables.endpoints,
    Key: toItem(detailsKey(kind, accountId, id)),
    ConsistentRead: true,
  });
  const { Item } = await run('reading a secret', dynamo.send(get));
  return Item && fromDetailsItem(Item);
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
): Promise<{ details: StoredDetails[]; more: boolean }> {
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
  const details = Items.map(fromDetailsItem);
  // An answer ends after a megabyte, which a page of long metadata can reach before its limit.
  return { details: details.slice(0, limit), more: LastEvaluatedKey !== undefined };
}

/** What counts of them, by what the directory says. It must have been read first: details are written before it. */
export function detailsAsOf(
  { changeId, before, ...details }: StoredDetails,
  entry: { changeId?: string } | undefined,
): Details {
  return changeId === entry?.changeId ? details : (before ?? details);
}

function fromDetailsItem(item: Parameters<typeof fromItem>[0]): StoredDetails {
  const { pk, sk, ...details } = fromItem(item);
  return details as unknown as StoredDetails;
}

function detailsKey(kind: DetailsKind, accountId: string, id: string) {
  return { pk: accountKey(accountId), sk: sortPrefix[kind] + id };
}
