import { type HoldId, holdKey } from '../core/hold-id.ts';
import { idTimeMs } from '../core/ids.ts';
import {
  emptyLimitUse,
  holdOfLimit,
  type LimitUse,
  periodAt,
  periodEndMs,
  type SpendLimit,
} from '../core/key-limit.ts';
import { smaller, sum } from '../core/lots.ts';
import { roundDownToHoldUnit } from './balance-item.ts';
import { type Store, StoreError } from './dynamo.ts';
import {
  holdOnLimit,
  type LimitPlace,
  type LimitTable,
  openLimit,
  openLimitTable,
  settleOnLimit,
} from './limit-table.ts';
import { racesMax } from './lot-events.ts';
import { holdAttemptsMax, roundWanted, type Wanted } from './wanted.ts';

/** A part of a key's limit that is set aside for one request. */
export interface LimitHold {
  place: LimitPlace;
  id: HoldId;
  amountNanoUsd: bigint;
}

export interface LimitRefusal {
  status: 'limit_reached';
  limitNanoUsd: bigint;
  spentNanoUsd: bigint;
  heldNanoUsd: bigint;
  /** When the key can spend again; undefined for a limit in total. */
  renewsAtMs: number | undefined;
}

/** The gateway key whose limit it is. */
export interface LimitedKey {
  accountId: string;
  id: string;
  spendLimit: SpendLimit;
}

/** A period is kept so long after its end that no request which began in it can still come. */
const keptMs = 2 * 86_400_000;

/**
 * Limits of gateway keys, as hard as balances: a part is set aside before the balance is touched, given back when the
 * balance refuses, and settled with what the request's record decides. Keys without a limit never come here.
 */
export class KeyLimits {
  private readonly table: LimitTable;

  /** @param table where limits lie, when it is not the store itself */
  constructor(store: Store, table: LimitTable = openLimitTable(store)) {
    this.table = table;
  }

  /**
   * Sets a part of the limit aside, in the period in which the request began; like `Balances.hold`.
   * @throws StoreError when the store does not answer
   */
  async hold(
    { accountId, id: keyId, spendLimit }: LimitedKey,
    requestId: string,
    wanted: bigint | Wanted,
  ): Promise<{ status: 'held'; hold: LimitHold } | LimitRefusal> {
    const rounded = roundWanted(wanted);
    const limitNanoUsd = BigInt(spendLimit.amountNanoUsd);
    const place = { accountId, keyId, period: periodAt(spendLimit.period, idTimeMs(requestId)) };
    let { amountNanoUsd } = rounded;
    let attempt = 0;
    for (let races = 0; races < racesMax; races++) {
      const id = { requestId, attempt, shard: 0 };
      try {
        if (await this.table.write(place, holdOnLimit(holdKey(id), amountNanoUsd, limitNanoUsd))) {
          return { status: 'held', hold: { place, id, amountNanoUsd } };
        }
        const use = await this.table.read(place);
        if (!use) {
          await this.table.enlist(place);
          await this.table.write(place, openLimit(emptyLimitUse()));
          continue;
        }
        if (holdOfLimit(use, holdKey(id), amountNanoUsd, limitNanoUsd).status === 'exists') attempt++;
        const roomNanoUsd = roundDownToHoldUnit(limitNanoUsd - use.usedNanoUsd);
        if (roomNanoUsd < rounded.leastNanoUsd) return refusal(place, use, limitNanoUsd);
        amountNanoUsd = smaller(roomNanoUsd, rounded.amountNanoUsd);
      } catch (error) {
        if (!(error instanceof StoreError) || attempt + 1 >= holdAttemptsMax) throw error;
        attempt++;
      }
    }
    throw new StoreError('holding a part of a limit', new Error(`lost ${racesMax} races`));
  }

  /** Ends a hold at its request's cost. Safe to repeat: a hold that is gone was settled. */
  async settle({ place, id, amountNanoUsd }: LimitHold, costNanoUsd: bigint): Promise<void> {
    await this.table.write(place, settleOnLimit(holdKey(id), amountNanoUsd, costNanoUsd));
  }

  /** Gives all of a hold back, because the balance refused: nothing can be charged any more. */
  release(hold: LimitHold): Promise<void> {
    return this.settle(hold, 0n);
  }

  /** What a key has used in the period of a moment. */
  async read(key: LimitedKey, nowMs: number): Promise<{ spentNanoUsd: bigint; heldNanoUsd: bigint }> {
    const period = periodAt(key.spendLimit.period, nowMs);
    return split((await this.table.read({ accountId: key.accountId, keyId: key.id, period })) ?? emptyLimitUse());
  }

  /** One page of the limits in use, for the sweep. */
  list(after: LimitPlace | undefined, limit: number): Promise<LimitPlace[]> {
    return this.table.list(after, limit);
  }

  readPlace(place: LimitPlace): Promise<LimitUse | undefined> {
    return this.table.read(place);
  }

  /** Deletes what is kept of a period that is long over. @returns whether it was */
  async forgetIfOver(place: LimitPlace, use: LimitUse | undefined, nowMs: number): Promise<boolean> {
    if (nowMs < periodEndMs(place.period) + keptMs || (use && use.holds.size > 0)) return false;
    await this.table.forget(place);
    return true;
  }
}

function refusal(place: LimitPlace, use: LimitUse, limitNanoUsd: bigint): LimitRefusal {
  const endMs = periodEndMs(place.period);
  return {
    status: 'limit_reached',
    limitNanoUsd,
    ...split(use),
    renewsAtMs: Number.isFinite(endMs) ? endMs : undefined,
  };
}

function split({ usedNanoUsd, holds }: LimitUse): { spentNanoUsd: bigint; heldNanoUsd: bigint } {
  const heldNanoUsd = sum(holds.values());
  return { spentNanoUsd: usedNanoUsd - heldNanoUsd, heldNanoUsd };
}
