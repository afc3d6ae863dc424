import { strict as assert } from 'node:assert';
import { idTimeMs } from './ids.ts';
import { byEnd, inOrder, type Loss, type Lot, never, nextExpiry, type Slice, smaller, spend, sum } from './lots.ts';

/**
 * The balance of one account, or of one shard of it, and what requests do to it, as pure functions. What happens to
 * lots is in `balance-events.ts`, moves between shards are in `balance-moves.ts`.
 * `functions/store/balance-writes.ts` turns each transition into one conditional write; `docs/ledger.md` argues why
 * that is enough.
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
  /** Counts lot events and moves; holds and fast settlements leave it alone. */
  version: number;
  /** Dying ones first, and each kind with the earliest end first. */
  lots: Lot[];
  /** Open holds: hold key → amount. */
  holds: ReadonlyMap<string, bigint>;
  /** How many they are; a write answers with it. */
  openHolds: number;
  /** How many shards requests may choose from, as far as this shard knows. A hint: any choice keeps the money right. */
  spread: number;
  /** On shard 0: no shard from this number on was ever used. Raised before a shard is first used, never lowered. */
  width: number;
  /** Money that has left for another shard, until it is known to have arrived. */
  movesOut: ReadonlyMap<string, Move>;
  /** Moves that arrived, and from which shard, until that shard has forgotten them. */
  movesIn: ReadonlyMap<string, number>;
  /** Lots added and refunds made that the journal does not have yet: id → digest of the request. */
  marks: ReadonlyMap<string, string>;
  /** Journal rows on their way to the journal: id → row as text, for the store that writes the journal knows its fields. */
  outbox: ReadonlyMap<string, string>;
}

/** Slices of lots on their way from one shard to another. */
export interface Move {
  toShard: number;
  slices: Slice[];
}

/** How long a hold may stay open: Lambda's longest run and a minute for clocks that differ. */
export const holdLifetimeMs = 16 * 60_000;

/** A hold begins when its request began: its key starts with the moment, see `newId`. */
export function holdStartSeconds(holdKey: string): number {
  return Math.floor(idTimeMs(holdKey) / 1000);
}

export function isAbandoned(holdKey: string, nowMs: number): boolean {
  return idTimeMs(holdKey) + holdLifetimeMs < nowMs;
}

/** @param shards how many shards there are at least, this one included */
export function emptyBalance(shards = 1): Balance {
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
    openHolds: 0,
    spread: shards,
    width: shards,
    movesOut: new Map(),
    movesIn: new Map(),
    marks: new Map(),
    outbox: new Map(),
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
      openHolds: balance.openHolds + 1,
    },
  };
}

/** Ends a hold: `costNanoUsd` is spent, the rest returns, and what returns to an ended lot expires with it. */
export function settle(
  balance: Balance,
  key: string,
  costNanoUsd: bigint,
): { status: 'settled'; balance: Balance; expiries: Loss[] } | { status: 'already_settled' } {
  const amountNanoUsd = balance.holds.get(key);
  if (amountNanoUsd === undefined) return { status: 'already_settled' };
  assert(costNanoUsd >= 0n && costNanoUsd <= amountNanoUsd, 'a hold bounds what its request may cost');
  const holds = new Map(balance.holds);
  holds.delete(key);
  const settled = {
    ...balance,
    holds,
    openHolds: balance.openHolds - 1,
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
  const { balance: trimmed, expiries } = trimEndedLots({ ...settled, lots: pay(settled, key, costNanoUsd) });
  return { status: 'settled', balance: { ...trimmed, version: balance.version + 1 }, expiries };
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
    ['open holds are counted', balance.openHolds === holds.size],
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

/** Lets each ended lot keep at most what holds begun before its end cover; the rest expires. */
export function trimEndedLots(balance: Balance): { balance: Balance; expiries: Loss[] } {
  const lots: Lot[] = [];
  const expiries: Loss[] = [];
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
      const amountNanoUsd = lot.remainingNanoUsd - keepNanoUsd;
      expiries.push({ lotId: lot.id, category: lot.category, amountNanoUsd });
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

/**
 * Takes a hold's cost out of the lots that may pay for it, earliest end first, whether or not they have ended. But dying
 * lots pay at least what no other hold covers of them: it would expire, and more could be lost than returns.
 * @param settled the balance without the hold, its lots as they were
 */
function pay({ lots, holds }: Balance, key: string, costNanoUsd: bigint): Lot[] {
  const startSeconds = holdStartSeconds(key);
  const isUsable = (lot: Lot) => !lot.dying || lot.expiresAtSeconds > startSeconds;
  let dyingNanoUsd = 0n;
  let uncoveredNanoUsd = 0n;
  for (const lot of lots.filter(({ dying }) => dying)) {
    dyingNanoUsd += lot.remainingNanoUsd;
    const beyondNanoUsd = dyingNanoUsd - heldBefore(holds, lot.expiresAtSeconds);
    if (isUsable(lot) && beyondNanoUsd > uncoveredNanoUsd) uncoveredNanoUsd = beyondNanoUsd;
  }
  const fromDyingNanoUsd = smaller(uncoveredNanoUsd, costNanoUsd);
  const rest = spend(lots, fromDyingNanoUsd, lot => lot.dying && isUsable(lot));
  return inOrder(spend(byEnd(rest), costNanoUsd - fromDyingNanoUsd, isUsable));
}

function heldBefore(holds: ReadonlyMap<string, bigint>, endSeconds: number): bigint {
  let heldNanoUsd = 0n;
  for (const [key, amountNanoUsd] of holds) if (holdStartSeconds(key) < endSeconds) heldNanoUsd += amountNanoUsd;
  return heldNanoUsd;
}
