import fc from 'fast-check';
import { type Balance, emptyBalance, hold, settle } from '../../functions/core/balance.ts';
import { addLot, expire, refund } from '../../functions/core/balance-events.ts';
import { moveIn, moveOut } from '../../functions/core/balance-moves.ts';
import { newId } from '../../functions/core/ids.ts';
import type { BalanceWrite } from '../../functions/store/balance-writes.ts';
import * as writes from '../../functions/store/balance-writes.ts';
import { withRows } from '../../functions/store/lot-events.ts';

export const startSeconds = Date.UTC(2026, 10, 24) / 1000;
const micro = 1_000n;

/** One random step on a balance: what kind of write, with what in it. */
export const randomStep = fc.record({
  kind: fc.constantFrom(
    ...(['hold', 'hold', 'hold', 'settle', 'settle', 'settle', 'addLot', 'addLot', 'expire', 'refund'] as const),
    ...(['moveOut', 'moveIn', 'forget', 'spread', 'open'] as const),
  ),
  waitSeconds: fc.integer({ min: 0, max: 20 }),
  amount: fc.integer({ min: 1, max: 60 }),
  choice: fc.nat(50),
  /** How many states ago the balance was read from which the write is made. */
  stale: fc.constantFrom(0, 0, 0, 1, 2),
});

export type RandomStep = typeof randomStep extends fc.Arbitrary<infer Step> ? Step : never;

/**
 * The write that a step makes from a balance as it was read, and what its transition says comes out if nothing changed
 * since: the same balance when the write must be refused. Undefined when there is nothing to write.
 */
export function writeFor(
  { kind, amount, choice }: RandomStep,
  balance: Balance,
  nowSeconds: number,
  serial: number,
): { write: BalanceWrite; after: Balance } | undefined {
  const amountNanoUsd = BigInt(amount) * micro;
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(serial, 0, 6);
  const idOf = (prefix: Parameters<typeof newId>[0]) => newId(prefix, nowSeconds * 1000, () => bytes);
  const pick = <Value>(values: Iterable<Value>): Value | undefined => {
    const list = [...values];
    return list[choice % (list.length || 1)];
  };
  const row = {
    id: idOf('jr'),
    accountId: 'ac',
    kind: 'expiry',
    lotId: 'lot',
    amountNanoUsd: '0',
    createdAt: '',
  } as const;
  switch (kind) {
    case 'open':
      return { write: writes.openBalance(emptyBalance(3)), after: balance };
    case 'hold': {
      const key = idOf('rq').slice('rq_'.length);
      const result = hold(balance, key, amountNanoUsd, nowSeconds);
      const after = result.status === 'held' ? result.balance : balance;
      return { write: writes.hold(key, amountNanoUsd, nowSeconds), after };
    }
    case 'settle': {
      const [key, heldNanoUsd] = pick(balance.holds) ?? [];
      if (key === undefined || heldNanoUsd === undefined) return undefined;
      const costNanoUsd = amountNanoUsd + 7n < heldNanoUsd ? amountNanoUsd + 7n : heldNanoUsd;
      const result = settle(balance, key, costNanoUsd);
      if (result.status !== 'settled') return undefined;
      if (balance.dyingNanoUsd === 0n)
        return { write: writes.settle(key, heldNanoUsd, costNanoUsd), after: result.balance };
      const after = withRows(result.balance, [row]);
      return { write: writes.settleFromLots(balance, after, key), after };
    }
    case 'addLot': {
      const lot = { id: idOf('lot'), category: 'purchase' as const, amountNanoUsd: amountNanoUsd * 3n };
      const result = addLot(balance, { ...lot, expiresAtSeconds: nowSeconds + choice - 2 }, 'digest', nowSeconds);
      if (result.status !== 'added') return undefined;
      const after = withRows(result.balance, [row]);
      return { write: writes.addLot(balance, after, lot.id), after };
    }
    case 'expire': {
      const after = withRows(expire(balance, nowSeconds).balance, [row]);
      return { write: writes.expire(balance, after), after };
    }
    case 'refund': {
      const refundId = idOf('rf');
      const result = refund(balance, { refundId, lotId: pick(balance.lots)?.id ?? '', digest: 'digest' }, nowSeconds);
      if (result.status !== 'refunded') return undefined;
      return { write: writes.refund(balance, result.balance, refundId), after: result.balance };
    }
    case 'moveOut': {
      const moveId = idOf('mv');
      const result = moveOut(balance, { moveId, toShard: 2, amountNanoUsd }, nowSeconds);
      if (result.status !== 'moved') return undefined;
      return { write: writes.moveOut(balance, result.balance, moveId), after: result.balance };
    }
    case 'moveIn': {
      const moveId = idOf('mv');
      const known = pick(balance.lots.filter(lot => lot.remainingNanoUsd + micro <= lot.amountNanoUsd));
      const made = {
        id: idOf('lot'),
        category: 'grant' as const,
        amountNanoUsd: micro,
        expiresAtSeconds: nowSeconds + choice - 2,
      };
      const slice = { ...(known ?? made), remainingNanoUsd: micro };
      const result = moveIn(balance, { moveId, fromShard: 1, slices: [slice] }, nowSeconds);
      if (result.status !== 'moved') return undefined;
      return { write: writes.moveIn(balance, result.balance, moveId), after: result.balance };
    }
    case 'forget': {
      const [kindOfMark, forget] =
        pick([
          ['movesOut', writes.forgetMoveOut] as const,
          ['movesIn', writes.forgetMoveIn] as const,
          ['outbox', (id: string) => writes.forgetRow(id, undefined)] as const,
        ]) ?? [];
      const id = kindOfMark && pick(balance[kindOfMark].keys());
      if (!kindOfMark || id === undefined) return undefined;
      const rest = new Map<string, never>(balance[kindOfMark] as ReadonlyMap<string, never>);
      rest.delete(id);
      return { write: forget(id), after: { ...balance, [kindOfMark]: rest } };
    }
    case 'spread':
      return {
        write: writes.spreadFirst(balance, amount, Math.max(balance.width, amount)),
        after: { ...balance, spread: amount, width: Math.max(balance.width, amount) },
      };
  }
}
