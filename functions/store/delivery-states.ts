import { QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { attempt, fromItem, type Item, run, type Store, toItem } from './dynamo.ts';

/** How deliveries to one destination go. Usage table: `pk = DELIVERY#<destination>`, `sk = STATE`. */
export interface DeliveryState {
  /** Failures since the last success, and since when. */
  failures: number;
  failingSinceMs?: number;
  /** Nothing is sent before. */
  nextAttemptAtMs: number;
  lastSuccessAt?: string;
  lastErrorAt?: string;
  lastError?: string;
  deliveredEvents: number;
  /** Events that were given up. */
  droppedEvents: number;
}

const fresh: DeliveryState = { failures: 0, nextAttemptAtMs: 0, deliveredEvents: 0, droppedEvents: 0 };

export async function readDeliveryState({ dynamo, tables }: Store, destinationId: string): Promise<DeliveryState> {
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :delivery',
    ExpressionAttributeValues: toItem({ ':delivery': keyOf(destinationId).pk }),
    ConsistentRead: true,
  });
  const { Items: [item] = [] } = await run('reading a delivery state', dynamo.send(query));
  return item ? fromStateItem(fromItem(item)) : fresh;
}

/**
 * Takes a destination for one run, so that no other sends to it meanwhile and its events stay in order.
 * @returns undefined when another run has it, or its next attempt is not due
 */
export async function takeDelivery(
  { dynamo, tables }: Store,
  destinationId: string,
  { holder, nowMs, untilMs }: { holder: string; nowMs: number; untilMs: number },
): Promise<DeliveryState | undefined> {
  const update = new UpdateItemCommand({
    TableName: tables.usage,
    Key: toItem(keyOf(destinationId)),
    UpdateExpression: 'SET holder = :holder, heldUntilMs = :until',
    ConditionExpression:
      '(attribute_not_exists(heldUntilMs) OR heldUntilMs <= :now) AND ' +
      '(attribute_not_exists(nextAttemptAtMs) OR nextAttemptAtMs <= :now)',
    ExpressionAttributeValues: toItem({ ':holder': holder, ':until': untilMs, ':now': nowMs }),
    ReturnValues: 'ALL_NEW',
  });
  const taken = await attempt('taking a delivery', dynamo.send(update));
  return taken?.Attributes && fromStateItem(fromItem(taken.Attributes));
}

/** Writes what came of a run and lets go. A run that has lost its hold meanwhile changes nothing. */
export async function returnDelivery(
  { dynamo, tables }: Store,
  destinationId: string,
  holder: string,
  { failures, failingSinceMs, nextAttemptAtMs, ...state }: DeliveryState,
): Promise<void> {
  const set = { ...state, failures, nextAttemptAtMs, heldUntilMs: 0, ...(failingSinceMs && { failingSinceMs }) };
  const given = Object.entries(set).filter(([, value]) => value !== undefined);
  const update = new UpdateItemCommand({
    TableName: tables.usage,
    Key: toItem(keyOf(destinationId)),
    UpdateExpression:
      `SET ${given.map(([name]) => `${name} = :${name}`).join(', ')}` +
      (failingSinceMs === undefined ? ' REMOVE failingSinceMs' : ''),
    ConditionExpression: 'holder = :holder',
    ExpressionAttributeValues: toItem({
      ...Object.fromEntries(given.map(([name, value]) => [`:${name}`, value])),
      ':holder': holder,
    }),
  });
  await attempt('writing a delivery state', dynamo.send(update));
}

/** A destination that was paused or changed is tried again at once. */
export async function resetDelivery({ dynamo, tables }: Store, destinationId: string): Promise<void> {
  const update = new UpdateItemCommand({
    TableName: tables.usage,
    Key: toItem(keyOf(destinationId)),
    UpdateExpression: 'SET failures = :none, nextAttemptAtMs = :none REMOVE failingSinceMs',
    ExpressionAttributeValues: toItem({ ':none': 0 }),
  });
  await run('resetting a delivery state', dynamo.send(update));
}

function keyOf(destinationId: string) {
  return { pk: `DELIVERY#${destinationId}`, sk: 'STATE' };
}

function fromStateItem({ pk, sk, holder, heldUntilMs, ...state }: Item): DeliveryState {
  return { ...fresh, ...state };
}
