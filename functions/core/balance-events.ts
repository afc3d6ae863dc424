import { strict as assert } from 'node:assert';
import { type Balance, holdStartSeconds, trimEndedLots } from './balance.ts';
import { inOrder, insert, type Loss, type Lot, nextExpiry, smaller, spend } from './lots.ts';

/** What happens to the lots of a balance. Each of these counts its version on. */

/** Takes consumed money out of the lots, earliest end first. */
export function fold(balance: Balance): Balance {
  if (balance.consumedNanoUsd === 0n) return balance;
  const lots = spend(balance.lots, balance.consumedNanoUsd, () => true);
  return { ...balance, lots, consumedNanoUsd: 0n, nextExpiryAtSeconds: nextExpiry(lots) };
}

/**
 * Whether a lot has ended and is not yet processed: by this clock, or by the clock of any open hold. Clocks differ, so a
 * lot may have been added after a hold began that had ended when it began. Such a lot cannot pay for the hold, and what
 * can must not leave.
 */
export function hasEndedLots(balance: Balance, nowSeconds: number): boolean {
  return balance.nextExpiryAtSeconds <= latestSeconds(balance, nowSeconds);
}

/** Takes what was consumed out of the lots and ends those whose time has come. */
export function expire(balance: Balance, nowSeconds: number): { balance: Balance; expiries: Loss[] } {
  const folded = fold(balance);
  const untilSeconds = latestSeconds(balance, nowSeconds);
  const flagged = folded.lots.map(lot => ({ ...lot, dying: lot.dying || lot.expiresAtSeconds <= untilSeconds }));
  const { balance: trimmed, expiries } = trimEndedLots({ ...folded, lots: inOrder(flagged) });
  return { balance: { ...trimmed, version: balance.version + 1 }, expiries };
}

/**
 * Adds a purchase or a grant. One that has ended already is counted as purchased and expired, and is never spendable.
 * @param digest tells the request that made the lot from any other
 */
export function addLot(
  balance: Balance,
  lot: Omit<Lot, 'remainingNanoUsd' | 'dying'>,
  digest: string,
  nowSeconds: number,
): { status: 'added'; balance: Balance; expiries: Loss[] } | { status: 'exists'; digest: string } {
  assert(lot.amountNanoUsd > 0n, 'a lot holds money');
  const standing = balance.marks.get(lot.id);
  if (standing !== undefined) return { status: 'exists', digest: standing };
  const slice = { ...lot, remainingNanoUsd: lot.amountNanoUsd };
  const { balance: received, expiries } = receive(balance, [slice], nowSeconds);
  return { status: 'added', balance: { ...received, marks: new Map(balance.marks).set(lot.id, digest) }, expiries };
}

/** Which refund of which lot, and at most how much; without a limit, all that is free. */
export interface RefundRequest {
  refundId: string;
  lotId: string;
  digest: string;
  amountMaxNanoUsd?: bigint | undefined;
}

/**
 * Gives back what is left of a lot: all of it that is neither spent nor covered by a hold, or as much of that as is asked
 * for. `lots_ended` means: expire first.
 * @param digest tells the request that asked for the refund from any other
 */
export function refund(
  balance: Balance,
  { refundId, lotId, digest, amountMaxNanoUsd }: RefundRequest,
  nowSeconds: number,
):
  | { status: 'refunded'; balance: Balance; loss: Loss }
  | { status: 'exists'; digest: string }
  | { status: 'lots_ended' | 'nothing_left' } {
  const standing = balance.marks.get(refundId);
  if (standing !== undefined) return { status: 'exists', digest: standing };
  if (hasEndedLots(balance, nowSeconds)) return { status: 'lots_ended' };
  const folded = fold(balance);
  const found = uncovered(folded).find(({ lot, freeNanoUsd }) => lot.id === lotId && freeNanoUsd > 0n);
  if (!found) return { status: 'nothing_left' };
  const { lot } = found;
  const amountNanoUsd = smaller(found.freeNanoUsd, amountMaxNanoUsd ?? found.freeNanoUsd);
  assert(amountNanoUsd > 0n, 'a refund gives something back');
  const lots = spend(folded.lots, amountNanoUsd, candidate => candidate === lot);
  return {
    status: 'refunded',
    balance: {
      ...folded,
      availableNanoUsd: folded.availableNanoUsd - amountNanoUsd,
      refundedNanoUsd: folded.refundedNanoUsd + amountNanoUsd,
      lots,
      nextExpiryAtSeconds: nextExpiry(lots),
      version: balance.version + 1,
      marks: new Map(balance.marks).set(refundId, digest),
    },
    loss: { lotId, category: lot.category, amountNanoUsd },
  };
}

/**
 * Lets money in. What has ended already expires at once: it must never be spendable, and no hold can have meant it.
 * @param slices of lots, each with all of its money
 */
export function receive(
  balance: Balance,
  slices: readonly Omit<Lot, 'dying'>[],
  nowSeconds: number,
): { balance: Balance; expiries: Loss[] } {
  const ended = slices.filter(slice => slice.expiresAtSeconds <= nowSeconds);
  const live = slices.filter(slice => slice.expiresAtSeconds > nowSeconds);
  const [endedNanoUsd, liveNanoUsd] = [total(ended), total(live)];
  const folded = fold(balance);
  const lots = insert(folded.lots, live);
  return {
    balance: {
      ...folded,
      purchasedNanoUsd: folded.purchasedNanoUsd + endedNanoUsd + liveNanoUsd,
      availableNanoUsd: folded.availableNanoUsd + liveNanoUsd,
      expiredNanoUsd: folded.expiredNanoUsd + endedNanoUsd,
      lots,
      nextExpiryAtSeconds: nextExpiry(lots),
      version: balance.version + 1,
    },
    expiries: ended.map(({ id, category, remainingNanoUsd }) => ({
      lotId: id,
      category,
      amountNanoUsd: remainingNanoUsd,
    })),
  };
}

function latestSeconds({ holds }: Balance, nowSeconds: number): number {
  let latest = nowSeconds;
  for (const key of holds.keys()) latest = Math.max(latest, holdStartSeconds(key));
  return latest;
}

/**
 * What no hold covers of each lot. Holds are taken to spend dying lots first and then the lots that end first, so that
 * whatever leaves by a refund or a move is not needed by any of them.
 */
export function uncovered(balance: Balance): { lot: Lot; freeNanoUsd: bigint }[] {
  assert(balance.consumedNanoUsd === 0n, 'only after a fold do lots say what is left of them');
  let coverNanoUsd = balance.heldNanoUsd - balance.dyingNanoUsd;
  return balance.lots.map(lot => {
    if (lot.dying) return { lot, freeNanoUsd: 0n };
    const coveredNanoUsd = smaller(lot.remainingNanoUsd, coverNanoUsd);
    coverNanoUsd -= coveredNanoUsd;
    return { lot, freeNanoUsd: lot.remainingNanoUsd - coveredNanoUsd };
  });
}

function total(slices: readonly Omit<Lot, 'dying'>[]): bigint {
  return slices.reduce((sumNanoUsd, slice) => sumNanoUsd + slice.remainingNanoUsd, 0n);
}
