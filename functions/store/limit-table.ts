import { DeleteItemCommand, GetItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { LimitUse } from '../core/key-limit.ts';
import { amount, fromHoldUnits, number, toHoldUnits } from './balance-item.ts';
import { attempt, run, type Store } from './dynamo.ts';
import { type Layout, toUpdate, type Write } from './write.ts';

/**
 * What a key has used of its limit. Credits table, one item for each period:
 * `pk = LIMIT#<account>#<key>`, `sk = <period>`, `u` used (nano-USD), `o` open holds: hold key → micro-USD. For the sweep,
 * every such item is listed at `pk = LIMITS`, `sk = <account>#<key>#<period>`.
 */
export interface LimitPlace {
  accountId: string;
  keyId: string;
  /** As `periodAt` writes it. */
  period: string;
}

export type LimitWrite = Write<LimitUse>;

/** What limits need from DynamoDB; like `BalanceTable`. */
export interface LimitTable {
  read(place: LimitPlace): Promise<LimitUse | undefined>;
  /** @returns whether the write's conditions held */
  write(place: LimitPlace, write: LimitWrite): Promise<boolean>;
  enlist(place: LimitPlace): Promise<void>;
  /** One page of the limits in use, in order of their names. */
  list(after: LimitPlace | undefined, limit: number): Promise<LimitPlace[]>;
  /** Deletes a period that is over. */
  forget(place: LimitPlace): Promise<void>;
}

const limitLayout: Layout<LimitUse> = {
  usedNanoUsd: { name: 'u', toValue: number },
  holds: toHoldUnits('o'),
};

const directoryKey = 'LIMITS';

export function openLimit(use: LimitUse): LimitWrite {
  return {
    what: 'opening a limit',
    conditions: [{ field: 'usedNanoUsd', is: 'absent' }],
    changes: [
      { field: 'usedNanoUsd', set: use.usedNanoUsd },
      { field: 'holds', set: use.holds },
    ],
  };
}

export function holdOnLimit(key: string, amountNanoUsd: bigint, limitNanoUsd: bigint): LimitWrite {
  return {
    what: 'holding a part of a limit',
    conditions: [
      { field: 'usedNanoUsd', is: 'atMost', value: limitNanoUsd - amountNanoUsd },
      { field: 'holds', entry: key, is: 'absent' },
    ],
    changes: [
      { field: 'usedNanoUsd', add: amountNanoUsd },
      { field: 'holds', entry: key, set: amountNanoUsd },
    ],
    once: true,
  };
}

export function settleOnLimit(key: string, amountNanoUsd: bigint, costNanoUsd: bigint): LimitWrite {
  return {
    what: 'settling a hold on a limit',
    conditions: [{ field: 'holds', entry: key, is: 'equal', value: amountNanoUsd }],
    changes: [
      { field: 'usedNanoUsd', add: costNanoUsd - amountNanoUsd },
      { field: 'holds', entry: key, remove: true },
    ],
  };
}

export function openLimitTable({ dynamo, dynamoOnce, tables }: Store): LimitTable {
  return {
    async read(place) {
      const get = new GetItemCommand({ TableName: tables.credits, Key: limitKey(place), ConsistentRead: true });
      const { Item } = await run('reading a limit', dynamo.send(get));
      return Item && { usedNanoUsd: amount(Item.u), holds: fromHoldUnits(Item.o) };
    },
    async write(place, write) {
      const update = new UpdateItemCommand({
        TableName: tables.credits,
        Key: limitKey(place),
        ...toUpdate(write, limitLayout),
      });
      return (await attempt(write.what, (write.once ? dynamoOnce : dynamo).send(update))) !== undefined;
    },
    async enlist(place) {
      const update = new UpdateItemCommand({ TableName: tables.credits, Key: entryKey(place) });
      await run('listing a limit', dynamo.send(update));
    },
    async list(after, limit) {
      const query = new QueryCommand({
        TableName: tables.credits,
        KeyConditionExpression: 'pk = :limits',
        ExpressionAttributeValues: { ':limits': { S: directoryKey } },
        ExclusiveStartKey: after && entryKey(after),
        Limit: limit,
      });
      const { Items = [] } = await run('listing limits', dynamo.send(query));
      return Items.map(item => {
        const [accountId = '', keyId = '', period = ''] = (item.sk?.S ?? '').split('#');
        return { accountId, keyId, period };
      });
    },
    async forget(place) {
      for (const Key of [limitKey(place), entryKey(place)]) {
        await run('forgetting a limit', dynamo.send(new DeleteItemCommand({ TableName: tables.credits, Key })));
      }
    },
  };
}

function limitKey({ accountId, keyId, period }: LimitPlace) {
  return { pk: { S: `LIMIT#${accountId}#${keyId}` }, sk: { S: period } };
}

function entryKey({ accountId, keyId, period }: LimitPlace) {
  return { pk: { S: directoryKey }, sk: { S: `${accountId}#${keyId}#${period}` } };
}
