import type { Balance } from '../../functions/core/balance.ts';
import type { BalanceWrite } from '../../functions/store/balance-writes.ts';
import type { JournalRow } from '../../functions/store/journal.ts';

/** Journal rows that a write sends on their way. */
export function rowsIn(write: BalanceWrite): JournalRow[] {
  return write.changes.flatMap(change =>
    change.field === 'outbox' && 'set' in change && change.entry !== undefined
      ? [JSON.parse(change.set as string)]
      : [],
  );
}

export function changedEntry(write: BalanceWrite, field: keyof Balance): string {
  const change = write.changes.find(candidate => candidate.field === field);
  return change?.entry ?? '';
}
