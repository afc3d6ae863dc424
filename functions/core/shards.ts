import { fromDigits } from './ids.ts';

/** Each shard of a balance is one item, and a write costs as much as its item is large: with every open hold it grows. */

export const shardsMax = 256;

/** Open holds for which one shard is meant. */
const holdsPerShard = 30;

/** Open holds of one shard at which somebody looks whether the account needs more, and again after so many more. */
const holdsCrowded = 48;
const holdsBetweenLooks = 16;

/** Lots that shard 0 keeps, those that end first; others wait on another shard until their time comes. */
export const lotsPerShardMax = 12;

/** A shard with less than this many times what a request sets aside is not worth keeping apart from the others. */
export const holdsWorthSpreading = 4n;

/** How many shards so many open holds are meant for: a power of two, so that each new shard splits one old one. */
export function shardsFor(openHolds: number): number {
  return Math.min(shardsMax, 2 ** Math.ceil(Math.log2(Math.max(1, openHolds / holdsPerShard))));
}

/** Whether the hold just made is one after which to look. Only a few are, because looking means to read every shard. */
export function looksCrowded(openHolds: number): boolean {
  return openHolds >= holdsCrowded && openHolds % holdsBetweenLooks === 0;
}

/** The shard a request tries first: the last digits of its id are random. A new attempt goes to the next one. */
export function shardOf(requestId: string, attempt: number, spread: number): number {
  return (fromDigits(requestId.slice(-4)) + attempt) % spread;
}

/** Which shard a shard split from when their number was doubled: the natural one to get money from. */
export function parentOf(shard: number): number {
  return shard === 0 ? 0 : shard - 2 ** Math.floor(Math.log2(shard));
}
