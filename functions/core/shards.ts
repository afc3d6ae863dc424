/** Each shard of a balance is one item, and a write costs as much as its item is large: with every open hold it grows. */

export const shardsMax = 256;

/** Open holds for which one shard is meant. */
const holdsPerShard = 30;

/** Open holds at which an account gets more shards: half as many again, so that it does not go to and fro. */
export const holdsPerShardMax = 45;

/** Lots that shard 0 keeps, those that end first; others wait on another shard until their time comes. */
export const lotsPerShardMax = 12;

/** A shard with less than this many times what a request sets aside is not worth keeping apart from the others. */
export const holdsWorthSpreading = 4n;

export function shardsFor(openHolds: number): number {
  return Math.min(shardsMax, Math.max(1, Math.ceil(openHolds / holdsPerShard)));
}

/** The shard a request tries first: the last characters of its id are random. A new attempt goes to the next one. */
export function shardOf(requestId: string, attempt: number, spread: number): number {
  let value = 0;
  for (const character of requestId.slice(-4)) value = value * 64 + (character.charCodeAt(0) & 63);
  return (value + attempt) % spread;
}

/** Which shard a shard came from when their number was doubled: the natural one to get money from. */
export function parentOf(shard: number): number {
  return shard === 0 ? 0 : shard - 2 ** Math.floor(Math.log2(shard));
}
