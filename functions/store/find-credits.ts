import { type Balance, hold } from '../core/balance.ts';
import { hasEndedLots } from '../core/balance-events.ts';
import { type HoldId, holdKey } from '../core/hold-id.ts';
import { smaller, sum } from '../core/lots.ts';
import { holdsWorthSpreading, parentOf } from '../core/shards.ts';
import { roundDownToHoldUnit } from './balance-item.ts';
import { finishMove, gather, move, readShards } from './balance-shards.ts';
import { expireShard, type LedgerParts } from './lot-events.ts';
import type { Wanted } from './wanted.ts';

/** A hold that its shard has just refused. */
export interface RefusedHold {
  accountId: string;
  id: HoldId;
  amountNanoUsd: bigint;
  wanted: Wanted;
  /** What the last look at all shards saw. */
  seen: string | undefined;
}

export type Finding =
  | { status: 'try'; shard: number; amountNanoUsd: bigint; seen?: string }
  /** Something lies under the hold's own key: the request must take another. */
  | { status: 'exists' }
  | { status: 'insufficient'; availableNanoUsd: bigint; everPurchased: boolean; version: number };

/**
 * Finds out why a shard refused a hold, and gets money to where it can be held: a refusal by one shard proves nothing.
 * Ended lots are ended, open moves are finished, and money comes from other shards; near zero all of it goes to shard 0.
 * @returns where to try next, or a refusal that is proven
 */
export async function findCredits(parts: LedgerParts, refused: RefusedHold, nowMs: number): Promise<Finding> {
  const { accountId, id, amountNanoUsd, wanted } = refused;
  const again: Finding = { status: 'try', shard: id.shard, amountNanoUsd };
  const balance = await parts.table.read(accountId, id.shard);
  if (balance) {
    const { status } = hold(balance, holdKey(id), amountNanoUsd, Math.floor(nowMs / 1000));
    if (status === 'exists') return { status };
    if (status === 'lots_ended') await expireShard(parts, accountId, id.shard, nowMs);
    if (status !== 'insufficient') return again; // what was refused may be granted now
  }
  const first = id.shard === 0 ? balance : await parts.table.read(accountId, 0);
  if (!first) return { status: 'insufficient', availableNanoUsd: 0n, everPurchased: false, version: 0 };
  if (first.width === 1) return fitting(first, wanted) ?? refusal([first]);
  if (id.shard >= first.spread) return { status: 'try', shard: 0, amountNanoUsd: wanted.amountNanoUsd };
  if (await takeFromParent(parts, refused, nowMs)) return again;
  return findAnywhere(parts, refused, first, nowMs);
}

/** Half of what the shard has from which this one split, if that is plenty. */
async function takeFromParent(
  parts: LedgerParts,
  { accountId, id: { shard }, amountNanoUsd }: RefusedHold,
  nowMs: number,
): Promise<boolean> {
  if (shard === 0) return false;
  const from = parentOf(shard);
  const parent = await parts.table.read(accountId, from);
  const halfNanoUsd = (parent?.availableNanoUsd ?? 0n) / 2n;
  if (halfNanoUsd < amountNanoUsd * holdsWorthSpreading) return false;
  return move(parts, accountId, { from, to: shard, amountNanoUsd: halfNanoUsd }, nowMs);
}

/**
 * Looks at every shard. A refusal needs two looks that saw the same versions: then nothing moved in between, and the
 * second look cannot have missed money that went from a shard not yet read to one already read.
 */
async function findAnywhere(
  parts: LedgerParts,
  { accountId, id, amountNanoUsd, wanted, seen }: RefusedHold,
  first: Balance,
  nowMs: number,
): Promise<Finding> {
  const again: Finding = { status: 'try', shard: id.shard, amountNanoUsd };
  const gathered: Finding = { status: 'try', shard: 0, amountNanoUsd: wanted.amountNanoUsd };
  const shards = await readShards(parts, accountId, first);
  if (await tidy(parts, accountId, shards, nowMs)) return again;

  const totalNanoUsd = sum(shards.map(available));
  const fairNanoUsd = totalNanoUsd / BigInt(first.spread);
  const [richest, richestNanoUsd] = richestOf(shards);
  if (richest !== id.shard && smaller(fairNanoUsd, richestNanoUsd / 2n) >= amountNanoUsd * holdsWorthSpreading) {
    const taken = { from: richest, to: id.shard, amountNanoUsd: smaller(fairNanoUsd, richestNanoUsd / 2n) };
    await move(parts, accountId, taken, nowMs);
    return again;
  }
  await gather(parts, accountId, shards, nowMs);
  if (totalNanoUsd > first.availableNanoUsd) return gathered;
  const found = fitting(first, wanted);
  if (found) return found;
  const versions = shards.map(balance => balance?.version).join();
  return versions === seen ? refusal(shards) : { ...gathered, seen: versions };
}

/** Ends lots and finishes moves, so that all money is where it can be seen. @returns whether there was anything to do */
async function tidy(
  parts: LedgerParts,
  accountId: string,
  shards: readonly (Balance | undefined)[],
  nowMs: number,
): Promise<boolean> {
  let acted = false;
  for (const [shard, balance] of shards.entries()) {
    if (!balance) continue;
    if (hasEndedLots(balance, Math.floor(nowMs / 1000))) {
      await expireShard(parts, accountId, shard, nowMs);
      acted = true;
    }
    for (const [moveId, { toShard }] of balance.movesOut) {
      await finishMove(parts, accountId, { moveId, from: shard, to: toShard }, nowMs);
      acted = true;
    }
  }
  return acted;
}

/** What shard 0 can set aside of what it has, if that is enough. */
function fitting(balance: Balance, { amountNanoUsd, leastNanoUsd }: Wanted): Finding | undefined {
  const roundNanoUsd = roundDownToHoldUnit(balance.availableNanoUsd);
  if (roundNanoUsd < leastNanoUsd) return undefined;
  return { status: 'try', shard: 0, amountNanoUsd: smaller(roundNanoUsd, amountNanoUsd) };
}

function refusal(shards: readonly (Balance | undefined)[]): Finding {
  return {
    status: 'insufficient',
    availableNanoUsd: sum(shards.map(available)),
    everPurchased: shards.some(balance => (balance?.purchasedNanoUsd ?? 0n) > 0n),
    version: shards[0]?.version ?? 0,
  };
}

function richestOf(shards: readonly (Balance | undefined)[]): [shard: number, availableNanoUsd: bigint] {
  let richest = 0;
  for (const [shard, balance] of shards.entries()) {
    if (available(balance) > available(shards[richest])) richest = shard;
  }
  return [richest, available(shards[richest])];
}

function available(balance: Balance | undefined): bigint {
  return balance?.availableNanoUsd ?? 0n;
}
