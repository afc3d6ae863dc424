import { strict as assert } from 'node:assert';
import type { Balance } from './balance.ts';
import { fold, hasEndedLots, receive, uncovered } from './balance-events.ts';
import { insert, type Loss, nextExpiry, type Slice, smaller, spend, sum } from './lots.ts';

/**
 * Money goes from one shard to another in steps that a crash may come between: out of one (which notes the slices),
 * into the other (which notes that they came), then both notes are forgotten, the first one first. A move's id is never
 * used for other slices, so each step can be repeated by anybody.
 */

/**
 * Takes money out, that which ends first. Only what no hold covers can leave. `lots_ended` means: expire first.
 * @param move.keptLots how many of the lots that end first stay
 */
export function moveOut(
  balance: Balance,
  {
    moveId,
    toShard,
    amountNanoUsd,
    keptLots = 0,
  }: { moveId: string; toShard: number; amountNanoUsd: bigint; keptLots?: number },
  nowSeconds: number,
): { status: 'moved'; balance: Balance } | { status: 'lots_ended' | 'nothing_free' } {
  assert(!balance.movesOut.has(moveId), 'a move has an id of its own');
  if (hasEndedLots(balance, nowSeconds)) return { status: 'lots_ended' };
  const folded = fold(balance);
  const slices: Slice[] = [];
  let wantedNanoUsd = amountNanoUsd;
  let lots = folded.lots;
  for (const { lot, freeNanoUsd } of uncovered(folded).slice(keptLots)) {
    const remainingNanoUsd = smaller(freeNanoUsd, wantedNanoUsd);
    if (remainingNanoUsd <= 0n) continue;
    wantedNanoUsd -= remainingNanoUsd;
    const { dying: _, ...slice } = lot;
    slices.push({ ...slice, remainingNanoUsd });
    lots = spend(lots, remainingNanoUsd, candidate => candidate === lot);
  }
  if (slices.length === 0) return { status: 'nothing_free' };
  const movedNanoUsd = sum(slices.map(slice => slice.remainingNanoUsd));
  return {
    status: 'moved',
    balance: {
      ...folded,
      availableNanoUsd: folded.availableNanoUsd - movedNanoUsd,
      purchasedNanoUsd: folded.purchasedNanoUsd - movedNanoUsd,
      lots,
      nextExpiryAtSeconds: nextExpiry(lots),
      version: balance.version + 1,
      movesOut: new Map(balance.movesOut).set(moveId, { toShard, slices }),
    },
  };
}

/** Lets a move in, once. */
export function moveIn(
  balance: Balance,
  { moveId, fromShard, slices }: { moveId: string; fromShard: number; slices: readonly Slice[] },
  nowSeconds: number,
): { status: 'moved'; balance: Balance; expiries: Loss[] } | { status: 'exists' } {
  assert(slices.length > 0, 'a move carries money');
  if (balance.movesIn.has(moveId)) return { status: 'exists' };
  const { balance: received, expiries } = receive(balance, slices, nowSeconds);
  return {
    status: 'moved',
    balance: { ...received, movesIn: new Map(balance.movesIn).set(moveId, fromShard) },
    expiries,
  };
}

/** The shards of an account as one balance. Money that has left one and not reached the other counts as available. */
export function totalOf(shards: readonly (Balance | undefined)[]): Balance {
  const existing = shards.flatMap(shard => shard ?? []);
  const total = (field: SumField) => sum(existing.map(balance => balance[field]));
  const underWay = shards.flatMap(source =>
    [...(source?.movesOut ?? [])].flatMap(([moveId, { toShard, slices }]) =>
      shards[toShard]?.movesIn.has(moveId) ? [] : slices,
    ),
  );
  const underWayNanoUsd = sum(underWay.map(slice => slice.remainingNanoUsd));
  const lots = existing.flatMap(balance => fold(balance).lots);
  const [dying, live] = [lots.filter(lot => lot.dying), lots.filter(lot => !lot.dying)];
  const merged = insert(dying, [...live, ...underWay]);
  const counted = (field: 'version' | 'openHolds') => existing.reduce((count, balance) => count + balance[field], 0);
  const together = <Value>(maps: ReadonlyMap<string, Value>[]) => new Map(maps.flatMap(map => [...map]));
  return {
    availableNanoUsd: total('availableNanoUsd') + underWayNanoUsd,
    heldNanoUsd: total('heldNanoUsd'),
    spentNanoUsd: total('spentNanoUsd'),
    expiredNanoUsd: total('expiredNanoUsd'),
    refundedNanoUsd: total('refundedNanoUsd'),
    purchasedNanoUsd: total('purchasedNanoUsd') + underWayNanoUsd,
    consumedNanoUsd: 0n,
    dyingNanoUsd: total('dyingNanoUsd'),
    nextExpiryAtSeconds: nextExpiry(merged),
    version: counted('version'),
    lots: merged,
    holds: together(existing.map(balance => balance.holds)),
    openHolds: counted('openHolds'),
    spread: existing[0]?.spread ?? 1,
    width: existing[0]?.width ?? 1,
    movesOut: new Map(),
    movesIn: new Map(),
    marks: together(existing.map(balance => balance.marks)),
    outbox: together(existing.map(balance => balance.outbox)),
  };
}

type SumField =
  | 'availableNanoUsd'
  | 'heldNanoUsd'
  | 'spentNanoUsd'
  | 'expiredNanoUsd'
  | 'refundedNanoUsd'
  | 'purchasedNanoUsd'
  | 'dyingNanoUsd';
