import { type Balance, emptyBalance } from '../core/balance.ts';
import * as moves from '../core/balance-moves.ts';
import { newId } from '../core/ids.ts';
import { lotsPerShardMax, shardsFor } from '../core/shards.ts';
import * as writes from './balance-writes.ts';
import { StoreError } from './dynamo.ts';
import { expireShard, expiryRows, flush, type LedgerParts, racesMax, withRows } from './lot-events.ts';

const looksMax = 4;

/** All shards that were ever used, in order; undefined where one was announced and never made. */
export async function readShards(
  { table }: LedgerParts,
  accountId: string,
  first: Balance,
): Promise<(Balance | undefined)[]> {
  const others = Array.from({ length: first.width - 1 }, (_, index) => table.read(accountId, index + 1));
  return [first, ...(await Promise.all(others))];
}

/**
 * All shards as they were together, but for holds and settlements: looks until two looks saw the same versions. Gives up
 * after a few looks, when money is moving all the time; the last one is then nearly right.
 */
export async function readTogether(parts: LedgerParts, accountId: string, first: Balance) {
  let shards = await readShards(parts, accountId, first);
  for (let looks = 1; looks < looksMax; looks++) {
    const before = shards;
    shards = await readShards(parts, accountId, (await parts.table.read(accountId, 0)) ?? first);
    if (shards.length === before.length && shards.every((shard, index) => shard?.version === before[index]?.version))
      break;
  }
  return shards;
}

/**
 * Moves up to `amountNanoUsd` of what no hold covers from one shard to another, but for the first `keptLots` lots.
 * @returns false when there is nothing to move
 */
export async function move(
  parts: LedgerParts,
  accountId: string,
  { from, to, ...what }: { from: number; to: number; amountNanoUsd: bigint; keptLots?: number },
  nowMs: number,
): Promise<boolean> {
  for (let races = 0; races < racesMax; races++) {
    const source = await parts.table.read(accountId, from);
    if (!source) return false;
    // A new id for every snapshot: if the write below came after all, its id would stand for other slices.
    const moveId = newId('mv', nowMs, parts.randomBytes);
    const result = moves.moveOut(source, { moveId, toShard: to, ...what }, Math.floor(nowMs / 1000));
    if (result.status === 'lots_ended') {
      await expireShard(parts, accountId, from, nowMs);
      continue;
    }
    if (result.status !== 'moved') return false;
    if (!(await parts.table.write(accountId, from, writes.moveOut(source, result.balance, moveId)))) continue;
    await finishMove(parts, accountId, { moveId, from, to }, nowMs);
    return true;
  }
  throw new StoreError('moving credits', new Error(`lost ${racesMax} races`));
}

/** Lets a move that has left arrive, and forgets it on both sides. Anybody may, again and again. */
export async function finishMove(
  parts: LedgerParts,
  accountId: string,
  { moveId, from, to }: { moveId: string; from: number; to: number },
  nowMs: number,
): Promise<void> {
  const { table } = parts;
  for (let races = 0; races < racesMax; races++) {
    // The target first: if the source still has the move after that, then the target cannot have had and forgotten it.
    const target = await table.read(accountId, to);
    const source = await table.read(accountId, from);
    const sent = source?.movesOut.get(moveId);
    if (source && sent) {
      if (!target) {
        await table.write(accountId, to, writes.openBalance(emptyBalance(source.spread)));
        continue;
      }
      const result = moves.moveIn(target, { moveId, fromShard: from, slices: sent.slices }, Math.floor(nowMs / 1000));
      if (result.status === 'moved') {
        const rows = expiryRows(parts, accountId, result.expiries, nowMs);
        const after = withRows(result.balance, rows);
        if (!(await table.write(accountId, to, writes.moveIn(target, after, moveId)))) continue;
        await flush(parts, accountId, to, rows);
      }
      await table.write(accountId, from, writes.forgetMoveOut(moveId));
    }
    await table.write(accountId, to, writes.forgetMoveIn(moveId));
    return;
  }
  throw new StoreError('moving credits', new Error(`lost ${racesMax} races`));
}

/** Finishes whatever moves a shard knows of, sent or received. @returns how many */
export async function finishMoves(
  parts: LedgerParts,
  accountId: string,
  shard: number,
  { movesOut, movesIn }: Pick<Balance, 'movesOut' | 'movesIn'>,
  nowMs: number,
): Promise<number> {
  for (const [moveId, { toShard }] of movesOut) {
    await finishMove(parts, accountId, { moveId, from: shard, to: toShard }, nowMs);
  }
  for (const [moveId, fromShard] of movesIn) {
    await finishMove(parts, accountId, { moveId, from: fromShard, to: shard }, nowMs);
  }
  return movesOut.size + movesIn.size;
}

/** Moves all that is free to shard 0 and sends requests there. */
export async function gather(
  parts: LedgerParts,
  accountId: string,
  shards: readonly (Balance | undefined)[],
  nowMs: number,
): Promise<void> {
  const [first] = shards;
  if (first && first.spread > 1) await setSpread(parts, accountId, first, 1);
  for (const [from, balance] of shards.entries()) {
    if (!balance || from === 0 || balance.availableNanoUsd === 0n) continue;
    await move(parts, accountId, { from, to: 0, amountNanoUsd: balance.availableNanoUsd }, nowMs);
  }
}

/**
 * Changes how many shards requests choose from, and makes room for as many or more. Shard 0 says it first, and that more of
 * them may exist from now on; then every shard says it. Where it is not yet said, or was said by somebody else meanwhile,
 * requests choose otherwise, and their money is as safe.
 * @returns false when shard 0 was changed meanwhile: then there may be no more shards than before
 */
export async function setSpread(
  { table }: LedgerParts,
  accountId: string,
  first: Balance,
  spread: number,
  width = Math.max(first.width, spread),
): Promise<boolean> {
  if (!(await table.write(accountId, 0, writes.spreadFirst(first, spread, width)))) return false;
  const others = Array.from({ length: width - 1 }, (_, index) =>
    table.write(accountId, index + 1, writes.spreadOther(spread)),
  );
  await Promise.all(others);
  return true;
}

/**
 * Moves the lots that end last off shard 0 when it has too many, for every write there pays for them. They are found
 * again when shard 0 runs dry, like all money on other shards.
 */
export async function park(parts: LedgerParts, accountId: string, nowMs: number): Promise<void> {
  const first = await parts.table.read(accountId, 0);
  if (!first || first.lots.length <= lotsPerShardMax) return;
  const shards = await readShards(parts, accountId, first);
  const roomy = shards.findIndex((balance, shard) => shard > 0 && (balance?.lots.length ?? 0) < lotsPerShardMax);
  const to = roomy < 0 ? first.width : roomy;
  if (to === first.width && !(await setSpread(parts, accountId, first, first.spread, to + 1))) return;
  const { availableNanoUsd: amountNanoUsd } = first;
  await move(parts, accountId, { from: 0, to, amountNanoUsd, keptLots: lotsPerShardMax }, nowMs);
}

export function openHoldsOf(shards: readonly (Balance | undefined)[]): number {
  return shards.reduce((open, balance) => open + (balance?.openHolds ?? 0), 0);
}

/** Sends requests to fewer shards when these would be half empty, and moves what is free on the others to shard 0. */
export async function shrink(
  parts: LedgerParts,
  accountId: string,
  shards: readonly (Balance | undefined)[],
  nowMs: number,
): Promise<void> {
  const [first] = shards;
  if (!first) return;
  const spread = Math.min(first.spread, shardsFor(2 * openHoldsOf(shards)));
  const said = shards.every(balance => !balance || balance.spread === spread);
  if (!said) await setSpread(parts, accountId, first, spread);
  for (const [from, balance] of shards.entries()) {
    if (!balance || from < spread || balance.availableNanoUsd === 0n) continue;
    if (first.lots.length + balance.lots.length > lotsPerShardMax) continue;
    await move(parts, accountId, { from, to: 0, amountNanoUsd: balance.availableNanoUsd }, nowMs);
  }
}
