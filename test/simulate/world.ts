import type { Balance } from '../../functions/core/balance.ts';
import type { Clock } from '../../functions/core/clock.ts';
import type { LimitUse } from '../../functions/core/key-limit.ts';
import type { BalanceTable } from '../../functions/store/balance-table.ts';
import type { BalanceWrite } from '../../functions/store/balance-writes.ts';
import { type JournalRow, provenBy } from '../../functions/store/journal.ts';
import type { LimitPlace, LimitTable, LimitWrite } from '../../functions/store/limit-table.ts';
import type { UsageRecord } from '../../functions/store/usage.ts';
import { applyWrite } from '../support/apply-write.ts';
import type { Mutation } from './mutations.ts';
import { Network } from './network.ts';
import type { Random } from './random.ts';
import { type Holdings, Rules } from './rules.ts';
import { skewMaxMs } from './spending-order.ts';

const readings = { requests: 'requestRead', 'what leaves': 'leavingRead', 'the rest': 'otherRead' } as const;

export const accountId = 'ac_simulated';

/** Everything the store holds, in memory, and the true time. */
export class World implements Holdings {
  nowMs = Date.UTC(2026, 10, 24);
  readonly shards: (Balance | undefined)[] = [];
  readonly limits = new Map<string, LimitUse>();
  readonly records = new Map<string, UsageRecord>();
  readonly proofs = new Map<string, JournalRow>();
  readonly journal = new Map<string, JournalRow>();
  readonly rules = new Rules(this);
  readonly network: Network;
  readonly random: Random;
  readonly mutation: Mutation;
  /** In some worlds lots end within seconds of each other and clocks differ as much as they may. */
  readonly isTight: boolean;
  private clocks = 0;
  private isListed = false;
  private readonly places = new Map<string, LimitPlace>();

  private readonly trace: ((line: string) => void) | undefined;

  /** @param trace is told every write that is done */
  constructor(random: Random, mutation: Mutation, trace?: (line: string) => void) {
    this.trace = trace;
    this.random = random;
    this.mutation = mutation;
    this.isTight = random.chance(0.2);
    this.network = new Network(random, () => this.passTime());
  }

  /** A clock that differs from the true time, always by the same. */
  newClock(): Clock {
    this.clocks++;
    const extremeMs = this.clocks % 2 === 0 ? skewMaxMs : -skewMaxMs;
    const skewMs = this.isTight ? extremeMs : this.random.between(-skewMaxMs, skewMaxMs);
    return () => this.nowMs + skewMs;
  }

  /** Time goes on for the one who waits; others act. */
  pause(): Promise<void> {
    return this.network.call('pause', () => {});
  }

  /** Usually a few milliseconds; now and then so much that lots end, or holds are taken for abandoned. */
  private passTime(): void {
    const dice = this.isTight ? this.random.next() * 0.86 : this.random.next();
    if (dice < 0.85) this.nowMs += this.random.between(0, 60);
    else if (dice < 0.97) this.nowMs += this.random.between(500, 8_000);
    else if (dice < 0.995) this.nowMs += this.random.between(10_000, 120_000);
    else this.nowMs += this.random.between(600_000, 1_100_000);
  }

  /** The balances as one caller reaches them. @param use what a mutation may do to what is read */
  balanceTable(use: 'requests' | 'what leaves' | 'the rest'): BalanceTable {
    const { network, mutation } = this;
    let earlier = { shards: [...this.shards], proofs: new Map(this.proofs) };
    let forgotten: JournalRow | undefined;
    return {
      read: (_, shard) => {
        const { shards } = earlier;
        if (mutation.readsSourceFirst || mutation.readsProofFirst) {
          earlier = { shards: [...this.shards], proofs: new Map(this.proofs) };
        }
        const seesOldMoves = mutation.readsSourceFirst && (shards[shard]?.movesOut.size ?? 0) > 0;
        return network.call('read', () => {
          const balance = (seesOldMoves ? shards : this.shards)[shard];
          const see = mutation[readings[use]];
          return balance && (see?.(balance) ?? balance);
        });
      },
      write: async (_, shard, write) => {
        const sent = mutation.balanceWrite?.(write, this.shards[shard]) ?? write;
        const written = await network.call(write.once ? 'once' : 'write', () => this.writeBalance(shard, sent));
        const row = forgotten;
        forgotten = undefined;
        if (row) await this.append(row);
        return written;
      },
      enlist: () =>
        network.call('write', () => {
          this.isListed = true;
        }),
      listAccounts: after => network.call('read', () => (this.isListed && after === undefined ? [accountId] : [])),
      append: async row => {
        if (mutation.forgetsRowsFirst) forgotten = row;
        else await this.append(row);
      },
      findProof: (_, id) => {
        const seen = mutation.readsProofFirst ? earlier.proofs : this.proofs;
        return network.call('read', () =>
          mutation.hidesProofs && id.startsWith(mutation.hidesProofs) ? undefined : seen.get(id),
        );
      },
    };
  }

  limitTable(): LimitTable {
    const { network, mutation } = this;
    return {
      read: place => network.call('read', () => this.limits.get(nameOf(place))),
      write: (place, write) => {
        const sent = mutation.limitWrite?.(write) ?? write;
        return network.call(write.once ? 'once' : 'write', () => this.writeLimit(place, sent));
      },
      enlist: place =>
        network.call('write', () => {
          this.places.set(nameOf(place), place);
        }),
      list: after => network.call('read', () => (after === undefined ? [...this.places.values()] : [])),
      forget: place =>
        network.call('write', () => {
          this.places.delete(nameOf(place));
        }),
    };
  }

  /** Usage records, written like `decide` in `functions/store/usage.ts`. */
  async decide(record: UsageRecord): Promise<UsageRecord> {
    const put = () => {
      if (this.records.has(record.requestId) && !this.mutation.decidesAlways) return false;
      this.records.set(record.requestId, record);
      return true;
    };
    if ((await this.network.call('write', put)) || this.mutation.decidesAlways) return record;
    const standing = await this.network.call('read', () => this.records.get(record.requestId));
    if (!standing) throw new Error('a record that exists cannot be read');
    if (this.mutation.chargesEveryHold)
      return { ...standing, holdAttempt: record.holdAttempt, holdShard: record.holdShard };
    return standing;
  }

  private writeBalance(shard: number, write: BalanceWrite): Partial<Balance> | undefined {
    const before = this.shards[shard];
    const after = applyWrite(before, write);
    if (!after) return undefined;
    this.shards[shard] = after;
    this.trace?.(`${this.nowMs} shard ${shard}: ${write.what} ${toText(write.changes)}\n    ${toText(after)}`);
    this.rules.checkBalanceWrite(write, before, after);
    return after;
  }

  private writeLimit(place: LimitPlace, write: LimitWrite): boolean {
    const after = applyWrite(this.limits.get(nameOf(place)), write);
    if (!after) return false;
    this.limits.set(nameOf(place), after);
    this.rules.checkLimit(nameOf(place), after);
    return true;
  }

  /** In two writes, like `appendJournalRow` in `functions/store/journal.ts`. */
  private async append(row: JournalRow): Promise<void> {
    const put = (rows: Map<string, JournalRow>, id: string) =>
      this.network.call('write', () => {
        if (!rows.has(id)) rows.set(id, row);
      });
    const provenId = provenBy(row);
    if (provenId !== undefined) await put(this.proofs, provenId);
    await put(this.journal, row.id);
  }
}

function toText(value: unknown): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part === 'bigint') return Number(part);
    return part instanceof Map ? Object.fromEntries(part) : part;
  });
}

export function nameOf({ keyId, period }: LimitPlace): string {
  return `${keyId} ${period}`;
}
