import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Balance, Move } from '../core/balance.ts';
import type { Lot, LotCategory, Slice } from '../core/lots.ts';
import type { FieldLayout, Layout } from './write.ts';

/**
 * How a balance lies in DynamoDB. Credits table: `pk = BALANCE#<account>` for shard 0 and `BALANCE#<account>#<shard>`
 * for the others, so that each has a partition of its own; `sk = <shard>`. Names are one letter or two, because every
 * write pays for the size of the item.
 *
 * | name | what |
 * |---|---|
 * | a h s e r p | available, held, spent, expired, refunded, purchased (nano-USD) |
 * | c d | consumed since the last fold, dying (nano-USD) |
 * | x v | next expiry (epoch seconds), version |
 * | l | lots, earliest end first: i id, c category, a amount, m remaining, x end, y dying |
 * | o k | open holds: hold key → micro-USD; how many they are |
 * | n w | spread, width |
 * | mo mi | moves out: id → t shard, l slices; moves in: id → shard |
 * | m | lots and refunds whose journal row is still in the outbox: id → digest of the request that made it |
 * | b | outbox: journal row id → row, until the journal has it |
 */
export type BalanceItem = Record<string, AttributeValue>;

/** Holds are whole micro-USD: fewer digits in the item. */
export const holdUnitNanoUsd = 1_000n;

export function roundUpToHoldUnit(amountNanoUsd: bigint): bigint {
  return roundDownToHoldUnit(amountNanoUsd + holdUnitNanoUsd - 1n);
}

export function roundDownToHoldUnit(amountNanoUsd: bigint): bigint {
  return amountNanoUsd - (amountNanoUsd % holdUnitNanoUsd);
}

export function balanceKey(accountId: string, shard: number) {
  return { pk: { S: `BALANCE#${accountId}${shard === 0 ? '' : `#${shard}`}` }, sk: { S: String(shard) } };
}

export function number(value: bigint | number) {
  return { N: value.toString() };
}

function text(value: string) {
  return { S: value };
}

/** A map whose entries can be written one by one. */
function map<Value>(name: string, toEntry: (value: Value) => AttributeValue): FieldLayout {
  const toValue = (values: ReadonlyMap<string, Value>) => ({
    M: Object.fromEntries([...values].map(([key, value]) => [key, toEntry(value)])),
  });
  return { name, toValue, toEntry };
}

/** Open holds as they lie in an item: hold key → micro-USD. */
export function toHoldUnits(name: string): FieldLayout {
  return map(name, (amountNanoUsd: bigint) => number(amountNanoUsd / holdUnitNanoUsd));
}

export function fromHoldUnits(attribute: AttributeValue | undefined): Map<string, bigint> {
  return mapOf(attribute, value => amount(value) * holdUnitNanoUsd);
}

export const balanceLayout: Layout<Balance> = {
  availableNanoUsd: { name: 'a', toValue: number },
  heldNanoUsd: { name: 'h', toValue: number },
  spentNanoUsd: { name: 's', toValue: number },
  expiredNanoUsd: { name: 'e', toValue: number },
  refundedNanoUsd: { name: 'r', toValue: number },
  purchasedNanoUsd: { name: 'p', toValue: number },
  consumedNanoUsd: { name: 'c', toValue: number },
  dyingNanoUsd: { name: 'd', toValue: number },
  nextExpiryAtSeconds: { name: 'x', toValue: number },
  version: { name: 'v', toValue: number },
  lots: { name: 'l', toValue: toLotItems },
  holds: toHoldUnits('o'),
  openHolds: { name: 'k', toValue: number },
  spread: { name: 'n', toValue: number },
  width: { name: 'w', toValue: number },
  movesOut: map('mo', toMoveItem),
  movesIn: map('mi', number),
  marks: map('m', text),
  outbox: map('b', text),
};

export function fromBalanceItem(item: BalanceItem): Balance {
  return {
    availableNanoUsd: amount(item.a),
    heldNanoUsd: amount(item.h),
    spentNanoUsd: amount(item.s),
    expiredNanoUsd: amount(item.e),
    refundedNanoUsd: amount(item.r),
    purchasedNanoUsd: amount(item.p),
    consumedNanoUsd: amount(item.c),
    dyingNanoUsd: amount(item.d),
    nextExpiryAtSeconds: Number(item.x?.N),
    version: Number(item.v?.N),
    lots: (item.l?.L ?? []).map(lot => fromLotItem(lot.M ?? {})),
    holds: fromHoldUnits(item.o),
    openHolds: Number(item.k?.N),
    spread: Number(item.n?.N),
    width: Number(item.w?.N),
    movesOut: mapOf(item.mo, value => fromMoveItem(value.M ?? {})),
    movesIn: mapOf(item.mi, value => Number(value.N)),
    marks: mapOf(item.m, value => value.S ?? ''),
    outbox: mapOf(item.b, value => value.S ?? ''),
  };
}

const categoryLetters = { purchase: 'p', grant: 'g', promotional: 'f' } as const;
const categories: Record<string, LotCategory> = { p: 'purchase', g: 'grant', f: 'promotional' };

function toLotItems(lots: readonly Lot[]): AttributeValue {
  return { L: lots.map(({ dying, ...slice }) => toSliceItem(slice, dying)) };
}

function toSliceItem(slice: Slice, dying: boolean): AttributeValue {
  return {
    M: {
      i: text(slice.id),
      c: text(categoryLetters[slice.category]),
      a: number(slice.amountNanoUsd),
      m: number(slice.remainingNanoUsd),
      x: number(slice.expiresAtSeconds),
      ...(dying && { y: { BOOL: true } }),
    },
  };
}

function toMoveItem({ toShard, slices }: Move): AttributeValue {
  return { M: { t: number(toShard), l: { L: slices.map(slice => toSliceItem(slice, false)) } } };
}

function fromLotItem(item: BalanceItem): Lot {
  return {
    id: item.i?.S ?? '',
    category: categories[item.c?.S ?? ''] ?? 'grant',
    amountNanoUsd: amount(item.a),
    remainingNanoUsd: amount(item.m),
    expiresAtSeconds: Number(item.x?.N),
    dying: item.y?.BOOL === true,
  };
}

function fromMoveItem(item: BalanceItem): Move {
  const slices = (item.l?.L ?? []).map(slice => {
    const { dying: _, ...rest } = fromLotItem(slice.M ?? {});
    return rest;
  });
  return { toShard: Number(item.t?.N), slices };
}

export function amount(value: AttributeValue | undefined): bigint {
  return BigInt(value?.N ?? 0);
}

function mapOf<Value>(
  attribute: AttributeValue | undefined,
  read: (value: AttributeValue) => Value,
): Map<string, Value> {
  return new Map(Object.entries(attribute?.M ?? {}).map(([key, value]) => [key, read(value)]));
}
