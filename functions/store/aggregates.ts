import { GetItemCommand, PutItemCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { Aggregate } from '../core/aggregate.ts';
import { attempt, fromItem, run, type Store, StoreError, toItem } from './dynamo.ts';
import type { Slot } from './written-records.ts';

/**
 * Where an aggregate lies in the Usage table: `pk = <name of its row>`, `sk = <where its time begins>`. Rows are
 * `DAILY#<account>` by day of the requests' beginning, and `SERIES#<scope>#<step>` by the moment requests were recorded.
 */
export interface AggregatePlace {
  row: string;
  start: string;
}

export type Scope =
  | { kind: 'global' }
  | { kind: 'account'; accountId: string }
  | { kind: 'endpoint'; accountId: string; endpointId: string };

/** How long each step of a series is, and how long it is kept. */
export const steps = {
  '5m': { seconds: 300, keptSeconds: 48 * 3_600 },
  '1h': { seconds: 3_600, keptSeconds: 35 * 86_400 },
} as const;

export type Step = keyof typeof steps;

/** Days are kept longer than the records they count. */
const daysKept = 400;

export function dailyRow(accountId: string): string {
  return `DAILY#${accountId}`;
}

export function seriesRow(scope: Scope, step: Step): string {
  return `SERIES#${scopeName(scope)}#${step}`;
}

export function scopeName(scope: Scope): string {
  switch (scope.kind) {
    case 'global':
      return 'global';
    case 'account':
      return `account#${scope.accountId}`;
    case 'endpoint':
      return `endpoint#${scope.accountId}#${scope.endpointId}`;
  }
}

/** When the part of a series begins that a moment belongs to. */
export function stepStart(seconds: number, step: Step): string {
  return new Date((seconds - (seconds % steps[step].seconds)) * 1000).toISOString();
}

/** Other runs fold the same slot at most; whoever loses to one finds it done. */
const racesMax = 20;

/**
 * Adds what a slot comes to, once: the item says up to where it has been told, and is written only if it still says what
 * was read. Slots come in order.
 * @returns whether it was written; false when that slot was in it already
 */
export async function foldInto(
  { dynamo, tables }: Store,
  { row, start }: AggregatePlace,
  addition: Aggregate,
  slot: Slot,
): Promise<boolean> {
  const key = { pk: row, sk: start };
  for (let races = 0; races < racesMax; races++) {
    const get = new GetItemCommand({ TableName: tables.usage, Key: toItem(key), ConsistentRead: true });
    const { Item } = await run('reading an aggregate', dynamo.send(get));
    const standing = Item && fromItem(Item);
    if (standing && (standing.foldedUntil as number) > slot.from) return false;
    const aggregate = standing ? Aggregate.parse(standing.content as string) : new Aggregate();
    aggregate.merge(addition);
    const put = new PutItemCommand({
      TableName: tables.usage,
      Item: toItem({
        ...key,
        foldedUntil: slot.until,
        content: JSON.stringify(aggregate),
        ttl: Math.floor(Date.parse(start) / 1000) + keptSeconds(row),
      }),
      ...(standing
        ? {
            ConditionExpression: 'foldedUntil = :asRead',
            ExpressionAttributeValues: toItem({ ':asRead': standing.foldedUntil }),
          }
        : { ConditionExpression: 'attribute_not_exists(pk)' }),
    });
    if ((await attempt('writing an aggregate', dynamo.send(put))) !== undefined) return true;
  }
  throw new StoreError('writing an aggregate', new Error(`lost ${racesMax} races for ${row} ${start}`));
}

/** What a row says from one start to another, both included, in order of time. */
export async function readAggregates(
  store: Store,
  row: string,
  from: string,
  to: string,
): Promise<{ start: string; aggregate: Aggregate }[]> {
  const aggregates: { start: string; aggregate: Aggregate }[] = [];
  let startKey: QueryCommandInput['ExclusiveStartKey'];
  do {
    const query = new QueryCommand({
      TableName: store.tables.usage,
      KeyConditionExpression: 'pk = :row AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: toItem({ ':row': row, ':from': from, ':to': to }),
      ExclusiveStartKey: startKey,
    });
    const page = await run('reading aggregates', store.dynamo.send(query));
    for (const item of (page.Items ?? []).map(fromItem)) {
      aggregates.push({ start: item.sk as string, aggregate: Aggregate.parse(item.content as string) });
    }
    startKey = page.LastEvaluatedKey;
  } while (startKey);
  return aggregates;
}

function keptSeconds(row: string): number {
  const step = (Object.keys(steps) as Step[]).find(name => row.endsWith(`#${name}`));
  return step && row.startsWith('SERIES#') ? steps[step].keptSeconds + steps[step].seconds : daysKept * 86_400;
}
