import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { idMoment } from '../core/ids.ts';
import { fromItem, run, type Store, toItem } from './dynamo.ts';
import { earlierOf, readNewestFirst } from './newest-first.ts';
import { accountShards, fromRecordItem, type UsageRecord } from './usage.ts';

export interface RecordQuery {
  /** When requests began, without the end. */
  fromMs: number;
  untilMs: number;
  /** Where the page before stopped. */
  cursor: string | undefined;
  /** Records a page may have. */
  limit: number;
  isWanted(record: UsageRecord): boolean;
}

export interface RecordPage {
  records: UsageRecord[];
  /** Where to go on; undefined after the last page. */
  cursor: string | undefined;
}

/** An account's records, newest first. */
export async function listRecords(store: Store, accountId: string, query: RecordQuery): Promise<RecordPage> {
  const key = (id: string) => `${accountId}#${id}`;
  const { items, cursor } = await readNewestFirst<UsageRecord>({
    shards: accountShards(accountId),
    from: key(idMoment('rq', query.fromMs)),
    before: key(earlierOf(query.cursor, idMoment('rq', query.untilMs))),
    limit: query.limit,
    keyOf: ({ requestId }) => key(requestId),
    isWanted: query.isWanted,
    readShard: (shard, range) => readShard(store, shard, range),
  });
  return { records: items, cursor: cursor?.slice(accountId.length + 1) };
}

async function readShard(
  { dynamo, tables }: Store,
  shard: string,
  { from, before, limit }: { from: string; before: string; limit: number },
) {
  const query = new QueryCommand({
    TableName: tables.usage,
    IndexName: 'byAccount',
    KeyConditionExpression: 'accountShard = :shard AND pk BETWEEN :from AND :before',
    ExpressionAttributeValues: toItem({ ':shard': shard, ':from': from, ':before': before }),
    ScanIndexForward: false,
    Limit: limit,
  });
  const { Items = [], LastEvaluatedKey } = await run('listing usage', dynamo.send(query));
  const items = Items.map(fromItem).filter(({ pk }) => (pk as string) < before);
  return {
    items: items.map(fromRecordItem),
    readTo: LastEvaluatedKey && (fromItem(LastEvaluatedKey).pk as string),
  };
}
