import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Balance, emptyBalance, type Lot, type LotCategory } from '../core/balance.ts';

/**
 * How a balance lies in DynamoDB. Credits table: `pk = BALANCE#<account>`, `sk = <shard>`; names are one letter or two,
 * because every write pays for the size of the item.
 *
 * | name | what |
 * |---|---|
 * | a h s e r p | available, held, spent, expired, refunded, purchased (nano-USD) |
 * | c d | consumed since the last fold, dying (nano-USD) |
 * | x v | next expiry (epoch seconds), version |
 * | l | lots, earliest end first: i id, c category, a amount, m remaining, x end, y dying |
 * | o | open holds: hold key → micro-USD |
 * | b | outbox: journal row id → row, until the journal has it |
 * | m | purchases whose journal row is still in the outbox: lot id → digest of the request that made it |
 * | rm mo mi | refunds, moves out and moves in, marked the same way |
 */
export type BalanceItem = Record<string, AttributeValue>;

/** A balance as read, with the marks that make lot events happen once. */
export interface StoredBalance extends Balance {
  /** Lot id → digest of the request that made it. */
  purchaseMarks: ReadonlyMap<string, string>;
  outbox: ReadonlyMap<string, OutboxRow>;
}

/** A journal row on its way to the journal, as text: the store that writes the journal knows its fields. */
export type OutboxRow = string;

const categoryLetters = { purchase: 'p', grant: 'g', promotional: 'f' } as const;
const categories: Record<string, LotCategory> = { p: 'purchase', g: 'grant', f: 'promotional' };

export function balanceKey(accountId: string) {
  return { pk: { S: `BALANCE#${accountId}` }, sk: { S: '0' } };
}

export function number(value: bigint | number) {
  return { N: value.toString() };
}

/** Holds are whole micro-USD: fewer digits in the item, and never less than what was asked. */
export const holdUnitNanoUsd = 1_000n;

export function roundUpToHoldUnit(amountNanoUsd: bigint): bigint {
  return ((amountNanoUsd + holdUnitNanoUsd - 1n) / holdUnitNanoUsd) * holdUnitNanoUsd;
}

export function fromBalanceItem(item: BalanceItem): StoredBalance {
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
    holds: mapOf(item.o, value => amount(value) * holdUnitNanoUsd),
    purchaseMarks: mapOf(item.m, value => value.S ?? ''),
    outbox: mapOf(item.b, value => value.S ?? ''),
  };
}

export function emptyStoredBalance(): StoredBalance {
  return { ...emptyBalance(), purchaseMarks: new Map(), outbox: new Map() };
}

export function toBalanceItem(accountId: string, balance: Balance): BalanceItem {
  const none = { M: {} };
  return {
    ...balanceKey(accountId),
    a: number(balance.availableNanoUsd),
    h: number(balance.heldNanoUsd),
    s: number(balance.spentNanoUsd),
    e: number(balance.expiredNanoUsd),
    r: number(balance.refundedNanoUsd),
    p: number(balance.purchasedNanoUsd),
    c: number(balance.consumedNanoUsd),
    d: number(balance.dyingNanoUsd),
    x: number(balance.nextExpiryAtSeconds),
    v: number(balance.version),
    l: toLotItems(balance.lots),
    o: none,
    b: none,
    m: none,
    rm: none,
    mo: none,
    mi: none,
  };
}

export function toLotItems(lots: readonly Lot[]): AttributeValue {
  return {
    L: lots.map(lot => ({
      M: {
        i: { S: lot.id },
        c: { S: categoryLetters[lot.category] },
        a: number(lot.amountNanoUsd),
        m: number(lot.remainingNanoUsd),
        x: number(lot.expiresAtSeconds),
        ...(lot.dying && { y: { BOOL: true } }),
      },
    })),
  };
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

function amount(value: AttributeValue | undefined): bigint {
  return BigInt(value?.N ?? 0);
}

function mapOf<Value>(
  attribute: AttributeValue | undefined,
  read: (value: AttributeValue) => Value,
): Map<string, Value> {
  return new Map(Object.entries(attribute?.M ?? {}).map(([key, value]) => [key, read(value)]));
}
