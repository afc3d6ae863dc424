import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { attempt, fromItem, type Item, run, type Store, toItem } from './dynamo.ts';
import { setAndRemove } from './set-and-remove.ts';

/** Where events go. What is secret about it lies in Secrets Manager, see `destination-secrets.ts`. */
export type EventTarget =
  | { type: 'cloudwatch_logs'; logGroupArn: string }
  | { type: 'firehose'; deliveryStreamArn: string }
  | { type: 'eventbridge'; eventBusArn: string }
  | { type: 'webhook'; url: string; isSigned: boolean }
  | { type: 'datadog'; site: string; service?: string; tags?: string };

/**
 * Endpoints table: `pk = EVENTS#<account>`, `sk = DESTINATION#<id>`, and a line in the list of all destinations at
 * `pk = DESTINATIONS`, `sk = <id>`, for the function that delivers.
 */
export interface EventDestination {
  /** `ed_…` */
  id: string;
  accountId: string;
  target: EventTarget;
  /** A paused one gets nothing, and nothing is kept for it. */
  isPaused: boolean;
  pausedAt?: string;
  /** `requested`, or why deliveries stopped. */
  pauseReason?: string;
  description: string;
  metadata: string;
  createdAt: string;
  updatedAt: string;
  createdBy: string;
  lastUpdatedBy: string;
}

/** The same place, `sk = SUBSCRIPTION#<id>`. */
export interface EventSubscription {
  /** `es_…` */
  id: string;
  accountId: string;
  sources: EventSource[];
  destinationIds: string[];
  description: string;
  metadata: string;
  createdAt: string;
  updatedAt: string;
  createdBy: string;
  lastUpdatedBy: string;
}

/** Events of a type that a filter, if there is one, lets through. */
export interface EventSource {
  type: string;
  filter?: string;
}

/** All that an account says about events, oldest first. An account has few of both, so they are read together. */
export interface EventSettings {
  destinations: EventDestination[];
  subscriptions: EventSubscription[];
}

type Kind = 'DESTINATION' | 'SUBSCRIPTION';
type RecordOf<Of extends Kind> = Of extends 'DESTINATION' ? EventDestination : EventSubscription;

const directoryKey = 'DESTINATIONS';

export async function readEventSettings({ dynamo, tables }: Store, accountId: string): Promise<EventSettings> {
  const items: Item[] = [];
  let startKey: QueryCommandInput['ExclusiveStartKey'];
  do {
    const query = new QueryCommand({
      TableName: tables.endpoints,
      KeyConditionExpression: 'pk = :account',
      ExpressionAttributeValues: toItem({ ':account': partitionOf(accountId) }),
      ExclusiveStartKey: startKey,
      ConsistentRead: true,
    });
    const page = await run('reading event settings', dynamo.send(query));
    items.push(...(page.Items ?? []).map(fromItem));
    startKey = page.LastEvaluatedKey;
  } while (startKey);
  const ofKind = (kind: Kind) => items.filter(({ sk }) => (sk as string).startsWith(`${kind}#`)).map(fromSettingItem);
  return {
    destinations: ofKind('DESTINATION') as unknown as EventDestination[],
    subscriptions: ofKind('SUBSCRIPTION') as unknown as EventSubscription[],
  };
}

export async function findDestination(
  { dynamo, tables }: Store,
  accountId: string,
  id: string,
): Promise<EventDestination | undefined> {
  const get = new GetItemCommand({
    TableName: tables.endpoints,
    Key: toItem(keyOf('DESTINATION', accountId, id)),
    ConsistentRead: true,
  });
  const { Item } = await run('reading an event destination', dynamo.send(get));
  return Item && (fromSettingItem(fromItem(Item)) as unknown as EventDestination);
}

/** The line is written last, so that every destination of the list is there. Safe to repeat. */
export async function createDestination(store: Store, destination: EventDestination): Promise<void> {
  const { dynamo, tables } = store;
  await create(store, 'DESTINATION', destination);
  const line = new PutItemCommand({
    TableName: tables.endpoints,
    Item: toItem({ pk: directoryKey, sk: destination.id, accountId: destination.accountId }),
  });
  await run('creating an event destination', dynamo.send(line));
}

export function createSubscription(store: Store, subscription: EventSubscription): Promise<void> {
  return create(store, 'SUBSCRIPTION', subscription);
}

async function create<Of extends Kind>({ dynamo, tables }: Store, kind: Of, record: RecordOf<Of>): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.endpoints,
    Item: toItem({ ...keyOf(kind, record.accountId, record.id), ...record }),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  await attempt('saving event settings', dynamo.send(put));
}

/** Null removes a field. @returns the record as it now is, or undefined when it does not exist */
export function updateDestination(store: Store, accountId: string, id: string, changes: object) {
  return update(store, 'DESTINATION', accountId, id, changes);
}

export function updateSubscription(store: Store, accountId: string, id: string, changes: object) {
  return update(store, 'SUBSCRIPTION', accountId, id, changes);
}

async function update<Of extends Kind>(
  { dynamo, tables }: Store,
  kind: Of,
  accountId: string,
  id: string,
  changes: object,
): Promise<RecordOf<Of> | undefined> {
  const command = new UpdateItemCommand({
    TableName: tables.endpoints,
    Key: toItem(keyOf(kind, accountId, id)),
    ...setAndRemove(changes, 'attribute_exists(pk)'),
    ReturnValues: 'ALL_NEW',
  });
  const updated = await attempt('saving event settings', dynamo.send(command));
  return updated?.Attributes && (fromSettingItem(fromItem(updated.Attributes)) as unknown as RecordOf<Of>);
}

/**
 * Pauses a destination whose deliveries have failed for long.
 * @returns false when it was paused already, or is gone
 */
export async function pauseDestination(
  { dynamo, tables }: Store,
  { accountId, id }: EventDestination,
  { at, reason }: { at: string; reason: string },
): Promise<boolean> {
  const command = new UpdateItemCommand({
    TableName: tables.endpoints,
    Key: toItem(keyOf('DESTINATION', accountId, id)),
    UpdateExpression: 'SET isPaused = :true, pausedAt = :at, pauseReason = :reason, updatedAt = :at',
    ConditionExpression: 'isPaused = :false',
    ExpressionAttributeValues: toItem({ ':true': true, ':false': false, ':at': at, ':reason': reason }),
  });
  return (await attempt('pausing an event destination', dynamo.send(command))) !== undefined;
}

/** Safe to repeat. */
export async function deleteDestination(store: Store, accountId: string, id: string): Promise<void> {
  const { dynamo, tables } = store;
  const line = new DeleteItemCommand({ TableName: tables.endpoints, Key: toItem({ pk: directoryKey, sk: id }) });
  await run('deleting an event destination', dynamo.send(line));
  await remove(store, 'DESTINATION', accountId, id);
}

export function deleteSubscription(store: Store, accountId: string, id: string): Promise<void> {
  return remove(store, 'SUBSCRIPTION', accountId, id);
}

async function remove({ dynamo, tables }: Store, kind: Kind, accountId: string, id: string): Promise<void> {
  const command = new DeleteItemCommand({ TableName: tables.endpoints, Key: toItem(keyOf(kind, accountId, id)) });
  await run('deleting event settings', dynamo.send(command));
}

/** Every destination of the deployment. */
export async function listDestinationLines({ dynamo, tables }: Store): Promise<{ id: string; accountId: string }[]> {
  const lines: { id: string; accountId: string }[] = [];
  let startKey: QueryCommandInput['ExclusiveStartKey'];
  do {
    const query = new QueryCommand({
      TableName: tables.endpoints,
      KeyConditionExpression: 'pk = :all',
      ExpressionAttributeValues: toItem({ ':all': directoryKey }),
      ExclusiveStartKey: startKey,
    });
    const page = await run('listing event destinations', dynamo.send(query));
    lines.push(
      ...(page.Items ?? [])
        .map(fromItem)
        .map(({ sk, accountId }) => ({ id: sk as string, accountId: accountId as string })),
    );
    startKey = page.LastEvaluatedKey;
  } while (startKey);
  return lines;
}

function partitionOf(accountId: string): string {
  return `EVENTS#${accountId}`;
}

function keyOf(kind: Kind, accountId: string, id: string) {
  return { pk: partitionOf(accountId), sk: `${kind}#${id}` };
}

function fromSettingItem({ pk, sk, ...record }: Item): Item {
  return record;
}
