import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { CredentialKind } from '../core/credential.ts';
import type { SpendLimit } from '../core/key-limit.ts';
import { mayAct, type Role } from '../core/roles.ts';
import { accountKey } from './accounts.ts';
import { attempt, fromItem, type Item, run, type Store, StoreError, toItem } from './dynamo.ts';
import { queryPage } from './query-page.ts';
import { setAndRemove } from './set-and-remove.ts';

export type { SpendLimit } from '../core/key-limit.ts';
export type { Role } from '../core/roles.ts';

/**
 * Gateway keys and management keys. Keys table, two items for each key:
 * the record at `pk = ACCOUNT#<account>`, `sk = GATEWAY_KEY#<id>` or `MANAGEMENT_KEY#<id>`, and a pointer at
 * `pk = DIGEST#<digest of the token>` that leads to it. The record decides: it is written last and removed first, so a
 * key is there with all that it needs or not at all, and a pointer that a crash left behind opens nothing.
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
  /** From then on the key is refused. */
  expiresAt?: string;
  spendLimit?: SpendLimit;
}

export interface ManagementKey extends AccessKey {
  role: Role;
}

interface KeyTypes {
  gateway_key: GatewayKey;
  management_key: ManagementKey;
}

/** What can change in a key. Null removes a field. */
export interface AccessKeyChanges {
  description?: string;
  metadata?: string;
  endpointId?: string;
  expiresAt?: string | null;
  spendLimit?: SpendLimit | null;
  updatedAt: string;
  lastUpdatedBy: string;
}

const sortPrefix = { gateway_key: 'GATEWAY_KEY#', management_key: 'MANAGEMENT_KEY#' } as const;

/** Safe to repeat. */
export async function createAccessKey<Kind extends CredentialKind>(
  { dynamo, tables }: Store,
  kind: Kind,
  key: KeyTypes[Kind],
): Promise<void> {
  const pointer = { ...pointerKey(key.digest), kind, accountId: key.accountId, id: key.id };
  const record = { ...recordKey(kind, key.accountId, key.id), ...key };
  for (const item of [pointer, record] as Item[]) {
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
  const key = await findAccessKey(store, kind, pointer.accountId as string, pointer.id as string);
  return key?.digest === digest ? key : undefined;
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
  store: Store,
  kind: Kind,
  accountId: string,
  { beforeId, limit }: { beforeId: string | undefined; limit: number },
): Promise<{ keys: KeyTypes[Kind][]; more: boolean }> {
  const { tables } = store;
  const { items, more } = await queryPage(
    'listing keys',
    store,
    limit,
    beforeId === undefined ? undefined : toItem(recordKey(kind, accountId, beforeId)),
    startKey =>
      new QueryCommand({
        TableName: tables.keys,
        ...recordsOf(kind, accountId),
        ExclusiveStartKey: startKey,
        ScanIndexForward: false,
        Limit: limit + 1,
        ConsistentRead: true,
      }),
  );
  return { keys: items as unknown as KeyTypes[Kind][], more };
}

/** How many keys of a kind an account has. */
export async function countAccessKeys(
  { dynamo, tables }: Store,
  kind: CredentialKind,
  accountId: string,
): Promise<number> {
  let count = 0;
  let startKey: Record<string, ReturnType<typeof toItem>[string]> | undefined;
  do {
    const query = new QueryCommand({
      TableName: tables.keys,
      ...recordsOf(kind, accountId),
      ExclusiveStartKey: startKey,
      Select: 'COUNT',
    });
    const answer = await run('counting keys', dynamo.send(query));
    count += answer.Count ?? 0;
    startKey = answer.LastEvaluatedKey;
  } while (startKey);
  return count;
}

/** @returns the key as it now is, or undefined when it does not exist (any more) */
export async function updateAccessKey<Kind extends CredentialKind>(
  { dynamo, tables }: Store,
  kind: Kind,
  key: Pick<AccessKey, 'accountId' | 'id'>,
  changes: AccessKeyChanges,
): Promise<KeyTypes[Kind] | undefined> {
  const update = new UpdateItemCommand({
    TableName: tables.keys,
    Key: toItem(recordKey(kind, key.accountId, key.id)),
    ...setAndRemove(changes, 'attribute_exists(pk)'),
    ReturnValues: 'ALL_NEW',
  });
  const updated = await attempt('updating a key', dynamo.send(update));
  return updated?.Attributes && (fromItem(updated.Attributes) as unknown as KeyTypes[Kind]);
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

/** Deletes for good. */
export async function deleteAccessKey(
  { dynamo, tables }: Store,
  kind: CredentialKind,
  key: Pick<AccessKey, 'accountId' | 'id' | 'digest'>,
): Promise<void> {
  for (const itemKey of [recordKey(kind, key.accountId, key.id), pointerKey(key.digest)]) {
    const remove = new DeleteItemCommand({ TableName: tables.keys, Key: toItem(itemKey) });
    await run('deleting a key', dynamo.send(remove));
  }
}

/** More than an account may have, so that one page holds them all. */
const managementKeysMax = 1_000;

/** How often a deletion that lost against another one is tried again. */
const racesMax = 20;

/**
 * Deletes a management key unless it is the last of its account that may do as much: then nobody could undo it.
 * Deletions of one account are decided one after the other: each first enters its key into a list at
 * `pk = ACCOUNT#<account>`, `sk = MANAGEMENT_KEY_REMOVALS`, on condition that nobody else entered one meanwhile, and
 * what is on that list no longer counts.
 */
export async function deleteManagementKey(store: Store, key: ManagementKey): Promise<'deleted' | 'last'> {
  for (let races = 0; races < racesMax; races++) {
    const removals = await get(store, removalsKey(key.accountId));
    const removed = (removals?.ids as string[] | undefined) ?? [];
    const page = { beforeId: undefined, limit: managementKeysMax };
    const { keys } = await listAccessKeys(store, 'management_key', key.accountId, page);
    const rest = keys.filter(({ id, role }) => id !== key.id && !removed.includes(id) && mayAct(role, key.role));
    if (rest.length === 0) return 'last';
    const standing = removed.filter(id => id !== key.id && keys.some(other => other.id === id));
    if (await putRemovals(store, key.accountId, [...standing, key.id], removals?.version as number | undefined)) {
      await deleteAccessKey(store, 'management_key', key);
      return 'deleted';
    }
  }
  throw new StoreError('deleting a management key', new Error(`lost ${racesMax} races`));
}

async function putRemovals(
  { dynamo, tables }: Store,
  accountId: string,
  ids: string[],
  version: number | undefined,
): Promise<boolean> {
  const put = new PutItemCommand({
    TableName: tables.keys,
    Item: toItem({ ...removalsKey(accountId), ids, version: (version ?? 0) + 1 }),
    ...(version === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'version = :version', ExpressionAttributeValues: toItem({ ':version': version }) }),
  });
  return (await attempt('deleting a management key', dynamo.send(put))) !== undefined;
}

async function get({ dynamo, tables }: Store, key: Item): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: tables.keys, Key: toItem(key), ConsistentRead: true });
  const { Item } = await run('reading a key', dynamo.send(command));
  return Item && fromItem(Item);
}

function recordKey(kind: CredentialKind, accountId: string, id: string) {
  return { pk: accountKey(accountId), sk: sortPrefix[kind] + id };
}

function recordsOf(kind: CredentialKind, accountId: string) {
  return {
    KeyConditionExpression: 'pk = :account AND begins_with(sk, :kind)',
    ExpressionAttributeValues: toItem({ ':account': accountKey(accountId), ':kind': sortPrefix[kind] }),
  };
}

function pointerKey(digest: string) {
  return { pk: `DIGEST#${digest}`, sk: 'DIGEST' };
}

function removalsKey(accountId: string) {
  return { pk: accountKey(accountId), sk: 'MANAGEMENT_KEY_REMOVALS' };
}
