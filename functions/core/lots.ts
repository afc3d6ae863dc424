import { strict as assert } from 'node:assert';

/** One purchase or grant. Spending takes from the lot that ends first. */
export interface Lot {
  id: string;
  category: LotCategory;
  /** What it began with, also where only a slice of it lies. */
  amountNanoUsd: bigint;
  remainingNanoUsd: bigint;
  expiresAtSeconds: number;
  /** Ended, and kept only for holds that began before its end. */
  dying: boolean;
}

export type LotCategory = 'purchase' | 'grant' | 'promotional';

/** A part of a lot on its way to another shard; `remainingNanoUsd` is what moves. */
export type Slice = Omit<Lot, 'dying'>;

/** Money that a lot lost, at its end or by a refund. */
export interface Loss {
  lotId: string;
  category: LotCategory;
  amountNanoUsd: bigint;
}

/** Later than any lot: the year 9999. */
export const never = 253_402_300_799;

/** Takes money out of lots in their order, from those that are `usable`. Emptied lots are gone. */
export function spend(lots: readonly Lot[], amountNanoUsd: bigint, usable: (lot: Lot) => boolean): Lot[] {
  let owedNanoUsd = amountNanoUsd;
  const rest: Lot[] = [];
  for (const lot of lots) {
    const takenNanoUsd = usable(lot) ? smaller(lot.remainingNanoUsd, owedNanoUsd) : 0n;
    owedNanoUsd -= takenNanoUsd;
    if (takenNanoUsd === 0n) rest.push(lot);
    else if (takenNanoUsd < lot.remainingNanoUsd)
      rest.push({ ...lot, remainingNanoUsd: lot.remainingNanoUsd - takenNanoUsd });
  }
  assert(owedNanoUsd === 0n, 'lots cover what was spent');
  return rest;
}

/** Dying lots first, then the rest, each in order of their ends: so they lie in a balance. */
export function inOrder(lots: readonly Lot[]): Lot[] {
  return byEnd(lots).sort((a, b) => Number(b.dying) - Number(a.dying));
}

/** The one that ends first comes first. By slow clocks a lot may have been added that had ended before a dying one. */
export function byEnd(lots: readonly Lot[]): Lot[] {
  return lots.toSorted((a, b) => a.expiresAtSeconds - b.expiresAtSeconds);
}

/** Puts slices among lots; two slices of one lot become one. */
export function insert(lots: readonly Lot[], slices: readonly Slice[]): Lot[] {
  const merged = [...lots];
  for (const slice of slices) {
    const index = merged.findIndex(lot => lot.id === slice.id && !lot.dying);
    const lot = merged[index];
    if (!lot) merged.push({ ...slice, dying: false });
    else merged[index] = { ...lot, remainingNanoUsd: lot.remainingNanoUsd + slice.remainingNanoUsd };
  }
  return inOrder(merged);
}

/** When the next lot ends that is not yet processed. */
export function nextExpiry(lots: readonly Lot[]): number {
  return lots.find(lot => !lot.dying)?.expiresAtSeconds ?? never;
}

export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}

export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
