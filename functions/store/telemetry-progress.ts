import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { attempt, fromItem, run, type Store, toItem } from './dynamo.ts';

/** From which second on records have not been sent to the collector yet. Usage table: `pk = TELEMETRY`, `sk = 0`. */
export interface TelemetryProgress {
  from: number;
}

const key = { pk: 'TELEMETRY', sk: '0' };

/**
 * Lets one run at a time send.
 * @param claim.from where to begin when nothing has ever been sent
 * @param claim.until when others may take over, should this run die
 * @returns undefined when another run is at it
 */
export async function claimTelemetry(
  store: Store,
  claim: { runId: string; from: number; nowSeconds: number; until: number },
): Promise<TelemetryProgress | undefined> {
  const { dynamo, tables } = store;
  const standing = await read(store);
  const from = standing?.from ?? claim.from;
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({ ...key, from, runId: claim.runId, claimedUntil: claim.until }),
    ConditionExpression: standing ? '#from = :from AND claimedUntil <= :now' : 'attribute_not_exists(pk)',
    ...(standing && {
      ExpressionAttributeNames: { '#from': 'from' },
      ExpressionAttributeValues: toItem({ ':from': from, ':now': claim.nowSeconds }),
    }),
  });
  return (await attempt('claiming the sending of telemetry', dynamo.send(put))) && { from };
}

/** Notes how far a run came, and lets others go on; not if another one has taken over meanwhile. */
export async function advanceTelemetry(
  { dynamo, tables }: Store,
  { runId, from }: { runId: string; from: number },
): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({ ...key, from, claimedUntil: 0 }),
    ConditionExpression: 'runId = :run',
    ExpressionAttributeValues: toItem({ ':run': runId }),
  });
  await attempt('noting how far telemetry was sent', dynamo.send(put));
}

async function read({ dynamo, tables }: Store): Promise<TelemetryProgress | undefined> {
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :telemetry',
    ExpressionAttributeValues: toItem({ ':telemetry': key.pk }),
    ConsistentRead: true,
  });
  const { Items: [item] = [] } = await run('reading how far telemetry was sent', dynamo.send(query));
  return item && (fromItem(item) as unknown as TelemetryProgress);
}
