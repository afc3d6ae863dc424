import type { Clock } from '../../functions/core/clock.ts';
import { newId, type RandomBytes } from '../../functions/core/ids.ts';
import { sweep } from '../../functions/expiry/sweep.ts';
import { move, readShards, setSpread } from '../../functions/store/balance-shards.ts';
import { Balances, type Hold, type NewLot, type NewRefund } from '../../functions/store/balances.ts';
import { type Store, StoreError } from '../../functions/store/dynamo.ts';
import { KeyLimits, type LimitedKey, type LimitHold } from '../../functions/store/key-limits.ts';
import type { LedgerParts } from '../../functions/store/lot-events.ts';
import { type RequestHolds, settleRequest } from '../../functions/store/settle-request.ts';
import type { UsageRecord } from '../../functions/store/usage.ts';
import { roundWanted, type Wanted } from '../../functions/store/wanted.ts';
import { accountId, type World } from './world.ts';

/** The product's own code in one process, on the store as it reaches it, and what asks it to do something. */
export class Process {
  private readonly world: World;
  private readonly now: Clock;
  private readonly leaving: LedgerParts;
  private readonly balances: Balances;
  private readonly leavingBalances: Balances;
  private readonly requestBalances: Balances;
  private readonly keyLimits: KeyLimits;

  constructor(world: World) {
    this.world = world;
    this.now = world.newClock();
    const randomBytes: RandomBytes = length => world.random.bytes(length);
    this.leaving = { table: world.balanceTable('what leaves'), randomBytes };
    const noStore = {} as Store;
    this.balances = new Balances(noStore, randomBytes, world.balanceTable('the rest'));
    this.leavingBalances = new Balances(noStore, randomBytes, this.leaving.table);
    this.requestBalances = new Balances(noStore, randomBytes, world.balanceTable('requests'));
    this.keyLimits = new KeyLimits(noStore, world.limitTable());
  }

  /** One request, from its holds to its settlement, like the gateway's. */
  async request(key: LimitedKey | undefined, wanted: Wanted): Promise<void> {
    await this.world.pause();
    const requestId = newId('rq', this.now(), this.leaving.randomBytes);
    const holds: RequestHolds = { hold: undefined, limitHold: undefined };
    await this.setAside(requestId, key, wanted, holds);
    await this.world.pause(); // a provider is asked, if there is money for it
    await this.end(requestId, key, holds);
  }

  /** Adds a lot and, when that failed, adds it again, as whoever reports a payment does. */
  async buy(lot: NewLot): Promise<void> {
    await this.world.pause();
    const { rules, mutation } = this.world;
    await this.insist(() => {
      const nowMs = this.now();
      rules.noteBuying(lot.id, nowMs);
      const seenMs = mutation.addsEndedLots ? Math.min(nowMs, (lot.expiresAtSeconds - 1) * 1000) : nowMs;
      return this.balances.addLot(accountId, lot, seenMs);
    });
  }

  /** @param refund whole, or of a part when it names the most that is wanted */
  async refund(refund: NewRefund): Promise<void> {
    await this.world.pause();
    const { rules, mutation } = this.world;
    if (refund.amountMaxNanoUsd !== undefined) rules.noteRefund(refund.id, refund.amountMaxNanoUsd);
    const asked = mutation.refundsAll ? { id: refund.id, lotId: refund.lotId } : refund;
    await this.insist(() => this.leavingBalances.refund(accountId, asked, this.now()));
  }

  async spread(shards: number): Promise<void> {
    await this.world.pause();
    await this.attempt(async () => {
      const first = await this.leaving.table.read(accountId, 0);
      if (first) await setSpread(this.leaving, accountId, first, shards);
    });
  }

  async move(to: number, amountNanoUsd: bigint): Promise<void> {
    await this.world.pause();
    await this.attempt(async () => {
      const first = await this.leaving.table.read(accountId, 0);
      if (!first || to >= first.width) return;
      const shards = await readShards(this.leaving, accountId, first);
      const from = this.world.random.between(0, shards.length - 1);
      if (from !== to) await move(this.leaving, accountId, { from, to, amountNanoUsd }, this.now());
    });
  }

  /** @returns what could not be swept */
  async sweep(): Promise<unknown[]> {
    await this.world.pause();
    const failures: unknown[] = [];
    const earlyMs = this.world.mutation.sweepsEarlyMs ?? 0;
    await this.attempt(() =>
      sweep({
        balances: this.balances,
        keyLimits: this.keyLimits,
        decide: record => this.world.decide(record),
        cursor: { read: async () => undefined, write: async () => {} },
        now: () => this.now() + earlyMs,
        stopAtMs: Number.POSITIVE_INFINITY,
        report: (_, error) => failures.push(error),
      }),
    );
    const mistakes = failures.filter(error => !(error instanceof StoreError));
    if (mistakes.length > 0) throw mistakes[0];
    return failures;
  }

  /** Like the gateway: the key's limit first, and back with it when the balance refuses. */
  private async setAside(requestId: string, key: LimitedKey | undefined, wanted: Wanted, holds: RequestHolds) {
    const { rules } = this.world;
    await this.attempt(async () => {
      const limited = key && (await this.keyLimits.hold(key, requestId, wanted));
      if (limited?.status === 'limit_reached') return;
      holds.limitHold = limited?.hold;
      const amountNanoUsd = limited?.hold.amountNanoUsd ?? wanted.amountNanoUsd;
      const [startedAtMs, step] = [this.world.nowMs, rules.stepNow()];
      const left = { ...wanted, amountNanoUsd };
      const result = await this.requestBalances.hold(accountId, requestId, left, this.now());
      if (result.status === 'held') {
        if (this.world.mutation.reusesHoldIds) result.hold.id.attempt = 0;
        holds.hold = result.hold;
        rules.checkHeld(result.hold);
        return;
      }
      rules.checkRefusal(roundWanted(left).leastNanoUsd, startedAtMs, step);
      if (holds.limitHold) await this.keyLimits.release(holds.limitHold);
    });
  }

  private async end(requestId: string, key: LimitedKey | undefined, holds: RequestHolds): Promise<void> {
    const { world } = this;
    const { hold, limitHold } = holds;
    const costNanoUsd = hold ? costOf(hold, world.random.next()) : 0n;
    const record = recordOf(requestId, key, hold, limitHold, costNanoUsd);
    const decide = async (decision: UsageRecord) => {
      const standing = await world.decide(decision);
      world.rules.checkDecision(standing);
      return standing;
    };
    await this.attempt(async () => {
      if (world.mutation.settlesFirst && hold) await this.requestBalances.settle(hold, costNanoUsd, this.now());
      const parts = { balances: this.requestBalances, keyLimits: this.keyLimits, decide, noteLateCost: async () => {} };
      await settleRequest(record, holds, parts, this.now());
    });
  }

  /** The store may fail; everything else that is thrown is a mistake of ours. */
  private async attempt(task: () => Promise<unknown>): Promise<boolean> {
    try {
      await task();
      return true;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  }

  private async insist(task: () => Promise<unknown>): Promise<void> {
    for (let tries = 0; tries < 4; tries++) if (await this.attempt(task)) return;
  }
}

function costOf({ amountNanoUsd }: Hold, dice: number): bigint {
  if (dice < 0.1) return 0n;
  return dice < 0.4 ? amountNanoUsd : BigInt(Math.ceil(Number(amountNanoUsd) * dice));
}

function recordOf(
  requestId: string,
  key: LimitedKey | undefined,
  hold: Hold | undefined,
  limitHold: LimitHold | undefined,
  costNanoUsd: bigint,
): UsageRecord {
  const cost = costNanoUsd.toString();
  return {
    requestId,
    holdAttempt: hold?.id.attempt ?? 0,
    holdShard: hold?.id.shard,
    limitAttempt: limitHold?.id.attempt,
    heldNanoUsd: hold?.amountNanoUsd.toString(),
    accountId,
    endpointId: 'ep',
    gatewayKeyId: key?.id,
    createdAt: '',
    surface: 'chat-completions',
    streaming: false,
    outcome: hold ? 'succeeded' : 'failed',
    status: hold ? 200 : 403,
    attempts: [],
    costNanoUsd: cost,
    upstreamCostNanoUsd: cost,
    feeNanoUsd: '0',
  };
}
