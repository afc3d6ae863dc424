import { QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { fromItem, run, type Store, toItem } from './dynamo.ts';
import { dayShards, fromRecordItem, type UsageRecord } from './usage.ts';

/** A span of seconds since 1970 within one UTC day, without its end. */
export interface Slot {
  from: number;
  until: number;
}

const daySeconds = 86_400;

/**
 * The records that were written in a slot, in no order, a page at a time. Read it when nobody writes into it any more: a
 * record carries the moment before its write, which takes as long as the store lets it, and the index follows the table
 * within a moment.
 */
export async function* readWritten(store: Store, { from, until }: Slot): AsyncGenerator<UsageRecord[]> {
  const between = { ':from': isoOf(from), ':last': new Date(until * 1000 - 1).toISOString() };
  for (const shard of shardsOf(from)) {
    let startKey: QueryCommandInput['ExclusiveStartKey'];
    do {
      const query = new QueryCommand({
        TableName: store.tables.usage,
        IndexName: 'byTime',
        KeyConditionExpression: 'dayShard = :shard AND writtenAt BETWEEN :from AND :last',
        ExpressionAttributeValues: toItem({ ':shard': shard, ...between }),
        ExclusiveStartKey: startKey,
      });
      const page = await run('reading what was written', store.dynamo.send(query));
      yield (page.Items ?? []).map(item => fromRecordItem(fromItem(item)));
      startKey = page.LastEvaluatedKey;
    } while (startKey);
  }
}

/** The second in which the first record from then on was written; undefined when there is none before `until`. */
export async function firstWriteFrom(store: Store, from: number, until: number): Promise<number | undefined> {
  for (let day = from; day < until; day = endOfDay(day)) {
    const firsts = await Promise.all(shardsOf(day).map(shard => firstOfShard(store, shard, day)));
    const first = firsts.filter(moment => moment !== undefined).sort()[0];
    if (first !== undefined) return Math.floor(Date.parse(first) / 1000);
  }
  return undefined;
}

/** Midnight after a moment, UTC. */
export function endOfDay(seconds: number): number {
  return (Math.floor(seconds / daySeconds) + 1) * daySeconds;
}

async function firstOfShard({ dynamo, tables }: Store, shard: string, from: number): Promise<string | undefined> {
  const query = new QueryCommand({
    TableName: tables.usage,
    IndexName: 'byTime',
    KeyConditionExpression: 'dayShard = :shard AND writtenAt >= :from',
    ExpressionAttributeValues: toItem({ ':shard': shard, ':from': isoOf(from) }),
    Limit: 1,
  });
  const { Items: [first] = [] } = await run('finding what was written', dynamo.send(query));
  return first && (fromItem(first).writtenAt as string);
}

function shardsOf(seconds: number): string[] {
  return Array.from({ length: dayShards }, (_, shard) => `${isoOf(seconds).slice(0, 10)}#${shard}`);
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
