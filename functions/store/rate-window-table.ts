import { type AttributeValue, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type RateLimit, type RateStep, type RateWindow, slotName, windowEndMs } from '../core/rate-window.ts';
import { number } from './balance-item.ts';
import { attempt, run, type Store } from './dynamo.ts';
import { type Change, type Layout, toUpdate, type Write } from './write.ts';

/**
 * A bucket of requests. Usage table: `pk = WINDOW#<bucket>`, `sk = <window in ms>`, so that another window begins afresh;
 * `h` head, `u` used, `c` counts: slot → requests. It stays under 1 KB, and goes away an hour after nothing in it counts.
 */
export interface RatePlace {
  /** A digest: what buckets are named after may be secret. */
  bucket: string;
  windowMs: number;
}

export interface StoredWindow extends RateWindow {
  ttl: number;
}

export type RateWrite = Write<StoredWindow>;

/** What rate limits need from DynamoDB; like `BalanceTable`. */
export interface RateWindowTable {
  read(place: RatePlace): Promise<RateWindow | undefined>;
  /** @returns the sum and the changed counts afterwards, or undefined when the write's conditions did not hold */
  write(place: RatePlace, write: RateWrite): Promise<Pick<RateWindow, 'used' | 'counts'> | undefined>;
}

const layout: Layout<StoredWindow> = {
  head: { name: 'h', toValue: number },
  used: { name: 'u', toValue: number },
  counts: {
    name: 'c',
    toValue: (counts: ReadonlyMap<string, number>) => ({
      M: Object.fromEntries([...counts].map(([slot, requests]) => [slot, number(requests)])),
    }),
    toEntry: number,
  },
  ttl: { name: '#ttl', toValue: number },
};

const graceSeconds = 3_600;

/**
 * The write that takes a step, if the window is still what the step was decided on. Its older slots are, when the head is;
 * the head's own count and the sum may have grown, which only a window that begins again has to know.
 */
export function writeOf(
  step: Exclude<RateStep, { kind: 'refuse' }>,
  before: RateWindow | undefined,
  limit: RateLimit,
): RateWrite {
  const { after } = step;
  const newest = slotName(after.head);
  const ttl = Math.ceil(windowEndMs(after, limit) / 1_000) + graceSeconds;
  if (step.kind === 'begin') {
    return {
      what: 'beginning the window of a rate limit',
      conditions: before
        ? [
            { field: 'head', is: 'equal', value: before.head },
            { field: 'used', is: 'equal', value: before.used },
          ]
        : [{ field: 'head', is: 'absent' }],
      changes: [
        { field: 'head', set: after.head },
        { field: 'used', set: after.used },
        { field: 'counts', set: after.counts },
        { field: 'ttl', set: ttl },
      ],
    };
  }
  const added = after.used - (before?.used ?? 0);
  const move: Change<StoredWindow>[] = [
    { field: 'head', set: after.head },
    { field: 'counts', entry: newest, set: 1 },
    { field: 'ttl', set: ttl },
  ];
  return {
    what: 'counting a request of a rate limit',
    conditions: [
      { field: 'head', is: 'equal', value: before?.head ?? 0 },
      { field: 'used', is: 'atMost', value: limit.capacity - added },
    ],
    changes: [
      { field: 'used', add: added },
      ...(step.kind === 'move' ? move : [{ field: 'counts', entry: newest, add: 1 } as const]),
      ...(step.kind === 'move'
        ? step.forgotten.map(slot => ({ field: 'counts', entry: slot, remove: true }) as const)
        : []),
    ],
  };
}

export function openRateWindowTable({ dynamo, tables }: Store): RateWindowTable {
  return {
    async read(place) {
      const get = new GetItemCommand({ TableName: tables.usage, Key: keyOf(place), ConsistentRead: true });
      const { Item } = await run('reading a rate limit', dynamo.send(get));
      return Item && { head: Number(Item.h?.N), used: Number(Item.u?.N), counts: toCounts(Item.c) };
    },
    async write(place, write) {
      const { ExpressionAttributeNames, ...update } = toUpdate(write, layout);
      const setsTtl = write.changes.some(({ field }) => field === 'ttl');
      const names = { ...ExpressionAttributeNames, ...(setsTtl && { '#ttl': 'ttl' }) };
      const command = new UpdateItemCommand({
        TableName: tables.usage,
        Key: keyOf(place),
        ...update,
        ExpressionAttributeNames: Object.keys(names).length > 0 ? names : undefined,
        ReturnValues: 'UPDATED_NEW',
      });
      const written = await attempt(write.what, dynamo.send(command));
      return written && { used: Number(written.Attributes?.u?.N), counts: toCounts(written.Attributes?.c) };
    },
  };
}

function keyOf({ bucket, windowMs }: RatePlace) {
  return { pk: { S: `WINDOW#${bucket}` }, sk: { S: String(windowMs) } };
}

function toCounts(attribute: AttributeValue | undefined): Map<string, number> {
  return new Map(Object.entries(attribute?.M ?? {}).map(([slot, { N }]) => [slot, Number(N)]));
}
