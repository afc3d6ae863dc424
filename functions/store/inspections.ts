import { DeleteItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { idMoment } from '../core/ids.ts';
import { fromItem, type Item, run, type Store, toItem } from './dynamo.ts';
import { earlierOf, readNewestFirst } from './newest-first.ts';

/** Names the request that is repeated, to policies and to the Traffic Inspector; no provider gets it. */
export const replayHeader = 'ngrok-replay-original-request-id';

/** One side of what passed through the gateway, as far as it is kept. */
export interface InspectedMessage {
  /** Lower-case names; credentials are masked, values cut to 1 KB. */
  headers: Record<string, string>;
  /** To 10 KB. */
  body: string;
  /** Of the whole body. */
  bodyBytes: number;
  /** What is not whole, such as `body` or `headers.user-agent`. */
  cut: string[];
  /** Where credentials stood. */
  masked: string[];
}

/** What can be seen in a list. */
export interface InspectionSummary {
  requestId: string;
  accountId: string;
  endpointId: string;
  gatewayKeyId?: string;
  createdAt: string;
  /** After it nobody sees this any more. */
  expiresAt: string;
  totalMs: number;
  /** The request that this one repeats. */
  replayOf?: string;
  /** Who answered; absent where no model did. */
  provider?: string;
  model?: string;
  outcome?: string;
  status: number;
  method: string;
  path: string;
}

/**
 * A request and its answer, kept for a few hours because its endpoint's Traffic Inspector was on.
 * Usage table: `pk = INSPECTED#<account>#<shard>`, `sk = <request id>`; the index `byExpiry` finds what has to go.
 */
export interface Inspection extends InspectionSummary {
  request: InspectedMessage & { query: string };
  response: InspectedMessage;
}

const summaryFields = [
  'requestId',
  'accountId',
  'endpointId',
  'gatewayKeyId',
  'createdAt',
  'expiresAt',
  'totalMs',
  'replayOf',
  'provider',
  'model',
  'outcome',
  'status',
  'method',
  'path',
] as const satisfies (keyof InspectionSummary)[];

/** An item may have 30 KB, and a partition takes 1,000 a second. */
const shards = 8;

export async function saveInspection({ dynamo, tables }: Store, inspection: Inspection): Promise<void> {
  const { accountId, requestId, expiresAt } = inspection;
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({
      ...inspectionKey(accountId, requestId),
      expiryShard: expiryShard(Date.parse(expiresAt), shardOf(requestId)),
      ttl: Math.ceil(Date.parse(expiresAt) / 1000),
      ...inspection,
    }),
  });
  await run('keeping a request for the Traffic Inspector', dynamo.send(put));
}

/** @returns undefined when there is none, or its time is over */
export async function findInspection(
  { dynamo, tables }: Store,
  accountId: string,
  requestId: string,
  nowMs: number,
): Promise<Inspection | undefined> {
  const { pk, sk } = inspectionKey(accountId, requestId);
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :shard AND sk = :request',
    FilterExpression: 'expiresAt > :now',
    ExpressionAttributeValues: toItem({ ':shard': pk, ':request': sk, ':now': isoOf(nowMs) }),
    ConsistentRead: true,
  });
  const { Items: [item] = [] } = await run('reading an inspected request', dynamo.send(query));
  return item && fromInspectionItem(fromItem(item));
}

/** An account's kept requests, newest first, without what they said. */
export async function listInspections(
  store: Store,
  accountId: string,
  query: {
    fromMs: number;
    untilMs: number;
    cursor: string | undefined;
    limit: number;
    nowMs: number;
    isWanted(summary: InspectionSummary): boolean;
  },
): Promise<{ inspections: InspectionSummary[]; cursor: string | undefined }> {
  const { items, cursor } = await readNewestFirst<InspectionSummary>({
    shards: Array.from({ length: shards }, (_, shard) => `INSPECTED#${accountId}#${shard}`),
    from: idMoment('rq', query.fromMs),
    before: earlierOf(query.cursor, idMoment('rq', query.untilMs)),
    limit: query.limit,
    keyOf: ({ requestId }) => requestId,
    isWanted: query.isWanted,
    readShard: (shard, { from, before, limit }) => readShard(store, shard, { from, before, limit, nowMs: query.nowMs }),
  });
  return { inspections: items, cursor };
}

async function readShard(
  { dynamo, tables }: Store,
  shard: string,
  { from, before, limit, nowMs }: { from: string; before: string; limit: number; nowMs: number },
) {
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :shard AND sk BETWEEN :from AND :before',
    FilterExpression: 'expiresAt > :now',
    ProjectionExpression: summaryFields.map(field => `#${field}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(summaryFields.map(field => [`#${field}`, field])),
    ExpressionAttributeValues: toItem({ ':shard': shard, ':from': from, ':before': before, ':now': isoOf(nowMs) }),
    ScanIndexForward: false,
    Limit: limit,
  });
  const { Items = [], LastEvaluatedKey } = await run('listing inspected requests', dynamo.send(query));
  return {
    items: Items.map(item => fromItem(item) as unknown as InspectionSummary).filter(
      ({ requestId }) => requestId < before,
    ),
    readTo: LastEvaluatedKey && (fromItem(LastEvaluatedKey).sk as string),
  };
}

/** Yesterday's and today's; what an outage of days has left is DynamoDB's own to delete. */
const expiryDays = 2;
const deletesAtOnce = 25;

/**
 * Deletes what has expired. Safe to run twice, and at once.
 * @param isLate asked before each page: no further one is begun then
 * @returns how many were deleted
 */
export async function deleteExpiredInspections(store: Store, nowMs: number, isLate: () => boolean): Promise<number> {
  let deleted = 0;
  for (let day = expiryDays - 1; day >= 0; day--) {
    for (let shard = 0; shard < shards; shard++) {
      const partition = expiryShard(nowMs - day * 86_400_000, shard);
      for (
        let keys = await expired(store, partition, nowMs);
        keys.length > 0;
        keys = await expired(store, partition, nowMs)
      ) {
        if (isLate()) return deleted;
        await Promise.all(keys.map(key => deleteInspection(store, key)));
        deleted += keys.length;
      }
    }
  }
  return deleted;
}

async function expired({ dynamo, tables }: Store, partition: string, nowMs: number): Promise<Item[]> {
  const query = new QueryCommand({
    TableName: tables.usage,
    IndexName: 'byExpiry',
    KeyConditionExpression: 'expiryShard = :partition AND expiresAt <= :now',
    ExpressionAttributeValues: toItem({ ':partition': partition, ':now': isoOf(nowMs) }),
    Limit: deletesAtOnce,
  });
  const { Items = [] } = await run('finding inspected requests that expired', dynamo.send(query));
  return Items.map(fromItem).map(({ pk, sk }) => ({ pk, sk }));
}

async function deleteInspection({ dynamo, tables }: Store, key: Item): Promise<void> {
  const command = new DeleteItemCommand({ TableName: tables.usage, Key: toItem(key) });
  await run('deleting an inspected request', dynamo.send(command));
}

function inspectionKey(accountId: string, requestId: string) {
  return { pk: `INSPECTED#${accountId}#${shardOf(requestId)}`, sk: requestId };
}

function expiryShard(timeMs: number, shard: number): string {
  return `${isoOf(timeMs).slice(0, 10)}#${shard}`;
}

/** The last character of an id is random. */
function shardOf(requestId: string): number {
  return requestId.charCodeAt(requestId.length - 1) % shards;
}

function fromInspectionItem({ pk, sk, expiryShard, ttl, ...inspection }: Item): Inspection {
  return inspection as unknown as Inspection;
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
