import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { AccountMetrics, KeyMetrics } from '../core/metrics.ts';
import { type Scope, scopeName } from './aggregates.ts';
import { attempt, fromItem, run, type Store, toItem } from './dynamo.ts';
import type { Slot } from './written-records.ts';

/** How the models of one scope did in the last half hour, ready for strategies. Models as `provider:id`. */
export interface MetricSnapshot {
  models: Record<string, AccountMetrics>;
  /** Only of endpoints: model → gateway key → how it did with that key. */
  keys?: Record<string, Record<string, KeyMetrics>>;
}

/** How far back a snapshot looks. Nobody writes one while nothing happens, so an older one says nothing any more. */
export const snapshotSeconds = 30 * 60;

/**
 * Writes a scope's snapshot, unless a later one is there. Usage table: `pk = SNAPSHOT#<scope>`, `sk = 0`, small: the
 * gateway reads it at most every half minute.
 */
export async function writeSnapshot(
  { dynamo, tables }: Store,
  scope: Scope,
  snapshot: MetricSnapshot,
  { until }: Slot,
): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({
      ...snapshotKey(scope),
      foldedUntil: until,
      content: JSON.stringify(snapshot),
      ttl: until + snapshotSeconds,
    }),
    ConditionExpression: 'attribute_not_exists(pk) OR foldedUntil <= :until',
    ExpressionAttributeValues: toItem({ ':until': until }),
  });
  await attempt('writing metrics', dynamo.send(put));
}

/** Undefined when nothing happened lately. */
export async function findSnapshot(
  { dynamo, tables }: Store,
  scope: Scope,
  nowMs: number,
): Promise<MetricSnapshot | undefined> {
  const get = new GetItemCommand({ TableName: tables.usage, Key: toItem(snapshotKey(scope)) });
  const { Item } = await run('reading metrics', dynamo.send(get));
  const item = Item && fromItem(Item);
  if (!item || (item.foldedUntil as number) + snapshotSeconds <= nowMs / 1000) return undefined;
  return JSON.parse(item.content as string);
}

function snapshotKey(scope: Scope) {
  return { pk: `SNAPSHOT#${scopeName(scope)}`, sk: '0' };
}
