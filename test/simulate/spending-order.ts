import { type Balance, holdStartSeconds } from '../../functions/core/balance.ts';
import { fold } from '../../functions/core/balance-events.ts';
import { type Lot, type Slice, smaller, sum } from '../../functions/core/lots.ts';
import type { BalanceWrite } from '../../functions/store/balance-writes.ts';
import { changedEntry, rowsIn } from './told-by-write.ts';

/** Clocks differ from the true time by at most this. */
export const skewMaxMs = 3_000;

type Amounts = Map<string, bigint>;

/** What is known of when holds were written. */
export interface Landings {
  atMs(holdKey: string): number;
  /** Whether whoever made a write may not have seen it: it came after the last change of lots. */
  maybeUnseen(holdKey: string): boolean;
}

/**
 * Whether the right lots paid, judged by what a write left of them: the one that ends first, ended or not; and neither
 * expires nor leaves what open holds will spend.
 * @param arrived slices that the write let in
 * @returns what is wrong, in words
 */
export function wrongOrder(
  write: BalanceWrite,
  before: Balance,
  after: Balance,
  arrived: readonly Slice[],
  landings: Landings,
): string | undefined {
  if (before.lots === after.lots) return undefined;
  const rows = rowsIn(write).filter(({ amountNanoUsd }) => amountNanoUsd.startsWith('-'));
  const expired = amountsOf(
    rows.filter(({ kind }) => kind === 'expiry').map(row => [row.lotId, -BigInt(row.amountNanoUsd)]),
  );
  const left = amountsOf([
    ...rows.filter(({ kind }) => kind === 'refund').map(row => [row.lotId, -BigInt(row.amountNanoUsd)] as const),
    ...slicesSent(write).map(slice => [slice.id, slice.remainingNanoUsd] as const),
  ]);
  const came = amountsOf(arrived.map(slice => [slice.id, slice.remainingNanoUsd]));
  return (
    wrongPayer(write, before, after, [came, expired, left], landings) ??
    (arrived.length === 0 ? coveredExpiry(before, after, expired, landings) : undefined) ?? // what comes late was for no hold
    coveredLeaving(before, after, left)
  );
}

/**
 * No lot pays while one that ends before it has money; but dying lots pay at least what other holds do not cover of them,
 * before a lot that was added late.
 */
function wrongPayer(
  write: BalanceWrite,
  before: Balance,
  after: Balance,
  [came, expired, left]: [Amounts, Amounts, Amounts],
  landings: Landings,
): string | undefined {
  const startSeconds = write.what === 'settling a hold' ? holdStartSeconds(changedEntry(write, 'holds')) : 0;
  const paidNanoUsd = (id: string) =>
    of(before, id) + (came.get(id) ?? 0n) - (expired.get(id) ?? 0n) - (left.get(id) ?? 0n) - of(after, id);
  const usable = before.lots.filter(lot => !lot.dying || lot.expiresAtSeconds > startSeconds);
  const spent = new Map<Lot, bigint>();
  const counted: Amounts = new Map();
  for (const lot of usable) {
    const owedNanoUsd = paidNanoUsd(lot.id) - (counted.get(lot.id) ?? 0n); // a lot may lie there twice, dying first
    spent.set(lot, smaller(owedNanoUsd, lot.remainingNanoUsd));
    counted.set(lot.id, (counted.get(lot.id) ?? 0n) + smaller(owedNanoUsd, lot.remainingNanoUsd));
  }
  for (const payer of usable) {
    if ((spent.get(payer) ?? 0n) <= 0n) continue;
    const first = usable.find(
      lot => lot.expiresAtSeconds < payer.expiresAtSeconds && (spent.get(lot) ?? 0n) < lot.remainingNanoUsd,
    );
    if (!first || (payer.dying && !first.dying && isCoveredToTheLast(before, after, payer, landings))) continue;
    return `${payer.id} paid while ${first.id}, which ends before it, had money`;
  }
  return undefined;
}

/** Whether holds cover no more than what is left of dying lots up to one that ends with this or later. */
function isCoveredToTheLast(before: Balance, after: Balance, payer: Lot, { maybeUnseen }: Landings): boolean {
  return before.lots.some(
    ({ dying, expiresAtSeconds: end }) =>
      dying &&
      end >= payer.expiresAtSeconds &&
      heldBefore(after, end, key => !maybeUnseen(key)) <= dyingUpTo(after, end),
  );
}

/** What those holds set aside that began before a moment and are `counted`. */
function heldBefore({ holds }: Balance, endSeconds: number, counted: (key: string) => boolean): bigint {
  return sum([...holds].flatMap(([key, amount]) => (holdStartSeconds(key) < endSeconds && counted(key) ? amount : [])));
}

function dyingUpTo({ lots }: Balance, endSeconds: number): bigint {
  return sum(lots.flatMap(lot => (lot.dying && lot.expiresAtSeconds <= endSeconds ? lot.remainingNanoUsd : [])));
}

/**
 * What expires is beyond what holds may need that began before the lot's end, and were there by any clock before it.
 * Those that came later have taken other money.
 */
function coveredExpiry(before: Balance, after: Balance, expired: Amounts, { atMs }: Landings): string | undefined {
  for (const lot of before.lots) {
    if (!expired.has(lot.id)) continue;
    const end = lot.expiresAtSeconds;
    const needed = heldBefore(after, end, key => atMs(key) < end * 1000 - skewMaxMs);
    const kept = dyingUpTo(after, end);
    if (kept < needed) return `of ${lot.id} expired what open holds need: ${kept} of ${needed} are kept`;
  }
  return undefined;
}

/** What is refunded or moved is beyond what open holds will spend. */
function coveredLeaving(before: Balance, after: Balance, left: Amounts): string | undefined {
  for (const lot of before.lots) {
    if (!left.has(lot.id)) continue;
    const kept = sum(
      after.lots.flatMap(other => (other.dying || comesBefore(lot, other) ? [] : other.remainingNanoUsd)),
    );
    const needed = after.heldNanoUsd - after.dyingNanoUsd;
    if (kept < needed) return `of ${lot.id} left what open holds need: ${kept} of ${needed} are kept`;
  }
  return undefined;
}

function comesBefore(lot: Lot, other: Lot): boolean {
  return lot.dying === other.dying ? lot.expiresAtSeconds < other.expiresAtSeconds : lot.dying;
}

/** What a balance has of a lot, which may lie there twice: dying, and as a slice that came late. */
function of({ lots }: Balance, lotId: string): bigint {
  return sum(lots.flatMap(lot => (lot.id === lotId ? lot.remainingNanoUsd : [])));
}

function slicesSent(write: BalanceWrite): Slice[] {
  return write.changes.flatMap(change =>
    change.field === 'movesOut' && 'set' in change ? (change.set as { slices: Slice[] }).slices : [],
  );
}

function amountsOf(entries: (readonly [lotId: string, amountNanoUsd: bigint])[]): Amounts {
  const amounts: Amounts = new Map();
  for (const [lotId, amountNanoUsd] of entries) amounts.set(lotId, (amounts.get(lotId) ?? 0n) + amountNanoUsd);
  return amounts;
}

/**
 * Whether every open hold can still be paid: by lots that end after it began, for no other is spent on it. What all that
 * began at a moment or later have set aside must lie in lots that end later than that.
 * @returns what is missing, in words
 */
export function missingFor(balance: Balance): string | undefined {
  if (balance.holds.size === 0) return undefined;
  const { lots } = fold(balance);
  const open = [...balance.holds].map(([key, amountNanoUsd]) => ({
    startSeconds: holdStartSeconds(key),
    amountNanoUsd,
  }));
  for (const { startSeconds } of open) {
    const needed = sum(open.flatMap(hold => (hold.startSeconds >= startSeconds ? hold.amountNanoUsd : [])));
    const there = sum(lots.flatMap(lot => (lot.expiresAtSeconds > startSeconds ? lot.remainingNanoUsd : [])));
    if (there < needed)
      return `open holds begun at ${startSeconds} or later need ${needed}, and ${there} can be theirs`;
  }
  return undefined;
}
