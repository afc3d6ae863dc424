import { type Balance, holdStartSeconds, type Move, trimEndedLots } from '../../functions/core/balance.ts';
import { byEnd, inOrder, type Loss, type Lot, never, nextExpiry, spend, sum } from '../../functions/core/lots.ts';
import { type BalanceWrite, settleFromLots } from '../../functions/store/balance-writes.ts';
import type { JournalRow } from '../../functions/store/journal.ts';
import type { LimitWrite } from '../../functions/store/limit-table.ts';
import { withRows } from '../../functions/store/lot-events.ts';
import type { Write } from '../../functions/store/write.ts';
import { changedEntry, rowsIn } from './told-by-write.ts';

/** A rule of the ledger taken away, between the product's code and the store: the simulator has to notice. */
export interface Mutation {
  /** What is sent in place of a write. @param balance as it now is */
  balanceWrite?(write: BalanceWrite, balance: Balance | undefined): BalanceWrite;
  limitWrite?(write: LimitWrite): LimitWrite;
  /** What requests see in place of a balance. */
  requestRead?(balance: Balance): Balance;
  /** What refunds and moves see. */
  leavingRead?(balance: Balance): Balance;
  /** What all others see: purchases and sweeps. */
  otherRead?(balance: Balance): Balance;
  /** Proofs of ids that begin like this are not seen. */
  hidesProofs?: 'lot' | 'rf';
  /** The proof of a lot or a refund is read before the balance. */
  readsProofFirst?: true;
  /** A move's source is read before its target. */
  readsSourceFirst?: true;
  /** The last one to write the record of a request decides it, and everybody settles with their own. */
  decidesAlways?: true;
  /** A request settles before its record is there. */
  settlesFirst?: true;
  /** A hold whose outcome is unknown is sent again under the same id. */
  reusesHoldIds?: true;
  /** Whatever hold of a request is found open pays. */
  chargesEveryHold?: true;
  /** Lots are added without looking at the time. */
  addsEndedLots?: true;
  /** A refund of a part of a lot asks for all of it. */
  refundsAll?: true;
  /** How much too early the sweep takes holds for abandoned. */
  sweepsEarlyMs?: number;
  /** Rows leave the outbox before the journal has them. */
  forgetsRowsFirst?: true;
}

export const noMutation: Mutation = {};

/** Every rule that the protocol depends on, and the mistakes that first come to mind. */
export const mutations: Record<string, Mutation> = {
  'hold without comparing the balance': dropping('holding credits', 'availableNanoUsd'),
  'hold although a lot has ended': dropping('holding credits', 'nextExpiryAtSeconds'),
  'hold again under an id whose outcome is unknown': {
    reusesHoldIds: true,
    balanceWrite: write => rename(write, 'holds', key => key.slice(0, 13)),
  },
  'let every hold of a request pay': { chargesEveryHold: true },
  'let the last one decide a request': { decidesAlways: true },
  'settle before the record is written': { settlesFirst: true },
  'settle twice': dropping('settling a hold', 'holds'),
  'settle without looking for ended lots': dropping('settling a hold', 'dyingNanoUsd'),
  'settle from lots as they were': dropping('settling a hold', 'version'),
  'let money leave while a lot has ended': {
    leavingRead: balance => ({ ...balance, nextExpiryAtSeconds: never }),
  },
  'spend the lot that ends last': reading(lots => lots.toSorted((a, b) => b.expiresAtSeconds - a.expiresAtSeconds)),
  'spend other money before that of ended lots': paying(lots => lots.toSorted((a, b) => +a.dying - +b.dying)),
  'let a lot that was added late pay what then expires': paying(byEnd),
  'never end a lot': { otherRead: balance => ({ ...balance, nextExpiryAtSeconds: never }) },
  'expire what open holds cover': { balanceWrite: expireAllOfEndedLots },
  'sweep too early': { sweepsEarlyMs: 15 * 60_000 },
  'expire lots as they were': dropping('expiring credits', 'version'),
  'expire although holds changed': dropping('expiring credits', 'heldNanoUsd'),
  'expire although spending changed': dropping('expiring credits', 'consumedNanoUsd'),
  'forget the fold': {
    balanceWrite: write => ({
      ...write,
      changes: write.changes.filter(
        change => change.field !== 'consumedNanoUsd' || !('add' in change) || change.add > 0n,
      ),
    }),
  },
  'add a lot to lots as they were': dropping('adding credits', 'version'),
  'add a lot without its mark': {
    balanceWrite: write => withoutMark(write, 'adding credits'),
    hidesProofs: 'lot',
  },
  'look for the proof of a lot before its mark': { readsProofFirst: true },
  'make a lot spendable that has ended': { addsEndedLots: true },
  'refund without its mark': {
    balanceWrite: write => withoutMark(write, 'refunding credits'),
    hidesProofs: 'rf',
  },
  'refund more than was asked for': { refundsAll: true },
  'refund more than is left': { leavingRead: withWholeLots },
  'refund what open holds cover': {
    leavingRead: withoutHolds,
    balanceWrite: write => without(write, 'refunding credits', 'heldNanoUsd'),
  },
  'refund lots as they were': dropping('refunding credits', 'version'),
  'refund although holds changed': dropping('refunding credits', 'heldNanoUsd'),
  'refund although spending changed': dropping('refunding credits', 'consumedNanoUsd'),
  'move out of lots as they were': dropping('moving credits out', 'version'),
  'move out although holds changed': dropping('moving credits out', 'heldNanoUsd'),
  'move out although spending changed': dropping('moving credits out', 'consumedNanoUsd'),
  'forget a move before it has arrived': {
    balanceWrite: write =>
      write.what === 'moving credits out'
        ? { ...write, changes: write.changes.filter(({ field }) => field !== 'movesOut') }
        : write,
  },
  'let a move in without its mark': {
    balanceWrite: write => (write.what === 'moving credits in' ? rename(write, 'movesIn', id => `${id}x`) : write),
  },
  'let a move in to lots as they were': dropping('moving credits in', 'version'),
  'read the source of a move before its target': { readsSourceFirst: true },
  'use the id of a move again': {
    balanceWrite: write =>
      write.what === 'moving credits out'
        ? rename(write, 'movesOut', (_, move) => `mv_${(move as Move)?.toShard}`)
        : write,
  },
  'take one dry shard for an empty account': { requestRead: balance => ({ ...balance, width: 1 }) },
  'use shards that shard 0 does not know of': {
    requestRead: balance => ({ ...balance, width: Math.max(balance.width, balance.spread) }),
    balanceWrite: write =>
      write.what === 'spreading an account'
        ? { ...write, changes: write.changes.filter(({ field }) => field !== 'width') }
        : write,
  },
  'forget a journal row before it is written': { forgetsRowsFirst: true },
  'hold on a key without comparing its limit': {
    limitWrite: write => ({
      ...without(write, 'holding a part of a limit', 'usedNanoUsd'),
      ...(write.once && { conditions: [{ field: 'usedNanoUsd', is: 'present' }] }),
    }),
  },
  'settle a key limit twice': { limitWrite: write => without(write, 'settling a hold on a limit', 'holds') },
};

/** Everybody finds the lots in another order, and leaves them in the right one. */
function reading(inWrongOrder: (lots: readonly Lot[]) => Lot[]): Mutation {
  const read = (balance: Balance) => ({ ...balance, lots: inWrongOrder(balance.lots) });
  return {
    requestRead: read,
    leavingRead: read,
    otherRead: read,
    balanceWrite: write => {
      const lots = lotsIn(write);
      return lots ? withLots(write, inOrder(lots)) : write;
    },
  };
}

/** While lots are dying, their settlements spend from all in another order. */
function paying(inWrongOrder: (lots: readonly Lot[]) => Lot[]): Mutation {
  return {
    balanceWrite: (write, balance) => {
      const key = changedEntry(write, 'holds');
      const amountNanoUsd = balance?.holds.get(key);
      if (write.what !== 'settling a hold' || !lotsIn(write) || !balance || amountNanoUsd === undefined) return write;
      const startSeconds = holdStartSeconds(key);
      const costNanoUsd = sum(
        write.changes.flatMap(change =>
          change.field === 'spentNanoUsd' && 'add' in change ? (change.add as bigint) : [],
        ),
      );
      const isUsable = (lot: Lot) => !lot.dying || lot.expiresAtSeconds > startSeconds;
      const holds = new Map(balance.holds);
      holds.delete(key);
      const { balance: after, expiries } = trimEndedLots({
        ...balance,
        holds,
        openHolds: balance.openHolds - 1,
        version: balance.version + 1,
        heldNanoUsd: balance.heldNanoUsd - amountNanoUsd,
        availableNanoUsd: balance.availableNanoUsd + amountNanoUsd - costNanoUsd,
        spentNanoUsd: balance.spentNanoUsd + costNanoUsd,
        lots: inOrder(spend(inWrongOrder(balance.lots), costNanoUsd, isUsable)),
      });
      const sent = new Map(rowsIn(write).map(row => [row.lotId, row]));
      const rows = expiries.map(loss => ({
        ...toExpiryRow(loss),
        ...(sent.has(loss.lotId) && { id: sent.get(loss.lotId)?.id ?? '' }),
      }));
      return settleFromLots(balance, withRows(after, rows), key);
    },
  };
}

function toExpiryRow({ lotId, amountNanoUsd }: Pick<Loss, 'lotId' | 'amountNanoUsd'>): JournalRow {
  const row = { id: `jr_${lotId}_${amountNanoUsd}`, accountId: '', createdAt: '', lotId };
  return { ...row, kind: 'expiry', amountNanoUsd: `-${amountNanoUsd}` };
}

/** What open holds cover expires with the rest, and the journal says so. */
function expireAllOfEndedLots(write: BalanceWrite): BalanceWrite {
  const lots = write.what === 'expiring credits' ? lotsIn(write) : undefined;
  if (!lots) return write;
  const dying = lots.filter(lot => lot.dying);
  const lostNanoUsd = sum(dying.map(lot => lot.remainingNanoUsd));
  const rows = dying.map(({ id, remainingNanoUsd }) => toExpiryRow({ lotId: id, amountNanoUsd: remainingNanoUsd }));
  const live = withLots(
    write,
    lots.filter(lot => !lot.dying),
  );
  return {
    ...live,
    changes: [
      ...live.changes.filter(({ field }) => field !== 'dyingNanoUsd'),
      { field: 'dyingNanoUsd', set: 0n },
      { field: 'availableNanoUsd', add: -lostNanoUsd },
      { field: 'expiredNanoUsd', add: lostNanoUsd },
      ...rows.map(row => ({ field: 'outbox', entry: row.id, set: JSON.stringify(row) }) as const),
    ],
  };
}

/** Nothing of any lot seems to be gone. */
function withWholeLots(balance: Balance): Balance {
  const lots = balance.lots.map(lot => ({ ...lot, remainingNanoUsd: lot.amountNanoUsd }));
  const moreNanoUsd = sum(lots.map(lot => lot.remainingNanoUsd)) - sum(balance.lots.map(lot => lot.remainingNanoUsd));
  return {
    ...balance,
    lots,
    availableNanoUsd: balance.availableNanoUsd + moreNanoUsd,
    purchasedNanoUsd: balance.purchasedNanoUsd + moreNanoUsd,
  };
}

/** Nothing seems to be set aside. */
function withoutHolds(balance: Balance): Balance {
  if (balance.dyingNanoUsd > 0n) return balance;
  return {
    ...balance,
    holds: new Map(),
    openHolds: 0,
    heldNanoUsd: 0n,
    availableNanoUsd: balance.availableNanoUsd + balance.heldNanoUsd,
  };
}

function lotsIn(write: BalanceWrite): Lot[] | undefined {
  return write.changes.flatMap(change => (change.field === 'lots' && 'set' in change ? [change.set as Lot[]] : []))[0];
}

function withLots(write: BalanceWrite, lots: Lot[]): BalanceWrite {
  const others = write.changes.filter(({ field }) => field !== 'lots' && field !== 'nextExpiryAtSeconds');
  return {
    ...write,
    changes: [...others, { field: 'lots', set: lots }, { field: 'nextExpiryAtSeconds', set: nextExpiry(lots) }],
  };
}

/** @param what of the writes whose conditions on these fields are left out */
function dropping(what: string, ...fields: (keyof Balance)[]): Mutation {
  return { balanceWrite: write => fields.reduce((rest, field) => without(rest, what, field), write) };
}

function without<Fields>(write: Write<Fields>, what: string, field: string): Write<Fields> {
  if (write.what !== what) return write;
  return { ...write, conditions: write.conditions.filter(condition => condition.field !== field) };
}

function withoutMark(write: BalanceWrite, what: string): BalanceWrite {
  if (write.what !== what) return write;
  return { ...without(write, what, 'marks'), changes: write.changes.filter(({ field }) => field !== 'marks') };
}

function rename(
  write: BalanceWrite,
  field: keyof Balance,
  toName: (entry: string, content: unknown) => string,
): BalanceWrite {
  const contentOf = write.changes.flatMap(change => (change.field === field && 'set' in change ? [change.set] : []))[0];
  const renamed = <Place extends { field: string; entry?: string }>(place: Place): Place =>
    place.field === field && place.entry !== undefined ? { ...place, entry: toName(place.entry, contentOf) } : place;
  return { ...write, conditions: write.conditions.map(renamed), changes: write.changes.map(renamed) };
}
