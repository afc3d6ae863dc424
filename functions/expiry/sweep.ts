import { type Balance, isAbandoned } from '../core/balance.ts';
import type { Clock } from '../core/clock.ts';
import { parseHoldKey } from '../core/hold-id.ts';
import { idTimeMs } from '../core/ids.ts';
import type { Balances, Hold } from '../store/balances.ts';
import type { KeyLimits } from '../store/key-limits.ts';
import type { LimitPlace } from '../store/limit-table.ts';
import { chargeFor, isPaidBy, limitChargeFor, recordLifetimeSeconds, type UsageRecord } from '../store/usage.ts';
import type { SweepCursor } from './sweep-cursor.ts';

export interface SweepParts {
  balances: Balances;
  keyLimits: KeyLimits;
  /** Writes the record that decides a request, unless there is one, and returns the one that stands. */
  decide(record: UsageRecord, nowMs: number): Promise<UsageRecord>;
  cursor: SweepCursor;
  /** Sees every balance that was swept. What it fails in is reported, and money is swept all the same. */
  alerts?: { check(accountId: string, shards: readonly (Balance | undefined)[]): Promise<void> };
  now: Clock;
  /** No page of accounts is begun after this moment; the next sweep goes on from there. */
  stopAtMs: number;
  report(message: string, error: unknown): void;
}

/** What a sweep did, as numbers. */
export interface SweepResult {
  accounts: number;
  limits: number;
  expiredLots: number;
  /** Journal rows that a crash had left in a balance. */
  journalRows: number;
  /** Moves between shards that a crash had left open. */
  moves: number;
  /** Holds of requests that died: nothing is charged. */
  abandonedHolds: number;
  /** Holds whose request was recorded, but not settled. */
  lateSettlements: number;
  /** Holds whose outcome their request never learned, so that it took another. */
  strayHolds: number;
  /** Holds on limits of gateway keys that were ended. */
  limitHolds: number;
  /** Accounts, limits and holds that could not be swept this time. */
  failures: number;
  /** False when time ran out; the next sweep goes on. */
  finished: boolean;
}

const pageSize = 100;
const atOnce = 8;

/**
 * Ends lots whose time has come, settles holds that their requests left open, finishes moves between shards, and writes
 * journal rows that a crash left. A hold older than its request can be is decided here, unless the request's record has
 * decided it already. Safe to run twice, and at once; begins where the last sweep stopped.
 */
export async function sweep(parts: SweepParts): Promise<SweepResult> {
  const result: SweepResult = {
    accounts: 0,
    limits: 0,
    expiredLots: 0,
    journalRows: 0,
    moves: 0,
    abandonedHolds: 0,
    lateSettlements: 0,
    strayHolds: 0,
    limitHolds: 0,
    failures: 0,
    finished: false,
  };
  const start = await parts.cursor.read();
  result.finished =
    (start?.place !== undefined || (await sweepAccounts(start?.accountId, parts, result))) &&
    (await sweepLimits(start?.place, parts, result));
  if (result.finished) await parts.cursor.write(undefined);
  return result;
}

/** @returns false when time ran out before the last one */
async function sweepAccounts(after: string | undefined, parts: SweepParts, result: SweepResult): Promise<boolean> {
  const accountIds = await parts.balances.listAccounts(after, pageSize);
  await each(accountIds, parts, result, async accountId => {
    result.accounts++;
    await sweepAccount(accountId, parts, result);
  });
  if (accountIds.length < pageSize) return true;
  const last = accountIds.at(-1);
  await parts.cursor.write({ accountId: last });
  return parts.now() < parts.stopAtMs && sweepAccounts(last, parts, result);
}

async function sweepLimits(after: LimitPlace | undefined, parts: SweepParts, result: SweepResult): Promise<boolean> {
  const places = await parts.keyLimits.list(after, pageSize);
  await each(places, parts, result, async place => {
    result.limits++;
    await sweepLimit(place, parts, result);
  });
  if (places.length < pageSize) return true;
  const last = places.at(-1);
  await parts.cursor.write({ place: last });
  return parts.now() < parts.stopAtMs && sweepLimits(last, parts, result);
}

/** A few at once. What cannot be swept is reported, and the others go on. */
async function each<Item>(
  items: readonly Item[],
  parts: SweepParts,
  result: SweepResult,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      const next = item;
      await guarded(JSON.stringify(next), parts, result, () => task(next));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function guarded(what: string, parts: SweepParts, result: SweepResult, task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    result.failures++;
    parts.report(`sweeping ${what} failed`, error);
  }
}

async function sweepAccount(accountId: string, parts: SweepParts, result: SweepResult): Promise<void> {
  const { balances, now } = parts;
  const { expiredLots, journalRows, moves, shards } = await balances.tend(accountId, now());
  result.expiredLots += expiredLots;
  result.journalRows += journalRows;
  result.moves += moves;
  const { alerts } = parts;
  if (alerts) await guarded(`alerts of ${accountId}`, parts, result, () => alerts.check(accountId, shards));
  for (const [shard, balance] of shards.entries()) {
    for (const [key, amountNanoUsd] of balance?.holds ?? []) {
      if (!isAbandoned(key, now())) continue;
      const hold = { accountId, id: { ...parseHoldKey(key), shard }, amountNanoUsd };
      await guarded(`hold ${key} of ${accountId}`, parts, result, () => sweepHold(hold, parts, result));
    }
  }
}

async function sweepHold(hold: Hold, parts: SweepParts, result: SweepResult): Promise<void> {
  const { accountId, id, amountNanoUsd } = hold;
  const nowMs = parts.now();
  requireReadableRecord(id.requestId, nowMs);
  const held = { holdAttempt: id.attempt, holdShard: id.shard, heldNanoUsd: amountNanoUsd.toString() };
  const record = await parts.decide({ ...abandonedRecord(accountId, id.requestId), ...held }, nowMs);
  await parts.balances.settle(hold, chargeFor(record, id), nowMs);
  if (record.outcome === 'abandoned') result.abandonedHolds++;
  else if (isPaidBy(record, id)) result.lateSettlements++;
  else result.strayHolds++;
}

async function sweepLimit(place: LimitPlace, parts: SweepParts, result: SweepResult): Promise<void> {
  const { keyLimits, now } = parts;
  const use = await keyLimits.readPlace(place);
  for (const [key, amountNanoUsd] of use?.holds ?? []) {
    if (!isAbandoned(key, now())) continue;
    await guarded(`hold ${key} on the limit of ${place.keyId}`, parts, result, async () => {
      const id = { ...parseHoldKey(key), shard: 0 };
      requireReadableRecord(id.requestId, now());
      const record = await parts.decide(abandonedRecord(place.accountId, id.requestId), now());
      await keyLimits.settle({ place, id, amountNanoUsd }, limitChargeFor(record, place.keyId, id));
      result.limitHolds++;
    });
  }
  await keyLimits.forgetIfOver(place, use, now());
}

/** Beyond this age a record might have been deleted, and "no record" would no longer mean "never charged". */
function requireReadableRecord(requestId: string, nowMs: number): void {
  const ageSeconds = (nowMs - idTimeMs(requestId)) / 1000;
  if (ageSeconds < recordLifetimeSeconds / 2) return;
  throw new Error(`${requestId} is ${Math.floor(ageSeconds / 86_400)} days old; decide it by hand, see docs/ledger.md`);
}

function abandonedRecord(accountId: string, requestId: string): UsageRecord {
  return {
    requestId,
    holdAttempt: 0,
    accountId,
    endpointId: '',
    createdAt: new Date(idTimeMs(requestId)).toISOString(),
    surface: '',
    streaming: false,
    outcome: 'abandoned',
    status: 0,
    attempts: [],
    costNanoUsd: '0',
    upstreamCostNanoUsd: '0',
    feeNanoUsd: '0',
  };
}
