import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { CredentialKind } from '../core/credential.ts';
import type { SpendLimit } from '../core/key-limit.ts';
import { accountKey } from './accounts.ts';
import { attempt, fromItem, type Item, run, type Store, toItem } from './dynamo.ts';

/**
 * Gateway keys and management keys. Keys table, two items for each key:
 * the record at `pk = ACCOUNT#<account>`, `sk = GATEWAY_KEY#<id>` or `MANAGEMENT_KEY#<id>`, and a pointer at
 * `pk = DIGEST#<digest of the token>` that leads to it. The pointer is written last and removed first:
 * a key without one opens nothing.
 */
interface AccessKey {
  id: string;
  accountId: string;
  digest: string;
  /** Redacted form of the token. */
  displayName: string;
  description: string;
  metadata: string;
  /** RFC 3339, like every time in a record. */
  createdAt: string;
  updatedAt: string;
  /** Ids of the management keys that made and last changed it. */
  createdBy: string;
  lastUpdatedBy: string;
  /** When it was last used, to the minute. */
  lastUsed?: string;
}

export interface GatewayKey extends AccessKey {
  endpointId: string;
  /** From then on it opens nothing; RFC 3339. */
  expiresAt?: string;
  spendLimit?: SpendLimit;
}

export type Role = 'operator' | 'admin' | 'viewer';

export interface ManagementKey extends AccessKey {
  role: Role;
}

interface KeyTypes {
  gateway_key: GatewayKey;
  management_key: ManagementKey;
}

const sortPrefix = { gateway_key: 'GATEWAY_KEY#', management_key: 'MANAGEMENT_KEY#' } as const;

export async function createAccessKey<Kind extends CredentialKind>(
  { dynamo, tables }: Store,
  kind: Kind,
  key: KeyTypes[Kind],
): Promise<void> {
  const record = { ...recordKey(kind, key.accountId, key.id), ...key };
  const pointer = { ...pointerKey(key.digest), kind, accountId: key.accountId, id: key.id };
  for (const item of [record, pointer] as Item[]) {
    await run('creating a key', dynamo.send(new PutItemCommand({ TableName: tables.keys, Item: toItem(item) })));
  }
}

/** The key that a token's digest leads to. */
export async function findKeyByDigest<Kind extends CredentialKind>(
  store: Store,
  kind: Kind,
  digest: string,
): Promise<KeyTypes[Kind] | undefined> {
  const pointer = await get(store, pointerKey(digest));
  if (pointer?.kind !== kind) return undefined;
  return findAccessKey(store, kind, pointer.accountId as string, pointer.id as string);
}

export async function findAccessKey<Kind extends CredentialKind>(
  store: Store,
  kind: Kind,
  accountId: string,
  id: string,
): Promise<KeyTypes[Kind] | undefined> {
  return (await get(store, recordKey(kind, accountId, id))) as KeyTypes[Kind] | undefined;
}

/** One page, newest first, of the keys made before `beforeId`. */
export async function listAccessKeys<Kind extends CredentialKind>(
  { dynamo, tables }: Store,
  kind: Kind,
  accountId: string,
  { beforeId, limit }: { beforeId: string | undefined; limit: number },
): Promise<{ keys: KeyTypes[Kind][]; more: boolean }> {
  const query = new QueryCommand({
    TableName: tables.keys,
    KeyConditionExpression: 'pk = :account AND begins_with(sk, :kind)',
    ExpressionAttributeValues: toItem({ ':account': accountKey(accountId), ':kind': sortPrefix[kind] }),
    ExclusiveStartKey: beforeId === undefined ? undefined : toItem(recordKey(kind, accountId, beforeId)),
    ScanIndexForward: false,
    Limit: limit + 1,
    ConsistentRead: true,
  });
  const { Items = [] } = await run('listing keys', dynamo.send(query));
  const keys = Items.map(item => fromItem(item) as unknown as KeyTypes[Kind]);
  return { keys: keys.slice(0, limit), more: keys.length > limit };
}

/** @returns the key as it now is, or undefined when it does not exist (any more) */
export async function updateGatewayKey(
  { dynamo, tables }: Store,
  key: Pick<GatewayKey, 'accountId' | 'id'>,
  changes: Partial<Pick<GatewayKey, 'description' | 'metadata' | 'endpointId'>> &
    Pick<GatewayKey, 'updatedAt' | 'lastUpdatedBy'>,
): Promise<GatewayKey | undefined> {
  const names = Object.keys(changes).filter(name => changes[name as keyof typeof changes] !== undefined);
  const update = new UpdateItemCommand({
    TableName: tables.keys,
    Key: toItem(recordKey('gateway_key', key.accountId, key.id)),
    UpdateExpression: `SET ${names.map(name => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeNames: Object.fromEntries(names.map(name => [`#${name}`, name])),
    ExpressionAttributeValues: toItem(
      Object.fromEntries(names.map(name => [`:${name}`, changes[name as keyof typeof changes]])),
    ),
    ReturnValues: 'ALL_NEW',
  });
  const updated = await attempt('updating a key', dynamo.send(update));
  return updated?.Attributes && (fromItem(updated.Attributes) as unknown as GatewayKey);
}

/** Notes the minute of a key's last use. A key deleted meanwhile stays deleted. */
export async function touchGatewayKey(
  { dynamo, tables }: Store,
  key: Pick<GatewayKey, 'accountId' | 'id'>,
  lastUsed: string,
): Promise<void> {
  const update = new UpdateItemCommand({
    TableName: tables.keys,
    Key: toItem(recordKey('gateway_key', key.accountId, key.id)),
    UpdateExpression: 'SET lastUsed = :lastUsed',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: toItem({ ':lastUsed': lastUsed }),
  });
  await attempt('noting the use of a key', dynamo.send(update));
}

/** Deletes for good. The pointer goes first, so that the key is shut even if the rest fails. */
export async function deleteAccessKey(
  { dynamo, tables }: Store,
  kind: CredentialKind,
  key: Pick<AccessKey, 'accountId' | 'id' | 'digest'>,
): Promise<void> {
  for (const itemKey of [pointerKey(key.digest), recordKey(kind, key.accountId, key.id)]) {
    const remove = new DeleteItemCommand({ TableName: tables.keys, Key: toItem(itemKey) });
    await run('deleting a key', dynamo.send(remove));
  }
}

async function get({ dynamo, tables }: Store, key: Item): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: tables.keys, Key: toItem(key), ConsistentRead: true });
  const { Item } = await run('reading a key', dynamo.send(command));
  return Item && fromItem(Item);
}

function recordKey(kind: CredentialKind, accountId: string, id: string) {
  return { pk: accountKey(accountId), sk: sortPrefix[kind] + id };
}

function pointerKey(digest: string) {
  return { pk: `DIGEST#${digest}`, sk: 'DIGEST' };
}
