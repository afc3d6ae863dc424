import { strict as assert } from 'node:assert';
import { type Balance, brokenRules } from '../core/balance.ts';
import { type Condition, difference, type Write } from './write.ts';

/**
 * Every transition of a balance as exactly one conditional write, and nothing else writes balances. The conditions are
 * what makes a transition that was computed elsewhere, and some time ago, still true when it is written.
 */
export type BalanceWrite = Write<Balance>;

type BalanceCondition = Condition<Balance>;

/** Spending and requests go on while lots change: sums are written as differences, what only lot events change as it is. */
const fields = {
  sums: [
    'availableNanoUsd',
    'heldNanoUsd',
    'spentNanoUsd',
    'expiredNanoUsd',
    'refundedNanoUsd',
    'purchasedNanoUsd',
    'consumedNanoUsd',
    'openHolds',
  ],
  values: ['dyingNanoUsd', 'nextExpiryAtSeconds', 'version', 'lots'],
  maps: ['holds', 'movesOut', 'movesIn', 'marks', 'outbox'],
} as const;

/** Makes an item that is not there. */
export function openBalance(balance: Balance): BalanceWrite {
  const changes = Object.entries(balance).map(([field, set]) => ({ field: field as keyof Balance, set }));
  return { what: 'opening a balance', conditions: [{ field: 'version', is: 'absent' }], changes };
}

/** Sent once: a hold that comes twice would set money aside for nobody. */
export function hold(key: string, amountNanoUsd: bigint, nowSeconds: number): BalanceWrite {
  assert(amountNanoUsd > 0n, 'a hold sets money aside');
  const balanceCovers: BalanceCondition[] = [
    { field: 'availableNanoUsd', is: 'atLeast', value: amountNanoUsd },
    { field: 'nextExpiryAtSeconds', is: 'above', value: nowSeconds },
    { field: 'holds', entry: key, is: 'absent' },
  ];
  return {
    what: 'holding credits',
    conditions: balanceCovers,
    changes: [
      { field: 'availableNanoUsd', add: -amountNanoUsd },
      { field: 'heldNanoUsd', add: amountNanoUsd },
      { field: 'holds', entry: key, set: amountNanoUsd },
      { field: 'openHolds', add: 1 },
    ],
    returns: ['spread'],
    once: true,
  };
}

/** Settles while no lot is dying, without having read anything. */
export function settle(key: string, amountNanoUsd: bigint, costNanoUsd: bigint): BalanceWrite {
  assert(costNanoUsd >= 0n && costNanoUsd <= amountNanoUsd, 'a hold bounds what its request may cost');
  return {
    what: 'settling a hold',
    conditions: [holdIsOpen(key, amountNanoUsd), { field: 'dyingNanoUsd', is: 'equal', value: 0n }],
    changes: [
      { field: 'heldNanoUsd', add: -amountNanoUsd },
      { field: 'availableNanoUsd', add: amountNanoUsd - costNanoUsd },
      { field: 'spentNanoUsd', add: costNanoUsd },
      { field: 'consumedNanoUsd', add: costNanoUsd },
      { field: 'holds', entry: key, remove: true },
      { field: 'openHolds', add: -1 },
    ],
  };
}

/** Settles while lots are dying: which lot pays, and what of the ended ones expires, was computed from `before`. */
export function settleFromLots(before: Balance, after: Balance, key: string): BalanceWrite {
  const amountNanoUsd = before.holds.get(key);
  assert(amountNanoUsd !== undefined, 'only an open hold is settled');
  return lotEvent('settling a hold', before, after, [holdIsOpen(key, amountNanoUsd)]);
}

/** No hold may begin or end unseen, or an ended lot would keep too much or lose what a hold needs. */
export function expire(before: Balance, after: Balance): BalanceWrite {
  return lotEvent('expiring credits', before, after, holdsAndSpendingAsRead(before));
}

export function addLot(before: Balance, after: Balance, lotId: string): BalanceWrite {
  return lotEvent('adding credits', before, after, [{ field: 'marks', entry: lotId, is: 'absent' }]);
}

/** No hold may begin unseen, or the refund could take what it covers. */
export function refund(before: Balance, after: Balance, refundId: string): BalanceWrite {
  const isNew: BalanceCondition = { field: 'marks', entry: refundId, is: 'absent' };
  return lotEvent('refunding credits', before, after, [...holdsAndSpendingAsRead(before), isNew]);
}

export function moveOut(before: Balance, after: Balance, moveId: string): BalanceWrite {
  const isNew: BalanceCondition = { field: 'movesOut', entry: moveId, is: 'absent' };
  return lotEvent('moving credits out', before, after, [...holdsAndSpendingAsRead(before), isNew]);
}

export function moveIn(before: Balance, after: Balance, moveId: string): BalanceWrite {
  return lotEvent('moving credits in', before, after, [{ field: 'movesIn', entry: moveId, is: 'absent' }]);
}

/** Only after the move is in. */
export function forgetMoveOut(moveId: string): BalanceWrite {
  return forget('movesOut', moveId);
}

/** Only after the move out is forgotten. */
export function forgetMoveIn(moveId: string): BalanceWrite {
  return forget('movesIn', moveId);
}

/** Only after the journal has the row. @param markId the lot or refund that the row is the proof of */
export function forgetRow(rowId: string, markId: string | undefined): BalanceWrite {
  const { conditions, changes } = forget('outbox', rowId);
  if (markId !== undefined) changes.push({ field: 'marks', entry: markId, remove: true });
  return { what: 'clearing the outbox', conditions, changes };
}

/** Says on shard 0 how many shards requests choose from, and that shards up to `width` may exist from now on. */
export function spreadFirst(before: Balance, spread: number, width: number): BalanceWrite {
  return {
    what: 'spreading an account',
    conditions: [
      { field: 'spread', is: 'equal', value: before.spread },
      { field: 'width', is: 'equal', value: before.width },
    ],
    changes: [
      { field: 'spread', set: spread },
      { field: 'width', set: width },
    ],
  };
}

/** Says on another shard, if it exists, what shard 0 says. */
export function spreadOther(spread: number): BalanceWrite {
  return {
    what: 'spreading an account',
    conditions: [{ field: 'version', is: 'present' }],
    changes: [{ field: 'spread', set: spread }],
  };
}

/** @throws AssertionError when the state to be written breaks a rule: better no write than a wrong one */
function lotEvent(what: string, before: Balance, after: Balance, conditions: BalanceCondition[]): BalanceWrite {
  const broken = brokenRules(after);
  assert(broken.length === 0, `${what} would break a rule: ${broken.join('; ')}`);
  const lotsAsRead: BalanceCondition = { field: 'version', is: 'equal', value: before.version };
  const changes = difference(before, after, fields);
  return { what, conditions: [lotsAsRead, ...conditions], changes, returns: ['availableNanoUsd', 'spread'] };
}

function forget(field: 'movesOut' | 'movesIn' | 'outbox', entry: string): BalanceWrite {
  return {
    what: 'forgetting a move',
    conditions: [{ field, entry, is: 'present' }],
    changes: [{ field, entry, remove: true }],
  };
}

function holdIsOpen(key: string, amountNanoUsd: bigint): BalanceCondition {
  return { field: 'holds', entry: key, is: 'equal', value: amountNanoUsd };
}

function holdsAndSpendingAsRead({ heldNanoUsd, consumedNanoUsd }: Balance): BalanceCondition[] {
  return [
    { field: 'heldNanoUsd', is: 'equal', value: heldNanoUsd },
    { field: 'consumedNanoUsd', is: 'equal', value: consumedNanoUsd },
  ];
}
