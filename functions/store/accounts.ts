import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { attempt, fromItem, run, type Store, toItem } from './dynamo.ts';

export type Plan = 'free' | 'hobbyist' | 'payg';

/** Keys table: `pk = ACCOUNT#<id>`, `sk = ACCOUNT`. */
export interface Account {
  id: string;
  plan: Plan;
  /** RFC 3339. */
  createdAt: string;
}

/** @returns false when the account exists already */
export async function createAccount({ dynamo, tables }: Store, account: Account): Promise<boolean> {
  const put = new PutItemCommand({
    TableName: tables.keys,
    Item: toItem({ pk: accountKey(account.id), sk: 'ACCOUNT', ...account }),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  return (await attempt('creating an account', dynamo.send(put))) !== undefined;
}

export async function findAccount({ dynamo, tables }: Store, accountId: string): Promise<Account | undefined> {
  const get = new GetItemCommand({
    TableName: tables.keys,
    Key: toItem({ pk: accountKey(accountId), sk: 'ACCOUNT' }),
    ConsistentRead: true,
  });
  const { Item } = await run('reading an account', dynamo.send(get));
  return Item && (fromItem(Item) as unknown as Account);
}

/** Partition of everything that one account owns in the keys and endpoints tables. */
export function accountKey(accountId: string): string {
  return `ACCOUNT#${accountId}`;
}
