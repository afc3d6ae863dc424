import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { idMoment } from '../core/ids.ts';
import { fromItem, run, type Store, toItem } from './dynamo.ts';
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

/** Each partition is asked for so many records at once: about a page at first, more where few of them are wanted. */
const readAtOnceMin = 25;
const readAtOnceMax = 200;
/** Where few records are wanted, a page is left short after so many looks at all partitions; its cursor leads on. */
const looksMax = 10;

/**
 * An account's records, newest first. The partitions of the account are read side by side, and what is older than the
 * oldest that all of them have shown waits for the next look.
 */
export async function listRecords(store: Store, accountId: string, query: RecordQuery): Promise<RecordPage> {
  const key = (id: string) => `${accountId}#${id}`;
  const from = key(idMoment('rq', query.fromMs));
  let before = query.cursor === undefined ? key(idMoment('rq', query.untilMs)) : key(query.cursor);
  const records: UsageRecord[] = [];
  for (let looks = 0; looks < looksMax; looks++) {
    const readAtOnce = looks === 0 ? Math.min(Math.max(query.limit, readAtOnceMin), readAtOnceMax) : readAtOnceMax;
    const pages = await Promise.all(
      accountShards(accountId).map(shard => readShard(store, shard, from, before, readAtOnce)),
    );
    const horizon = pages.map(({ readTo }) => readTo ?? '').reduce((one, other) => (one > other ? one : other));
    const complete = pages
      .flatMap(page => page.records)
      .filter(({ requestId }) => key(requestId) >= horizon)
      .sort((one, other) => (one.requestId < other.requestId ? 1 : -1));
    for (const record of complete) {
      if (records.length === query.limit) return { records, cursor: records.at(-1)?.requestId };
      if (query.isWanted(record)) records.push(record);
    }
    if (horizon === '') return { records, cursor: undefined };
    before = horizon;
  }
  return { records, cursor: before.slice(accountId.length + 1) };
}

/** @returns the newest records before a key, and the key down to which there are no others; undefined for all of them */
async function readShard({ dynamo, tables }: Store, shard: string, from: string, before: string, limit: number) {
  if (from > before) return { records: [], readTo: undefined };
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
    records: items.map(fromRecordItem),
    readTo: LastEvaluatedKey && (fromItem(LastEvaluatedKey).pk as string),
  };
}
