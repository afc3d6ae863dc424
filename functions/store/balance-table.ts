import { GetItemCommand, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Balance } from '../core/balance.ts';
import { type BalanceItem, balanceKey, balanceLayout, fromBalanceItem } from './balance-item.ts';
import type { BalanceWrite } from './balance-writes.ts';
import { attempt, run, type Store } from './dynamo.ts';
import { appendJournalRow, findProof, type JournalRow } from './journal.ts';
import { toUpdate } from './write.ts';

/** What balances need from DynamoDB. Tests put one in between that forgets, repeats and delays. */
export interface BalanceTable {
  read(accountId: string, shard: number): Promise<Balance | undefined>;
  /**
   * @returns what is now in the fields that the write names, or undefined when its conditions do not hold
   * @throws StoreError when the outcome is unknown
   */
  write(accountId: string, shard: number, write: BalanceWrite): Promise<Partial<Balance> | undefined>;
  /** Lets the sweep know of an account. Repeating it changes nothing. */
  enlist(accountId: string): Promise<void>;
  /** One page of the accounts that were enlisted, in order of their ids. */
  listAccounts(after: string | undefined, limit: number): Promise<string[]>;
  /** Writes a journal row; writing it again changes nothing. */
  append(row: JournalRow): Promise<void>;
  /** The row that proves a lot or a refund, if the journal has it. */
  findProof(accountId: string, id: string): Promise<JournalRow | undefined>;
}

/** Partition that lists every account with a balance. */
const directoryKey = 'BALANCES';

export function openBalanceTable(store: Store): BalanceTable {
  const { dynamo, dynamoOnce, tables } = store;
  return {
    async read(accountId, shard) {
      const get = new GetItemCommand({
        TableName: tables.credits,
        Key: balanceKey(accountId, shard),
        ConsistentRead: true,
      });
      const { Item } = await run('reading a balance', dynamo.send(get));
      return Item && fromBalanceItem(Item);
    },
    async write(accountId, shard, write) {
      const update = new UpdateItemCommand({
        TableName: tables.credits,
        Key: balanceKey(accountId, shard),
        ...toUpdate(write, balanceLayout),
        ReturnValues: 'UPDATED_NEW',
      });
      const written = await attempt(write.what, (write.once ? dynamoOnce : dynamo).send(update));
      return written && fromWritten(written.Attributes ?? {});
    },
    async enlist(accountId) {
      const entry = { pk: { S: directoryKey }, sk: { S: accountId } };
      await run('listing an account', dynamo.send(new PutItemCommand({ TableName: tables.credits, Item: entry })));
    },
    async listAccounts(after, limit) {
      const query = new QueryCommand({
        TableName: tables.credits,
        KeyConditionExpression: 'pk = :balances',
        ExpressionAttributeValues: { ':balances': { S: directoryKey } },
        ExclusiveStartKey: after === undefined ? undefined : { pk: { S: directoryKey }, sk: { S: after } },
        Limit: limit,
      });
      const { Items = [] } = await run('listing balances', dynamo.send(query));
      return Items.map(item => item.sk?.S ?? '');
    },
    append: row => appendJournalRow(store, row),
    findProof: (accountId, id) => findProof(store, accountId, id),
  };
}

/** The few fields that somebody reads from an answer; what of the maps was written is in it too. */
function fromWritten({ a, h, k, n }: BalanceItem): Partial<Balance> {
  return {
    ...(a && { availableNanoUsd: BigInt(a.N ?? 0) }),
    ...(h && { heldNanoUsd: BigInt(h.N ?? 0) }),
    ...(k && { openHolds: Number(k.N) }),
    ...(n && { spread: Number(n.N) }),
  };
}
