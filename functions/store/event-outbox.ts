import { DeleteItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { fromItem, type Item, run, type Store, toItem } from './dynamo.ts';

/**
 * Events on their way to one destination. Usage table: `pk = OUTBOX#<destination>`, `sk = <batch id>`; what could not be
 * delivered lies at `pk = DEADLETTER#<destination>` for two weeks.
 */
export interface EventBatch {
  /** Begins with the time of its events, so that batches sort in the order they are to be sent. */
  id: string;
  accountId: string;
  /** How many events it holds. */
  events: number;
  /** RFC 3339. */
  createdAt: string;
  /** See `pack-events.ts`. */
  content: string;
}

export interface DeadBatch extends EventBatch {
  diedAt: string;
  /** Why the last try failed. */
  error: string;
}

/** A batch is given up long before. */
const batchKeptSeconds = 8 * 86_400;
const deadKeptSeconds = 14 * 86_400;

/** Writing a batch again changes nothing, unless it was delivered in between: then its events are sent twice. */
export async function putBatch({ dynamo, tables }: Store, destinationId: string, batch: EventBatch): Promise<void> {
  const ttl = Math.floor(Date.parse(batch.createdAt) / 1000) + batchKeptSeconds;
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({ ...outboxKey(destinationId, batch.id), ...batch, ttl }),
  });
  await run('writing events', dynamo.send(put));
}

/** The batches that are to be sent next, in order. */
export async function listBatches({ dynamo, tables }: Store, destinationId: string, limit: number) {
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :outbox',
    ExpressionAttributeValues: toItem({ ':outbox': outboxKey(destinationId, '').pk }),
    Limit: limit,
    ConsistentRead: true,
  });
  const { Items = [] } = await run('reading events', dynamo.send(query));
  return Items.map(item => fromBatchItem(fromItem(item)) as unknown as EventBatch);
}

export async function deleteBatch({ dynamo, tables }: Store, destinationId: string, batchId: string): Promise<void> {
  const key = toItem(outboxKey(destinationId, batchId));
  const remove = new DeleteItemCommand({ TableName: tables.usage, Key: key });
  await run('deleting delivered events', dynamo.send(remove));
}

/** @returns how many events wait, counted up to one page of the table: `more` says that there are others */
export async function countPending({ dynamo, tables }: Store, destinationId: string) {
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :outbox',
    ExpressionAttributeNames: { '#events': 'events' },
    ExpressionAttributeValues: toItem({ ':outbox': outboxKey(destinationId, '').pk }),
    ProjectionExpression: '#events',
  });
  const { Items = [], LastEvaluatedKey } = await run('counting events', dynamo.send(query));
  const events = Items.reduce((sum, item) => sum + (fromItem(item).events as number), 0);
  return { events, more: LastEvaluatedKey !== undefined };
}

export async function putDeadBatch({ dynamo, tables }: Store, destinationId: string, batch: DeadBatch): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({
      ...deadKey(destinationId, batch.id),
      ...batch,
      ttl: Math.floor(Date.parse(batch.diedAt) / 1000) + deadKeptSeconds,
    }),
  });
  await run('writing undelivered events', dynamo.send(put));
}

/** Newest first, those before `beforeId`. */
export async function listDeadBatches(
  { dynamo, tables }: Store,
  destinationId: string,
  { beforeId, limit }: { beforeId: string | undefined; limit: number },
): Promise<{ batches: DeadBatch[]; more: boolean }> {
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: `pk = :dead${beforeId === undefined ? '' : ' AND sk < :before'}`,
    ExpressionAttributeValues: toItem({
      ':dead': deadKey(destinationId, '').pk,
      ...(beforeId !== undefined && { ':before': beforeId }),
    }),
    ScanIndexForward: false,
    Limit: limit + 1,
  });
  const { Items = [], LastEvaluatedKey } = await run('reading undelivered events', dynamo.send(query));
  const batches = Items.map(item => fromBatchItem(fromItem(item)) as unknown as DeadBatch);
  return { batches: batches.slice(0, limit), more: batches.length > limit || LastEvaluatedKey !== undefined };
}

export async function findDeadBatch({ dynamo, tables }: Store, destinationId: string, batchId: string) {
  const { pk, sk } = deadKey(destinationId, batchId);
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :dead AND sk = :batch',
    ExpressionAttributeValues: toItem({ ':dead': pk, ':batch': sk }),
  });
  const { Items: [item] = [] } = await run('reading undelivered events', dynamo.send(query));
  return item && (fromBatchItem(fromItem(item)) as unknown as DeadBatch);
}

/** Puts what was given up back among what waits. Done twice, its events are sent twice at most. @param at RFC 3339 */
export async function reviveDeadBatch(
  store: Store,
  destinationId: string,
  { diedAt, error, ...batch }: DeadBatch,
  at: string,
): Promise<void> {
  await putBatch(store, destinationId, { ...batch, createdAt: at });
  const { dynamo, tables } = store;
  const remove = new DeleteItemCommand({ TableName: tables.usage, Key: toItem(deadKey(destinationId, batch.id)) });
  await run('deleting events that are sent again', dynamo.send(remove));
}

function outboxKey(destinationId: string, batchId: string) {
  return { pk: `OUTBOX#${destinationId}`, sk: batchId };
}

function deadKey(destinationId: string, batchId: string) {
  return { pk: `DEADLETTER#${destinationId}`, sk: batchId };
}

function fromBatchItem({ pk, sk, ttl, ...batch }: Item): Item {
  return batch;
}
