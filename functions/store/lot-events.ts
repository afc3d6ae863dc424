import { emptyBalance } from '../core/balance.ts';
import * as events from '../core/balance-events.ts';
import { newId, type RandomBytes } from '../core/ids.ts';
import type { Loss, Lot } from '../core/lots.ts';
import type { BalanceTable } from './balance-table.ts';
import * as writes from './balance-writes.ts';
import { StoreError } from './dynamo.ts';
import { type JournalRow, provenBy } from './journal.ts';

/** What changes of balances work with. */
export interface LedgerParts {
  table: BalanceTable;
  randomBytes: RandomBytes;
}

export interface NewLot extends Omit<Lot, 'remainingNanoUsd' | 'dying'> {
  reason?: string;
  createdBy?: string;
  /** Same lot id with another digest: another request used the same idempotency key. */
  requestDigest?: string;
}

export interface NewRefund {
  id: string;
  lotId: string;
  /** At most this much is given back; without it, all that is neither spent nor held. */
  amountMaxNanoUsd?: bigint;
  reason?: string;
  createdBy?: string;
  /** As with a lot. */
  requestDigest?: string;
}

/** `isReplay`: the refund was made before, and this is its row. */
export type RefundResult =
  | { status: 'refunded'; row: JournalRow; isReplay: boolean }
  | { status: 'nothing_left' | 'conflict' };

/** How often a write that lost a race is tried again. Lot events are rare. */
export const racesMax = 20;

/**
 * The same for settlements. While lots are dying each contends with all others of its shard, and each round settles one of
 * them: a shard has 48 open holds before requests go to others, and more only when there is no money for another shard.
 */
export const settlementRacesMax = 200;

/**
 * Adds a purchase or a grant to shard 0, once for each lot id. The order of reads matters: the balance with its marks,
 * then the journal's proof, then a write that fails if the balance changed since. A mark goes only once the proof is there.
 * @returns `conflict` when the lot exists and came from a different request
 */
export async function addLot(
  parts: LedgerParts,
  accountId: string,
  lot: NewLot,
  nowMs: number,
): Promise<'added' | 'exists' | 'conflict'> {
  const { table } = parts;
  const { reason, createdBy, requestDigest = '', ...coreLot } = lot;
  for (let races = 0; races < racesMax; races++) {
    const balance = await table.read(accountId, 0);
    if (!balance) {
      await table.enlist(accountId);
      await table.write(accountId, 0, writes.openBalance(emptyBalance()));
      continue;
    }
    const proof = await table.findProof(accountId, lot.id);
    if (proof) return (proof.requestDigest ?? '') === requestDigest ? 'exists' : 'conflict';
    const result = events.addLot(balance, coreLot, requestDigest, Math.floor(nowMs / 1000));
    if (result.status === 'exists') return result.digest === requestDigest ? 'exists' : 'conflict';
    const row: JournalRow = {
      ...newRow(parts, accountId, nowMs),
      kind: lot.category,
      lotId: lot.id,
      category: lot.category,
      amountNanoUsd: lot.amountNanoUsd.toString(),
      expiresAt: new Date(lot.expiresAtSeconds * 1000).toISOString(),
      reason,
      createdBy,
      requestDigest,
    };
    const rows = [row, ...expiryRows(parts, accountId, result.expiries, nowMs + 1)];
    const after = withRows(result.balance, rows);
    const written = await table.write(accountId, 0, writes.addLot(balance, after, lot.id));
    if (!written) continue;
    await flush(parts, accountId, 0, balancesAfter(rows, balance.width === 1 ? written.availableNanoUsd : undefined));
    return 'added';
  }
  throw new StoreError('adding credits', new Error(`lost ${racesMax} races`));
}

/**
 * Refunds what shard 0 has of a lot that is neither spent nor held, once for each refund id.
 * @returns the refund's row, also when it was made before; `conflict` when it came from a different request
 */
export async function refundLot(
  parts: LedgerParts,
  accountId: string,
  refund: NewRefund,
  nowMs: number,
): Promise<RefundResult> {
  const { table } = parts;
  const { id: refundId, lotId, amountMaxNanoUsd, reason, createdBy, requestDigest: digest = '' } = refund;
  for (let races = 0; races < racesMax; races++) {
    const balance = await table.read(accountId, 0);
    if (!balance) return { status: 'nothing_left' };
    const standing = await findRefund(parts, accountId, refundId, balance.outbox);
    if (standing) {
      const isSame = (standing.requestDigest ?? '') === digest;
      return isSame ? { status: 'refunded', row: standing, isReplay: true } : { status: 'conflict' };
    }
    const result = events.refund(balance, { refundId, lotId, digest, amountMaxNanoUsd }, Math.floor(nowMs / 1000));
    if (result.status === 'lots_ended') {
      await expireShard(parts, accountId, 0, nowMs);
      continue;
    }
    if (result.status === 'exists') continue; // its row has just left the outbox, so the journal has it now
    if (result.status !== 'refunded') return { status: 'nothing_left' };
    const row: JournalRow = {
      ...newRow(parts, accountId, nowMs),
      kind: 'refund',
      lotId,
      refundId,
      category: result.loss.category,
      amountNanoUsd: (-result.loss.amountNanoUsd).toString(),
      reason,
      createdBy,
      requestDigest: digest,
    };
    const after = withRows(result.balance, [row]);
    const written = await table.write(accountId, 0, writes.refund(balance, after, refundId));
    if (!written) continue;
    const rows = balancesAfter([row], balance.width === 1 ? written.availableNanoUsd : undefined);
    await flush(parts, accountId, 0, rows);
    return { status: 'refunded', row, isReplay: false };
  }
  throw new StoreError('refunding credits', new Error(`lost ${racesMax} races`));
}

/** The journal first would miss a row that leaves the outbox in between. */
async function findRefund(
  { table }: LedgerParts,
  accountId: string,
  refundId: string,
  outbox: ReadonlyMap<string, string>,
): Promise<JournalRow | undefined> {
  return rowsOf(outbox).find(row => row.refundId === refundId) ?? (await table.findProof(accountId, refundId));
}

/** Ends the lots of one shard whose time has come. Safe to repeat, and to run anywhere at any time. */
export async function expireShard(
  parts: LedgerParts,
  accountId: string,
  shard: number,
  nowMs: number,
): Promise<Loss[]> {
  const { table } = parts;
  const nowSeconds = Math.floor(nowMs / 1000);
  for (let races = 0; races < racesMax; races++) {
    const balance = await table.read(accountId, shard);
    if (!balance || !events.hasEndedLots(balance, nowSeconds)) return [];
    const { balance: after, expiries } = events.expire(balance, nowSeconds);
    const rows = expiryRows(parts, accountId, expiries, nowMs);
    const written = await table.write(accountId, shard, writes.expire(balance, withRows(after, rows)));
    if (!written) continue;
    const isWhole = shard === 0 && balance.width === 1;
    await flush(parts, accountId, shard, balancesAfter(rows, isWhole ? written.availableNanoUsd : undefined));
    return expiries;
  }
  throw new StoreError('expiring credits', new Error(`lost ${racesMax} races`));
}

/** Moves journal rows from the item to the journal. What a crash left behind, the next sweep moves. */
export async function flush(
  { table }: LedgerParts,
  accountId: string,
  shard: number,
  rows: Iterable<JournalRow>,
): Promise<void> {
  for (const row of rows) {
    await table.append(row);
    await table.write(accountId, shard, writes.forgetRow(row.id, provenBy(row)));
  }
}

export function expiryRows(parts: LedgerParts, accountId: string, expiries: Loss[], nowMs: number): JournalRow[] {
  return expiries.map(({ lotId, category, amountNanoUsd }, index) => ({
    ...newRow(parts, accountId, nowMs + index),
    kind: 'expiry',
    lotId,
    category,
    amountNanoUsd: (-amountNanoUsd).toString(),
  }));
}

/** A balance with rows on their way to the journal: they are written with what they tell, or not at all. */
export function withRows<WithOutbox extends { outbox: ReadonlyMap<string, string> }>(
  balance: WithOutbox,
  rows: readonly JournalRow[],
): WithOutbox {
  if (rows.length === 0) return balance;
  return {
    ...balance,
    outbox: new Map([...balance.outbox, ...rows.map(row => [row.id, JSON.stringify(row)] as const)]),
  };
}

export function rowsOf(outbox: ReadonlyMap<string, string>): JournalRow[] {
  return [...outbox.values()].map(text => JSON.parse(text) as JournalRow);
}

/** Rows of one event with what was spendable after each, when it is known after the last. */
export function balancesAfter(rows: readonly JournalRow[], lastNanoUsd: bigint | undefined): JournalRow[] {
  if (lastNanoUsd === undefined) return [...rows];
  let afterNanoUsd = lastNanoUsd;
  return rows
    .toReversed()
    .map(row => {
      const balanceAfterNanoUsd = afterNanoUsd.toString();
      afterNanoUsd -= BigInt(row.amountNanoUsd);
      return { ...row, balanceAfterNanoUsd };
    })
    .reverse();
}

function newRow({ randomBytes }: LedgerParts, accountId: string, nowMs: number) {
  return { id: newId('jr', nowMs, randomBytes), accountId, createdAt: new Date(nowMs).toISOString() };
}
