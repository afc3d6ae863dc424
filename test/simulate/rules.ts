import { type Balance, brokenRules, holdLifetimeMs } from '../../functions/core/balance.ts';
import { totalOf } from '../../functions/core/balance-moves.ts';
import { type HoldId, holdKey, parseHoldKey } from '../../functions/core/hold-id.ts';
import { idTimeMs } from '../../functions/core/ids.ts';
import type { LimitUse } from '../../functions/core/key-limit.ts';
import { type Slice, sum } from '../../functions/core/lots.ts';
import type { BalanceWrite } from '../../functions/store/balance-writes.ts';
import type { JournalRow } from '../../functions/store/journal.ts';
import type { UsageRecord } from '../../functions/store/usage.ts';
import { type Landings, missingFor, skewMaxMs, wrongOrder } from './spending-order.ts';
import { changedEntry, rowsIn } from './told-by-write.ts';

/** What the rules look at: the true time, and what lies in the store. */
export interface Holdings {
  readonly nowMs: number;
  readonly shards: readonly (Balance | undefined)[];
  readonly limits: ReadonlyMap<string, LimitUse>;
  readonly records: ReadonlyMap<string, UsageRecord>;
  readonly proofs: ReadonlyMap<string, JournalRow>;
  readonly journal: ReadonlyMap<string, JournalRow>;
}

/** A promise of the ledger that did not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/**
 * What must be true whatever happens. It knows nothing of conditions and versions: it watches what becomes of the money,
 * and compares it with what was bought, recorded and refunded.
 */
export class Rules {
  /** The limit of each gateway key and period, as `nameOf` names it. */
  readonly limits = new Map<string, bigint>();
  private readonly world: Holdings;
  /** When each lot ends. */
  private readonly lots = new Map<string, number>();
  private boughtNanoUsd = 0n;
  /** When somebody first asked for a lot, by their own clock. */
  private readonly boughtAt = new Map<string, number>();
  private readonly refunds = new Map<string, bigint>();
  /** The most that was asked for, of refunds that ask for a part. */
  private readonly refundsMax = new Map<string, bigint>();
  private readonly landed = new Map<string, bigint>();
  private readonly landedAtMs = new Map<string, number>();
  /** Holds by shard that came after the last change of its lots. */
  private readonly unseen = new Map<number, Set<string>>();
  private readonly charged = new Map<string, bigint>();
  /** What the account could spend, over all shards, from when on; to judge refusals by. */
  private readonly spendable: { sinceMs: number; step: number; amountNanoUsd: bigint }[] = [];
  /** Counts writes that took or returned money. */
  private steps = 0;

  constructor(world: Holdings) {
    this.world = world;
  }

  checkBalanceWrite(write: BalanceWrite, before: Balance | undefined, after: Balance): void {
    const broken = brokenRules(after);
    if (broken.length > 0) throw new Violation(`${write.what}: ${broken.join('; ')}`);
    if (!before) return;
    const shard = this.world.shards.indexOf(after);
    const wrong =
      wrongOrder(write, before, after, this.arrivedWith(write), this.landingsOn(shard)) ?? missingFor(after);
    if (wrong !== undefined) throw new Violation(`${write.what}: ${wrong}`);
    if (after.version !== before.version) this.unseen.delete(shard);
    switch (write.what) {
      case 'holding credits':
        this.checkHold(write, before, after);
        break;
      case 'settling a hold':
        this.checkSettlement(write, before, after);
        break;
      case 'adding credits':
        this.checkLots(write, before, after);
        break;
      case 'refunding credits':
        this.checkRefund(write, before, after);
        break;
    }
    for (const row of rowsIn(write)) this.checkRow(row);
    this.checkTotal();
  }

  checkLimit(name: string, { usedNanoUsd, holds }: LimitUse): void {
    const limitNanoUsd = this.limits.get(name) ?? 0n;
    if (usedNanoUsd > limitNanoUsd) throw new Violation(`key limit ${name}: ${usedNanoUsd} of ${limitNanoUsd} used`);
    const spentNanoUsd = usedNanoUsd - sum(holds.values());
    if (spentNanoUsd < 0n) throw new Violation(`key limit ${name}: ${spentNanoUsd} spent`);
  }

  /** Somebody asks for a lot. */
  noteBuying(lotId: string, nowMs: number): void {
    this.boughtAt.set(lotId, Math.min(nowMs, this.boughtAt.get(lotId) ?? nowMs));
  }

  /** Somebody asks for a part of a lot back. */
  noteRefund(refundId: string, amountMaxNanoUsd: bigint): void {
    this.refundsMax.set(refundId, amountMaxNanoUsd);
  }

  /** A client was told that money is set aside for it. */
  checkHeld({ id, amountNanoUsd }: { id: HoldId; amountNanoUsd: bigint }): void {
    const key = `${id.shard} ${holdKey(id)}`;
    if (this.landed.get(key) !== amountNanoUsd) throw new Violation(`hold ${key} was promised and is not there`);
  }

  /** A client was told that there is not enough. That is wrong when there was enough all the while and nothing moved it. */
  checkRefusal(leastNanoUsd: bigint, startedAtMs: number, startedAtStep: number): void {
    const rememberedMs = 1_000;
    const looked = this.spendable.filter((_, index) => {
      const untilMs = this.spendable[index + 1]?.sinceMs ?? Number.POSITIVE_INFINITY;
      return untilMs >= startedAtMs - rememberedMs - 2 * skewMaxMs;
    });
    const quiet = looked.every(({ step }) => step <= startedAtStep);
    if (quiet && looked.length > 0 && looked.every(({ amountNanoUsd }) => amountNanoUsd >= leastNanoUsd)) {
      throw new Violation(`a request for ${leastNanoUsd} was refused, and it was there all the time`);
    }
  }

  lotIds(): string[] {
    return [...this.lots.keys()];
  }

  stepNow(): number {
    return this.steps;
  }

  /** A client wrote its record in time, so that nobody may have given it up. */
  checkDecision(standing: UsageRecord): void {
    const ageMs = this.world.nowMs - idTimeMs(standing.requestId);
    if (standing.outcome === 'abandoned' && ageMs < holdLifetimeMs - 2 * skewMaxMs) {
      throw new Violation(`request ${standing.requestId} was given up after ${ageMs} ms`);
    }
  }

  /** After all is done and swept: nothing is open, and everything was counted exactly once. */
  checkAtRest(): void {
    const { shards, records, journal, proofs, limits } = this.world;
    const total = totalOf(shards);
    for (const [shard, balance] of shards.entries()) {
      if (!balance) continue;
      const open = [balance.holds, balance.movesOut, balance.movesIn, balance.marks, balance.outbox];
      if (open.some(map => map.size > 0)) throw new Violation(`shard ${shard} has something that was never ended`);
      const ended = balance.lots.find(lot => lot.expiresAtSeconds * 1000 < this.world.nowMs - skewMaxMs);
      if (ended) throw new Violation(`shard ${shard} still has money of ${ended.id}, which has ended`);
    }
    const recordedNanoUsd = sum([...records.values()].map(record => BigInt(record.costNanoUsd)));
    expectEqual('spent and the sum of all records', total.spentNanoUsd, recordedNanoUsd);
    for (const record of records.values()) {
      const chargedNanoUsd = this.charged.get(record.requestId) ?? 0n;
      expectEqual(`charge of ${record.requestId} and its record`, chargedNanoUsd, BigInt(record.costNanoUsd));
    }
    const rows = [...journal.values()];
    const sumOf = (kinds: string[]) =>
      sum(rows.filter(({ kind }) => kinds.includes(kind)).map(row => BigInt(row.amountNanoUsd)));
    expectEqual('purchased and the journal', total.purchasedNanoUsd, sumOf(['purchase', 'grant', 'promotional']));
    expectEqual('expired and the journal', -total.expiredNanoUsd, sumOf(['expiry']));
    expectEqual('refunded and the journal', -total.refundedNanoUsd, sumOf(['refund']));
    expectEqual('proofs and what was made', proofs.size, this.lots.size + this.refunds.size);
    for (const [name, use] of limits) {
      if (use.holds.size > 0) throw new Violation(`key limit ${name} has a hold that was never ended`);
      const costs = [...records.values()].flatMap(record =>
        record.limitAttempt !== undefined && name.startsWith(`${record.gatewayKeyId} `) && isIn(name, record)
          ? BigInt(record.costNanoUsd)
          : [],
      );
      expectEqual(`use of key limit ${name} and its records`, use.usedNanoUsd, sum(costs));
    }
  }

  private landingsOn(shard: number): Landings {
    return {
      atMs: key => this.landedAtMs.get(key) ?? 0,
      maybeUnseen: key => this.unseen.get(shard)?.has(key) ?? false,
    };
  }

  /** Slices of lots that a write lets in. */
  private arrivedWith(write: BalanceWrite): Slice[] {
    if (write.what === 'moving credits in') {
      const moveId = changedEntry(write, 'movesIn');
      return this.world.shards.flatMap(shard => shard?.movesOut.get(moveId)?.slices ?? []);
    }
    if (write.what !== 'adding credits') return [];
    return rowsIn(write).flatMap(({ kind, lotId, amountNanoUsd }) =>
      kind === 'expiry' ? [] : { ...noSlice, id: lotId, remainingNanoUsd: BigInt(amountNanoUsd) },
    );
  }

  private checkHold(write: BalanceWrite, before: Balance, after: Balance): void {
    const key = changedEntry(write, 'holds');
    const shard = this.world.shards.indexOf(after);
    this.landed.set(`${shard} ${key}`, after.holds.get(key) ?? 0n);
    this.landedAtMs.set(key, this.world.nowMs);
    this.unseen.set(shard, (this.unseen.get(shard) ?? new Set()).add(key));
    this.steps++;
    // A hold may come late; but when it was sent, by its sender's clock, no lot that it takes may have ended.
    const sentAtSeconds = Math.floor(idTimeMs(key) / 1000);
    const ended = before.lots.find(lot => !lot.dying && lot.expiresAtSeconds <= sentAtSeconds);
    if (ended) throw new Violation(`a hold took money of ${ended.id}, which had ended when its request began`);
  }

  private checkSettlement(write: BalanceWrite, before: Balance, after: Balance): void {
    if (after.availableNanoUsd < before.availableNanoUsd) {
      throw new Violation(`a settlement left ${after.availableNanoUsd} of ${before.availableNanoUsd} to spend`);
    }
    const { requestId } = parseHoldKey(changedEntry(write, 'holds'));
    const chargedNanoUsd = (this.charged.get(requestId) ?? 0n) + after.spentNanoUsd - before.spentNanoUsd;
    this.charged.set(requestId, chargedNanoUsd);
    this.steps++;
    const record = this.world.records.get(requestId);
    if (!record) throw new Violation(`request ${requestId} was settled before it was recorded`);
    if (chargedNanoUsd > BigInt(record.costNanoUsd)) {
      throw new Violation(`request ${requestId} paid ${chargedNanoUsd} for ${record.costNanoUsd}`);
    }
  }

  private checkLots(write: BalanceWrite, before: Balance, after: Balance): void {
    const row = rowsIn(write).find(({ kind }) => kind !== 'expiry');
    if (!row) throw new Violation('a lot came from nowhere');
    const { lotId, expiresAt = '' } = row;
    if (this.lots.has(lotId)) throw new Violation(`${lotId} was added twice`);
    const expiresAtSeconds = Date.parse(expiresAt) / 1000;
    this.lots.set(lotId, expiresAtSeconds);
    this.boughtNanoUsd += after.purchasedNanoUsd - before.purchasedNanoUsd;
    const live = after.lots.some(lot => lot.id === lotId);
    if (live && expiresAtSeconds * 1000 <= (this.boughtAt.get(lotId) ?? 0)) {
      throw new Violation(`${lotId} had ended and was made spendable`);
    }
  }

  private checkRefund(write: BalanceWrite, before: Balance, after: Balance): void {
    const refundId = rowsIn(write)[0]?.refundId ?? '';
    if (this.refunds.has(refundId)) throw new Violation(`${refundId} was made twice`);
    const refundedNanoUsd = after.refundedNanoUsd - before.refundedNanoUsd;
    this.refunds.set(refundId, refundedNanoUsd);
    const maxNanoUsd = this.refundsMax.get(refundId) ?? refundedNanoUsd;
    if (refundedNanoUsd > maxNanoUsd) {
      throw new Violation(`${refundId} gave ${refundedNanoUsd} back, and ${maxNanoUsd} were asked for`);
    }
    this.steps++;
  }

  private checkRow(row: JournalRow): void {
    const expiresAtSeconds = this.lots.get(row.lotId);
    if (row.kind !== 'expiry' || expiresAtSeconds === undefined) return;
    if (expiresAtSeconds * 1000 > this.world.nowMs + skewMaxMs) {
      throw new Violation(`${row.lotId} expired before its end`);
    }
  }

  /** Over all shards: what came in is what is there, and money that has left one shard is not yet in another. */
  private checkTotal(): void {
    const { shards } = this.world;
    const width = shards[0]?.width ?? 1;
    if (shards.length > width) throw new Violation(`shard ${shards.length - 1} exists, and shard 0 knows of ${width}`);
    let purchasedNanoUsd = 0n;
    let availableNanoUsd = 0n;
    for (const balance of shards) {
      if (!balance) continue;
      purchasedNanoUsd += balance.purchasedNanoUsd;
      availableNanoUsd += balance.availableNanoUsd;
      for (const [moveId, { toShard, slices }] of balance.movesOut) {
        if (shards[toShard]?.movesIn.has(moveId)) continue;
        const underWayNanoUsd = sum(slices.map(slice => slice.remainingNanoUsd));
        purchasedNanoUsd += underWayNanoUsd;
        availableNanoUsd += underWayNanoUsd;
      }
    }
    expectEqual('purchased and all lots', purchasedNanoUsd, this.boughtNanoUsd);
    this.spendable.push({ sinceMs: this.world.nowMs, step: this.steps, amountNanoUsd: availableNanoUsd });
  }
}

function isIn(name: string, record: UsageRecord): boolean {
  const period = name.split(' ')[1] ?? '';
  return period === 'total' || new Date(idTimeMs(record.requestId)).toISOString().startsWith(period);
}

/** What is not looked at in a slice that has just come. */
const noSlice: Omit<Slice, 'id' | 'remainingNanoUsd'> = { category: 'grant', amountNanoUsd: 0n, expiresAtSeconds: 0 };

function expectEqual(what: string, left: bigint | number, right: bigint | number): void {
  if (left !== right) throw new Violation(`${what} differ: ${left} and ${right}`);
}
