import { type Balance, emptyBalance, settle } from '../core/balance.ts';
import { hasEndedLots } from '../core/balance-events.ts';
import { totalOf } from '../core/balance-moves.ts';
import { type HoldId, holdKey } from '../core/hold-id.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Loss } from '../core/lots.ts';
import { looksCrowded, shardOf, shardsFor, shardsMax } from '../core/shards.ts';
import { roundDownToHoldUnit } from './balance-item.ts';
import {
  finishMoves,
  gather,
  openHoldsOf,
  park,
  readShards,
  readTogether,
  setSpread,
  shrink,
} from './balance-shards.ts';
import { type BalanceTable, openBalanceTable } from './balance-table.ts';
import * as writes from './balance-writes.ts';
import { type Store, StoreError } from './dynamo.ts';
import { findCredits } from './find-credits.ts';
import type { JournalRow } from './journal.ts';
import * as lotEvents from './lot-events.ts';
import { type LedgerParts, type NewLot, type NewRefund, racesMax, settlementRacesMax } from './lot-events.ts';
import { holdAttemptsMax, roundWanted, type Wanted } from './wanted.ts';

export type { NewLot, NewRefund };

/** A hold that is open in the store. */
export interface Hold {
  accountId: string;
  id: HoldId;
  amountNanoUsd: bigint;
}

export type HoldRefusal = {
  status: 'insufficient';
  availableNanoUsd: bigint;
  /** Whether the account ever had credits: tells 4026 from 6033. */
  everPurchased: boolean;
};

/** For how long after a refusal an account is read before it is written: a read is cheaper, and no flood of requests wears it out. */
const emptyMemoryMs = 1_000;
const accountsRemembered = 10_000;

/** What `tend` did, as numbers. */
export interface Tended {
  expiredLots: number;
  journalRows: number;
  moves: number;
  shards: (Balance | undefined)[];
}

/** An account that had too little a moment ago. */
interface Empty {
  untilMs: number;
  /** Of shard 0. */
  version: number;
}

/** Balances of accounts. Each transition of `core/balance*.ts` is exactly one conditional write, see `balance-writes.ts`. */
export class Balances {
  private readonly parts: LedgerParts;
  private readonly table: BalanceTable;
  /** How many shards an account's requests choose from, as last heard; one until then. */
  private readonly spreads = new Map<string, number>();
  private readonly empties = new Map<string, Empty>();

  /** @param table where balances lie, when it is not the store itself */
  constructor(store: Store, randomBytes: RandomBytes, table: BalanceTable = openBalanceTable(store)) {
    this.table = table;
    this.parts = { table, randomBytes };
  }

  /** The balance as it is now, over all shards, or undefined when the account never had credits. */
  async read(accountId: string): Promise<Balance | undefined> {
    const first = await this.table.read(accountId, 0);
    if (!first || first.width === 1) return first;
    return totalOf(await readTogether(this.parts, accountId, first));
  }

  /** One shard as it is now. */
  readShard(accountId: string, shard: number): Promise<Balance | undefined> {
    return this.table.read(accountId, shard);
  }

  /**
   * Sets money aside for a request: the amount rounded up to a whole micro-USD, or, if less is there but at least
   * `leastNanoUsd`, what is there. A hold whose outcome is unknown is given up (the sweep returns it) and a new one is tried.
   * @throws StoreError when the store does not answer
   */
  async hold(
    accountId: string,
    requestId: string,
    wanted: bigint | Wanted,
    nowMs: number,
  ): Promise<{ status: 'held'; hold: Hold } | HoldRefusal> {
    const rounded = roundWanted(wanted);
    const remembered = await this.refuseFromMemory(accountId, rounded, nowMs);
    if (remembered) return remembered;
    let { amountNanoUsd } = rounded;
    let attempt = 0;
    let shard = shardOf(requestId, attempt, this.spreads.get(accountId) ?? 1);
    let seen: string | undefined;
    for (let races = 0; races < racesMax; races++) {
      const id = { requestId, attempt, shard };
      try {
        const write = writes.hold(holdKey(id), amountNanoUsd, Math.floor(nowMs / 1000));
        const written = await this.table.write(accountId, shard, write);
        if (written) {
          this.hear(accountId, written);
          await this.growIfCrowded(accountId, written);
          return { status: 'held', hold: { accountId, id, amountNanoUsd } };
        }
        const finding = await findCredits(this.parts, { accountId, id, amountNanoUsd, wanted: rounded, seen }, nowMs);
        if (finding.status === 'insufficient') return this.refuse(accountId, finding, nowMs);
        if (finding.status === 'exists') attempt++;
        else ({ shard, amountNanoUsd, seen } = { seen: undefined, ...finding });
      } catch (error) {
        if (!(error instanceof StoreError) || attempt + 1 >= holdAttemptsMax) throw error;
        attempt++;
        shard = shardOf(requestId, attempt, this.spreads.get(accountId) ?? 1);
      }
    }
    throw new StoreError('holding credits', new Error(`lost ${racesMax} races`));
  }

  /** Ends a hold at its cost. Safe to repeat: a hold that is gone was settled. */
  async settle({ accountId, id, amountNanoUsd }: Hold, costNanoUsd: bigint, nowMs: number): Promise<void> {
    const key = holdKey(id);
    let isDying = false;
    for (let races = 0; races < settlementRacesMax; races++) {
      const fast = writes.settle(key, amountNanoUsd, costNanoUsd);
      if (!isDying && (await this.table.write(accountId, id.shard, fast))) return;
      const balance = await this.table.read(accountId, id.shard);
      if (!balance) return;
      const result = settle(balance, key, costNanoUsd);
      if (result.status === 'already_settled') return;
      isDying = balance.dyingNanoUsd > 0n;
      if (!isDying) continue;
      const rows = lotEvents.expiryRows(this.parts, accountId, result.expiries, nowMs);
      const after = lotEvents.withRows(result.balance, rows);
      const written = await this.table.write(accountId, id.shard, writes.settleFromLots(balance, after, key));
      if (!written) continue;
      const isWhole = id.shard === 0 && balance.width === 1;
      const knownNanoUsd = isWhole ? written.availableNanoUsd : undefined;
      return lotEvents.flush(this.parts, accountId, id.shard, lotEvents.balancesAfter(rows, knownNanoUsd));
    }
    throw new StoreError('settling a hold', new Error(`lost ${settlementRacesMax} races`));
  }

  /**
   * Adds a purchase or a grant, once for each lot id.
   * @returns `conflict` when the lot exists and came from a different request
   */
  async addLot(accountId: string, lot: NewLot, nowMs: number): Promise<{ status: 'added' | 'exists' | 'conflict' }> {
    const status = await lotEvents.addLot(this.parts, accountId, lot, nowMs);
    if (status === 'added') await whenTheStoreAnswers(() => park(this.parts, accountId, nowMs));
    return { status };
  }

  /**
   * Refunds what is neither spent nor held of a lot, once for each refund id.
   * @returns the refund's row, also when it was made before; `conflict` when it came from a different request
   */
  async refund(accountId: string, refund: NewRefund, nowMs: number): Promise<lotEvents.RefundResult> {
    const first = await this.table.read(accountId, 0);
    if (first && first.width > 1) {
      await gather(this.parts, accountId, await readShards(this.parts, accountId, first), nowMs);
    }
    return lotEvents.refundLot(this.parts, accountId, refund, nowMs);
  }

  /** The journal row that made a lot, also while it is still on its way to the journal. */
  async findLot(accountId: string, lotId: string): Promise<JournalRow | undefined> {
    const outbox = (await this.table.read(accountId, 0))?.outbox ?? new Map();
    const waiting = lotEvents.rowsOf(outbox).find(row => row.lotId === lotId && row.kind === row.category);
    return waiting ?? (await this.table.findProof(accountId, lotId));
  }

  /** Ends the lots whose time has come, on every shard. Safe to repeat, and to run anywhere at any time. */
  async expireLots(accountId: string, nowMs: number): Promise<Loss[]> {
    const first = await this.table.read(accountId, 0);
    if (!first) return [];
    const losses: Loss[] = [];
    for (const [shard, balance] of (await readShards(this.parts, accountId, first)).entries()) {
      if (!balance || !hasEndedLots(balance, Math.floor(nowMs / 1000))) continue;
      losses.push(...(await lotEvents.expireShard(this.parts, accountId, shard, nowMs)));
    }
    return losses;
  }

  /** One page of the accounts that have a balance, for the sweep. */
  listAccounts(after: string | undefined, limit: number): Promise<string[]> {
    return this.table.listAccounts(after, limit);
  }

  /**
   * Does for one account what time and crashes have left to do, but for abandoned holds, which need their records: ends
   * lots, writes journal rows, finishes moves, and sends requests to fewer shards when that is enough.
   * @returns what was done, and the shards with their open holds
   */
  async tend(accountId: string, nowMs: number): Promise<Tended> {
    const tended: Tended = {
      expiredLots: (await this.expireLots(accountId, nowMs)).length,
      journalRows: 0,
      moves: 0,
      shards: [],
    };
    const first = await this.table.read(accountId, 0);
    if (!first) return tended;
    const shards = await readShards(this.parts, accountId, first);
    for (const [shard, balance] of shards.entries()) {
      if (!balance) continue;
      const rows = lotEvents.rowsOf(balance.outbox);
      await lotEvents.flush(this.parts, accountId, shard, rows);
      tended.journalRows += rows.length;
      tended.moves += await finishMoves(this.parts, accountId, shard, balance, nowMs);
    }
    if (first.width > 1) await shrink(this.parts, accountId, shards, nowMs);
    return { ...tended, shards };
  }

  /** A refusal a moment ago proved that all there was lay on shard 0: while its version is the same, it tells enough. */
  private async refuseFromMemory(accountId: string, wanted: Wanted, nowMs: number): Promise<HoldRefusal | undefined> {
    const empty = this.empties.get(accountId);
    if (!empty) return undefined;
    if (empty.untilMs > nowMs) {
      const first = (await this.table.read(accountId, 0)) ?? emptyBalance();
      const { availableNanoUsd, purchasedNanoUsd } = first;
      if (first.version === empty.version && roundDownToHoldUnit(availableNanoUsd) < wanted.leastNanoUsd) {
        return { status: 'insufficient', availableNanoUsd, everPurchased: purchasedNanoUsd > 0n };
      }
    }
    this.empties.delete(accountId);
    return undefined;
  }

  private refuse(accountId: string, { version, ...refusal }: HoldRefusal & { version: number }, nowMs: number) {
    remember(this.empties, accountId, { untilMs: nowMs + emptyMemoryMs, version });
    return refusal;
  }

  private hear(accountId: string, { spread = 1 }: Partial<Balance>): void {
    if (spread === 1) this.spreads.delete(accountId);
    else remember(this.spreads, accountId, spread);
  }

  /**
   * Gives an account more shards when all of them together have too many open holds, and this one money for as many again.
   * Few requests ever wait for this: only those that make a shard crowded.
   */
  private async growIfCrowded(
    accountId: string,
    { openHolds = 0, spread = 1, availableNanoUsd = 0n, heldNanoUsd = 0n }: Partial<Balance>,
  ): Promise<void> {
    if (!looksCrowded(openHolds) || spread === shardsMax || availableNanoUsd < heldNanoUsd) return;
    await whenTheStoreAnswers(async () => {
      const first = await this.table.read(accountId, 0);
      if (!first) return;
      const wanted = shardsFor(openHoldsOf(await readShards(this.parts, accountId, first)));
      if (wanted > first.spread) await setSpread(this.parts, accountId, first, wanted);
    });
  }
}

/** Does what can as well be done another time. */
async function whenTheStoreAnswers(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}

/** Remembers the latest so many accounts. */
function remember<Value>(memory: Map<string, Value>, accountId: string, value: Value): void {
  memory.delete(accountId);
  memory.set(accountId, value);
  if (memory.size <= accountsRemembered) return;
  const [oldest] = memory.keys();
  memory.delete(oldest as string);
}
