import { strict as assert } from 'node:assert';
import { idTimeMs } from './ids.ts';

/**
 * The balance of one account (of one shard of it) and everything that can happen to it, as pure functions.
 * `functions/store/balances.ts` turns each into one conditional write; `docs/ledger.md` argues why that is enough.
 */
export interface Balance {
  /** Spendable now. */
  availableNanoUsd: bigint;
  /** Set aside by open holds. */
  heldNanoUsd: bigint;
  spentNanoUsd: bigint;
  expiredNanoUsd: bigint;
  refundedNanoUsd: bigint;
  /** Everything that ever came in, net of moves between shards. */
  purchasedNanoUsd: bigint;
  /** Spent since the last fold: money that is gone, but not yet taken out of the lots. */
  consumedNanoUsd: bigint;
  /** Money of ended lots that open holds still cover. */
  dyingNanoUsd: bigint;
  /** Earliest end of a lot that is not yet processed, else `never`. */
  nextExpiryAtSeconds: number;
  /** Counts lot events; holds and fast settlements leave it alone. */
  version: number;
  /** Earliest end first. */
  lots: Lot[];
  /** Open holds: hold key → amount. */
  holds: ReadonlyMap<string, bigint>;
}

/** One purchase or grant. Spending takes from the lot that ends first. */
export interface Lot {
  id: string;
  category: LotCategory;
  amountNanoUsd: bigint;
  remainingNanoUsd: bigint;
  expiresAtSeconds: number;
  /** Ended, and kept only for holds that began before its end. */
  dying: boolean;
}

export type LotCategory = 'purchase' | 'grant' | 'promotional';

/** Money that a lot lost at its end. */
export interface Expiry {
  lotId: string;
  amountNanoUsd: bigint;
}

/** Later than any lot: the year 9999. */
export const never = 253_402_300_799;

/** How long a hold may stay open: Lambda's longest run and a minute for clocks that differ. */
export const holdLifetimeMs = 16 * 60_000;

/** A hold begins when its request began: its key starts with the moment, see `newId`. */
export function holdStartSeconds(holdKey: string): number {
  return Math.floor(idTimeMs(holdKey) / 1000);
}

export function isAbandoned(holdKey: string, nowMs: number): boolean {
  return idTimeMs(holdKey) + holdLifetimeMs < nowMs;
}

export function emptyBalance(): Balance {
  return {
    availableNanoUsd: 0n,
    heldNanoUsd: 0n,
    spentNanoUsd: 0n,
    expiredNanoUsd: 0n,
    refundedNanoUsd: 0n,
    purchasedNanoUsd: 0n,
    consumedNanoUsd: 0n,
    dyingNanoUsd: 0n,
    nextExpiryAtSeconds: never,
    version: 0,
    lots: [],
    holds: new Map(),
  };
}

/** Sets money aside for one request. `lots_ended` means: expire first, then ask again. */
export function hold(
  balance: Balance,
  key: string,
  amountNanoUsd: bigint,
  nowSeconds: number,
): { status: 'held'; balance: Balance } | { status: 'exists' | 'lots_ended' | 'insufficient' } {
  if (balance.holds.has(key)) return { status: 'exists' };
  if (balance.nextExpiryAtSeconds <= nowSeconds) return { status: 'lots_ended' };
  if (balance.availableNanoUsd < amountNanoUsd) return { status: 'insufficient' };
  return {
    status: 'held',
    balance: {
      ...balance,
      availableNanoUsd: balance.availableNanoUsd - amountNanoUsd,
      heldNanoUsd: balance.heldNanoUsd + amountNanoUsd,
      holds: new Map(balance.holds).set(key, amountNanoUsd),
    },
  };
}

/** Ends a hold: `costNanoUsd` is spent, the rest returns, and what returns to an ended lot expires with it. */
export function settle(
  balance: Balance,
  key: string,
  costNanoUsd: bigint,
): { status: 'settled'; balance: Balance; expiries: Expiry[] } | { status: 'already_settled' } {
  const amountNanoUsd = balance.holds.get(key);
  if (amountNanoUsd === undefined) return { status: 'already_settled' };
  assert(costNanoUsd >= 0n && costNanoUsd <= amountNanoUsd, 'a hold bounds what its request may cost');
  const holds = new Map(balance.holds);
  holds.delete(key);
  const settled = {
    ...balance,
    holds,
    heldNanoUsd: balance.heldNanoUsd - amountNanoUsd,
    availableNanoUsd: balance.availableNanoUsd + amountNanoUsd - costNanoUsd,
    spentNanoUsd: balance.spentNanoUsd + costNanoUsd,
  };
  if (balance.dyingNanoUsd === 0n) {
    return {
      status: 'settled',
      balance: { ...settled, consumedNanoUsd: balance.consumedNanoUsd + costNanoUsd },
      expiries: [],
    };
  }
  const startSeconds = holdStartSeconds(key);
  const usable = (lot: Lot) => !lot.dying || lot.expiresAtSeconds > startSeconds;
  const { balance: trimmed, expiries } = trimEndedLots({ ...settled, lots: spend(balance.lots, costNanoUsd, usable) });
  return { status: 'settled', balance: { ...trimmed, version: balance.version + 1 }, expiries };
}

/** Takes what was consumed out of the lots and ends those whose time has come. */
export function expire(balance: Balance, nowSeconds: number): { balance: Balance; expiries: Expiry[] } {
  const folded = fold(balance);
  const lots = folded.lots.map(lot => ({ ...lot, dying: lot.dying || lot.expiresAtSeconds <= nowSeconds }));
  const { balance: trimmed, expiries } = trimEndedLots({ ...folded, lots });
  return { balance: { ...trimmed, version: balance.version + 1 }, expiries };
}

/** Adds a purchase or a grant. One that has ended already is counted as purchased and expired, and is never spendable. */
export function addLot(
  balance: Balance,
  lot: Omit<Lot, 'remainingNanoUsd' | 'dying'>,
  nowSeconds: number,
): { balance: Balance; expiries: Expiry[] } {
  assert(lot.amountNanoUsd > 0n, 'a lot holds money');
  const purchasedNanoUsd = balance.purchasedNanoUsd + lot.amountNanoUsd;
  const version = balance.version + 1;
  if (lot.expiresAtSeconds <= nowSeconds) {
    const expiredNanoUsd = balance.expiredNanoUsd + lot.amountNanoUsd;
    const expiries = [{ lotId: lot.id, amountNanoUsd: lot.amountNanoUsd }];
    return { balance: { ...balance, purchasedNanoUsd, expiredNanoUsd, version }, expiries };
  }
  const folded = fold(balance);
  const added: Lot = { ...lot, remainingNanoUsd: lot.amountNanoUsd, dying: false };
  const lots = [...folded.lots, added].sort((a, b) => a.expiresAtSeconds - b.expiresAtSeconds);
  return {
    balance: {
      ...folded,
      purchasedNanoUsd,
      availableNanoUsd: folded.availableNanoUsd + lot.amountNanoUsd,
      lots,
      nextExpiryAtSeconds: nextExpiry(lots),
      version,
    },
    expiries: [],
  };
}

/** What is wrong with a balance, in words; empty when every rule holds. */
export function brokenRules(balance: Balance): string[] {
  const { availableNanoUsd, heldNanoUsd, spentNanoUsd, expiredNanoUsd, refundedNanoUsd } = balance;
  const { purchasedNanoUsd, consumedNanoUsd, dyingNanoUsd, lots, holds } = balance;
  const lotsNanoUsd = sum(lots.map(lot => lot.remainingNanoUsd));
  const dyingLotsNanoUsd = sum(lots.filter(lot => lot.dying).map(lot => lot.remainingNanoUsd));
  const amounts = [availableNanoUsd, heldNanoUsd, spentNanoUsd, expiredNanoUsd, refundedNanoUsd, purchasedNanoUsd];
  const rules: [string, boolean][] = [
    ['no amount is negative', [...amounts, consumedNanoUsd, dyingNanoUsd].every(amount => amount >= 0n)],
    [
      'purchased = available + held + spent + expired + refunded',
      purchasedNanoUsd === availableNanoUsd + heldNanoUsd + spentNanoUsd + expiredNanoUsd + refundedNanoUsd,
    ],
    ['lots = available + held + consumed', lotsNanoUsd === availableNanoUsd + heldNanoUsd + consumedNanoUsd],
    ['held = sum of holds', heldNanoUsd === sum(holds.values())],
    ['dying = sum of dying lots', dyingNanoUsd === dyingLotsNanoUsd],
    ['dying <= held', dyingNanoUsd <= heldNanoUsd],
    ['nothing is consumed while lots are dying', dyingNanoUsd === 0n || consumedNanoUsd === 0n],
    [
      'every lot holds money',
      lots.every(lot => lot.remainingNanoUsd > 0n && lot.remainingNanoUsd <= lot.amountNanoUsd),
    ],
    ['no unprocessed lot ends before nextExpiryAt', balance.nextExpiryAtSeconds <= nextExpiry(lots)],
  ];
  return rules.filter(([, holdsTrue]) => !holdsTrue).map(([rule]) => rule);
}

/** Takes consumed money out of the lots, earliest end first. */
export function fold(balance: Balance): Balance {
  if (balance.consumedNanoUsd === 0n) return balance;
  const lots = spend(balance.lots, balance.consumedNanoUsd, () => true);
  return { ...balance, lots, consumedNanoUsd: 0n, nextExpiryAtSeconds: nextExpiry(lots) };
}

function spend(lots: readonly Lot[], amountNanoUsd: bigint, usable: (lot: Lot) => boolean): Lot[] {
  let owedNanoUsd = amountNanoUsd;
  const rest: Lot[] = [];
  for (const lot of lots) {
    const takenNanoUsd = usable(lot) ? smaller(lot.remainingNanoUsd, owedNanoUsd) : 0n;
    owedNanoUsd -= takenNanoUsd;
    if (takenNanoUsd < lot.remainingNanoUsd)
      rest.push({ ...lot, remainingNanoUsd: lot.remainingNanoUsd - takenNanoUsd });
  }
  assert(owedNanoUsd === 0n, 'lots cover what was spent');
  return rest;
}

/** Lets each ended lot keep at most what holds begun before its end cover; the rest expires. */
function trimEndedLots(balance: Balance): { balance: Balance; expiries: Expiry[] } {
  const lots: Lot[] = [];
  const expiries: Expiry[] = [];
  let keptNanoUsd = 0n;
  for (const lot of balance.lots) {
    if (!lot.dying) {
      lots.push(lot);
      continue;
    }
    const coveredNanoUsd = heldBefore(balance.holds, lot.expiresAtSeconds) - keptNanoUsd;
    const keepNanoUsd = coveredNanoUsd > 0n ? smaller(lot.remainingNanoUsd, coveredNanoUsd) : 0n;
    keptNanoUsd += keepNanoUsd;
    if (keepNanoUsd > 0n) lots.push({ ...lot, remainingNanoUsd: keepNanoUsd });
    if (keepNanoUsd < lot.remainingNanoUsd) {
      expiries.push({ lotId: lot.id, amountNanoUsd: lot.remainingNanoUsd - keepNanoUsd });
    }
  }
  const lostNanoUsd = sum(expiries.map(expiry => expiry.amountNanoUsd));
  return {
    balance: {
      ...balance,
      lots,
      availableNanoUsd: balance.availableNanoUsd - lostNanoUsd,
      expiredNanoUsd: balance.expiredNanoUsd + lostNanoUsd,
      dyingNanoUsd: keptNanoUsd,
      nextExpiryAtSeconds: nextExpiry(lots),
    },
    expiries,
  };
}

function heldBefore(holds: ReadonlyMap<string, bigint>, endSeconds: number): bigint {
  let heldNanoUsd = 0n;
  for (const [key, amountNanoUsd] of holds) if (holdStartSeconds(key) < endSeconds) heldNanoUsd += amountNanoUsd;
  return heldNanoUsd;
}

function nextExpiry(lots: readonly Lot[]): number {
  return lots.find(lot => !lot.dying)?.expiresAtSeconds ?? never;
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
