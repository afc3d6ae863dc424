import { setTimeout as sleep } from 'node:timers/promises';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../core/clock.ts';
import type { RandomBytes } from '../core/ids.ts';
import { accountKey } from './accounts.ts';
import { attempt, fromItem, run, type Store, StoreError, toItem } from './dynamo.ts';

/**
 * Which vaults and secrets an account has, under which names, and where their values lie: what is not in here does not
 * exist. Endpoints table: `pk = ACCOUNT#<account>`, `sk = VAULTS`, as JSON text, because it is always read whole.
 *
 * The same item is the lock under which all of it changes, because Secrets Manager cannot compare before it writes:
 * `holder` names who holds it, until `untilMs`. A holder that is still there after that has stopped half-way.
 */
export interface Directory {
  /** By vault id. */
  vaults: Record<string, VaultEntry>;
  /** By secret id. */
  secrets: Record<string, SecretEntry>;
  shards: Shard[];
  /** Digest of an idempotency key → what it made. */
  requests: Record<string, { id: string; digest: string; atSeconds: number }>;
}

export interface VaultEntry {
  name: string;
  /** The last change of its details, see `vault-details.ts`; absent since it was made. */
  changeId?: string;
}

export interface SecretEntry {
  vaultId: string;
  name: string;
  shard: number;
  changeId?: string;
}

/** One map of values in Secrets Manager. */
export interface Shard {
  /** The version that belongs to this directory. A newer one is part of a change that was not finished. */
  version?: string;
  /** Its length as JSON. */
  bytes: number;
  /** How often it was written, by UTC day: today and yesterday. */
  writes: Record<string, number>;
}

/** A directory that is locked for us. */
export interface Locked {
  directory: Directory;
  /** Whether whoever held the lock before stopped half-way. */
  isUnfinished: boolean;
}

/**
 * Ten seconds longer than the function that holds it may run: when the lease is over, its holder is certainly gone, also
 * by a clock that is some seconds ahead, and so is every request that it sent.
 */
export const leaseMs = 40_000;

/** No lease ends later than this. One that does was given by a clock that has been set back since, and locks nobody out. */
const leaseEndMaxMs = 3_600_000;

/** Somebody else's lock is asked for this often, every tenth of a second: clients can wait ten seconds. */
const triesMax = 100;

const isFree = 'attribute_not_exists(holder) OR holder = :holder OR untilMs < :now OR untilMs > :latest';
const isOurs = 'holder = :holder';

/** Other changes of the same account's secrets take too long to wait for. */
export class VaultsBusyError extends Error {
  override readonly name = 'VaultsBusyError';
}

export function emptyDirectory(): Directory {
  return { vaults: {}, secrets: {}, shards: [], requests: {} };
}

export async function readDirectory({ dynamo, tables }: Store, accountId: string): Promise<Directory> {
  const get = new GetItemCommand({ TableName: tables.endpoints, Key: directoryKey(accountId), ConsistentRead: true });
  const { Item } = await run('reading the vaults', dynamo.send(get));
  return parse(Item);
}

/**
 * Waits for the lock of an account and takes it.
 * @throws VaultsBusyError
 */
export async function lockDirectory(
  store: Store,
  accountId: string,
  holder: string,
  { now, randomBytes }: { now: Clock; randomBytes: RandomBytes },
): Promise<Locked> {
  for (let tries = 0; tries < triesMax; tries++) {
    const locked = await takeLock(store, accountId, holder, now());
    if (locked) return locked;
    const [spread = 0] = randomBytes(1); // apart, so that those who wait do not all ask at once
    await sleep(40 + spread / 2);
  }
  throw new VaultsBusyError('other changes of these secrets are under way');
}

async function takeLock({ dynamo, tables }: Store, accountId: string, holder: string, nowMs: number) {
  const update = new UpdateItemCommand({
    TableName: tables.endpoints,
    Key: directoryKey(accountId),
    UpdateExpression: 'SET holder = :holder, untilMs = :until',
    ConditionExpression: isFree,
    ExpressionAttributeValues: toItem({
      ':holder': holder,
      ':until': nowMs + leaseMs,
      ':now': nowMs,
      ':latest': nowMs + leaseEndMaxMs,
    }),
    ReturnValues: 'ALL_OLD',
  });
  const taken = await attempt('locking the vaults', dynamo.send(update));
  return taken && { directory: parse(taken.Attributes), isUnfinished: taken.Attributes?.holder !== undefined };
}

/**
 * Writes the directory while the lock is ours; `release` also gives the lock back.
 * @throws StoreError also when somebody else has taken the lock
 */
export async function saveDirectory(
  { dynamo, tables }: Store,
  accountId: string,
  holder: string,
  directory: Directory,
  release: boolean,
): Promise<void> {
  const text = JSON.stringify(directory);
  const update = new UpdateItemCommand({
    TableName: tables.endpoints,
    Key: directoryKey(accountId),
    UpdateExpression: `SET directory = :directory${release ? ' REMOVE holder, untilMs' : ''}`,
    ConditionExpression: isOurs,
    ExpressionAttributeValues: toItem({ ':directory': text, ':holder': holder }),
  });
  if (await attempt('writing the vaults', dynamo.send(update))) return;
  // A repeated write whose first answer was lost finds the lock given back, and what it wanted written.
  const get = new GetItemCommand({ TableName: tables.endpoints, Key: directoryKey(accountId), ConsistentRead: true });
  const { Item } = await run('reading the vaults', dynamo.send(get));
  if (Item?.directory?.S !== text) throw new StoreError('writing the vaults', new Error('the lock was lost'));
}

/** Gives the lock back; `unfinished` leaves word that the next holder has to tidy up. */
export async function unlockDirectory(
  { dynamo, tables }: Store,
  accountId: string,
  holder: string,
  { unfinished }: { unfinished: boolean },
): Promise<void> {
  const update = new UpdateItemCommand({
    TableName: tables.endpoints,
    Key: directoryKey(accountId),
    UpdateExpression: unfinished ? 'SET untilMs = :zero' : 'REMOVE holder, untilMs',
    ConditionExpression: isOurs,
    ExpressionAttributeValues: toItem({ ':holder': holder, ...(unfinished && { ':zero': 0 }) }),
  });
  await attempt('unlocking the vaults', dynamo.send(update));
}

function parse(item: Parameters<typeof fromItem>[0] | undefined): Directory {
  const text = item && fromItem(item).directory;
  return text === undefined ? emptyDirectory() : JSON.parse(text as string);
}

function directoryKey(accountId: string) {
  return toItem({ pk: accountKey(accountId), sk: 'VAULTS' });
}
