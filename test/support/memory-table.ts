import type { Balance } from '../../functions/core/balance.ts';
import type { BalanceTable } from '../../functions/store/balance-table.ts';
import type { BalanceWrite } from '../../functions/store/balance-writes.ts';
import { applyWrite } from './apply-write.ts';

/** Balances in memory that answer at once: for measurements, where a store would only be slow. */
export class MemoryTable implements BalanceTable {
  readonly balances = new Map<string, Balance>();
  /** Is told every write, whether its conditions held or not. */
  onWrite: (shard: number, before: Balance | undefined, after: Balance | undefined) => void = () => {};
  reads = 0;

  async read(accountId: string, shard: number): Promise<Balance | undefined> {
    this.reads++;
    return this.balances.get(`${accountId} ${shard}`);
  }

  async write(accountId: string, shard: number, write: BalanceWrite): Promise<Partial<Balance> | undefined> {
    const name = `${accountId} ${shard}`;
    const before = this.balances.get(name);
    const after = applyWrite(before, write);
    if (after) this.balances.set(name, after);
    this.onWrite(shard, before, after);
    return after;
  }

  async enlist(): Promise<void> {}

  async listAccounts(): Promise<string[]> {
    return [];
  }

  async append(): Promise<void> {}

  async findProof(): Promise<undefined> {
    return undefined;
  }
}
