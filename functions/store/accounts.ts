import { GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { attempt, fromItem, run, type Store, toItem } from './dynamo.ts';
import { queryPage } from './query-page.ts';
import { setAndRemove } from './set-and-remove.ts';

export type Plan = 'free' | 'hobbyist' | 'payg';

/**
 * Keys table: `pk = ACCOUNT#<id>`, `sk = ACCOUNT`, and a line in the list of all accounts at `pk = ACCOUNTS`,
 * `sk = <id>`. The line is written first and means nothing without the account, so that none is missing in the list.
 */
export interface Account {
  id: string;
  plan: Plan;
  /** Neither its gateway keys nor its management keys work. */
  suspended?: boolean;
  /** Nano-USD as text; below it, its owner is warned. */
  lowBalanceThresholdNanoUsd?: string;
  description?: string;
  metadata?: string;
  /** RFC 3339. */
  createdAt: string;
  updatedAt?: string;
}

/** Null removes a field. */
export interface AccountChanges {
  plan?: Plan;
  suspended?: boolean;
  lowBalanceThresholdNanoUsd?: string | null;
  description?: string;
  metadata?: string;
  updatedAt: string;
}

/** Safe to repeat. @returns false when the account existed already */
export async function createAccount({ dynamo, tables }: Store, account: Account): Promise<boolean> {
  const line = new PutItemCommand({ TableName: tables.keys, Item: toItem({ pk: directoryKey, sk: account.id }) });
  await run('creating an account', dynamo.send(line));
  const put = new PutItemCommand({
    TableName: tables.keys,
    Item: toItem({ ...recordKey(account.id), ...account }),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  return (await attempt('creating an account', dynamo.send(put))) !== undefined;
}

export async function findAccount({ dynamo, tables }: Store, accountId: string): Promise<Account | undefined> {
  const get = new GetItemCommand({ TableName: tables.keys, Key: toItem(recordKey(accountId)), ConsistentRead: true });
  const { Item } = await run('reading an account', dynamo.send(get));
  return Item && (fromItem(Item) as unknown as Account);
}

/** One page of all accounts, newest first, of those made before `beforeId`. */
export async function listAccounts(
  store: Store,
  { beforeId, limit }: { beforeId: string | undefined; limit: number },
): Promise<{ accounts: Account[]; more: boolean }> {
  const { tables } = store;
  const { items, more } = await queryPage(
    'listing accounts',
    store,
    limit,
    beforeId === undefined ? undefined : toItem({ pk: directoryKey, sk: beforeId }),
    startKey =>
      new QueryCommand({
        TableName: tables.keys,
        KeyConditionExpression: 'pk = :accounts',
        ExpressionAttributeValues: toItem({ ':accounts': directoryKey }),
        ExclusiveStartKey: startKey,
        ScanIndexForward: false,
        Limit: limit + 1,
        ConsistentRead: true,
      }),
  );
  const found = await Promise.all(items.map(({ sk }) => findAccount(store, sk as string)));
  return { accounts: found.filter(account => account !== undefined), more };
}

/** @returns the account as it now is, or undefined when it does not exist */
export async function updateAccount(
  { dynamo, tables }: Store,
  accountId: string,
  changes: AccountChanges,
): Promise<Account | undefined> {
  const update = new UpdateItemCommand({
    TableName: tables.keys,
    Key: toItem(recordKey(accountId)),
    ...setAndRemove(changes, 'attribute_exists(pk)'),
    ReturnValues: 'ALL_NEW',
  });
  const updated = await attempt('updating an account', dynamo.send(update));
  return updated?.Attributes && (fromItem(updated.Attributes) as unknown as Account);
}

/** Partition of everything that one account owns in the keys and endpoints tables. */
export function accountKey(accountId: string): string {
  return `ACCOUNT#${accountId}`;
}

const directoryKey = 'ACCOUNTS';

function recordKey(accountId: string) {
  return { pk: accountKey(accountId), sk: 'ACCOUNT' };
}
