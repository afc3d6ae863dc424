import { isAbandoned } from '../core/balance.ts';
import type { Clock } from '../core/clock.ts';
import { parseHoldKey } from '../core/hold-id.ts';
import { idTimeMs } from '../core/ids.ts';
import type { Balances } from '../store/balances.ts';
import type { Store } from '../store/dynamo.ts';
import type { JournalRow } from '../store/journal.ts';
import { decide, recordLifetimeSeconds, type UsageRecord } from '../store/usage.ts';

export interface SweepParts {
  store: Store;
  balances: Balances;
  now: Clock;
  report(message: string, error: unknown): void;
}

/** What a sweep did, as numbers. */
export interface SweepResult {
  accounts: number;
  expiredLots: number;
  /** Holds of requests that died: nothing is charged. */
  abandonedHolds: number;
  /** Holds whose request was recorded, but not settled. */
  lateSettlements: number;
  /** Accounts that could not be swept this time. */
  failures: number;
}

const accountsPerPage = 100;

/**
 * Ends lots whose time has come, settles holds that their requests left open, and moves journal rows that a crash left.
 * A hold older than its request can be is decided here, unless the request's record has decided it already.
 */
export async function sweep(parts: SweepParts): Promise<SweepResult> {
  const result = { accounts: 0, expiredLots: 0, abandonedHolds: 0, lateSettlements: 0, failures: 0 };
  let after: string | undefined;
  for (;;) {
    const accounts = await parts.balances.listAccounts(after, accountsPerPage);
    for (const accountId of accounts) {
      result.accounts++;
      try {
        await sweepAccount(accountId, parts, result);
      } catch (error) {
        result.failures++;
        parts.report(`sweeping account ${accountId} failed`, error);
      }
    }
    after = accounts.at(-1);
    if (accounts.length < accountsPerPage) return result;
  }
}

async function sweepAccount(accountId: string, parts: SweepParts, result: SweepResult): Promise<void> {
  const { balances, now } = parts;
  result.expiredLots += (await balances.expireLots(accountId, now())).length;
  const balance = await balances.read(accountId);
  if (!balance) return;
  const waiting = [...balance.outbox.values()].map(text => JSON.parse(text) as JournalRow);
  await balances.flushOutbox(accountId, waiting);
  for (const [key, amountNanoUsd] of balance.holds) {
    if (!isAbandoned(key, now())) continue;
    requireReadableRecord(key, now());
    const id = parseHoldKey(key);
    const record = await decide(parts.store, abandonedRecord(accountId, key, amountNanoUsd), now());
    await balances.settle({ accountId, id, amountNanoUsd }, BigInt(record.costNanoUsd), now());
    if (record.outcome === 'abandoned') result.abandonedHolds++;
    else result.lateSettlements++;
  }
}

/** Beyond this age a record might have been deleted, and "no record" would no longer mean "never charged". */
function requireReadableRecord(key: string, nowMs: number): void {
  const ageSeconds = (nowMs - idTimeMs(key)) / 1000;
  if (ageSeconds < recordLifetimeSeconds / 2) return;
  throw new Error(`hold ${key} is ${Math.floor(ageSeconds / 86_400)} days old; decide it by hand, see docs/ledger.md`);
}

function abandonedRecord(accountId: string, key: string, amountNanoUsd: bigint): UsageRecord {
  const { requestId, attempt } = parseHoldKey(key);
  return {
    requestId,
    holdAttempt: attempt,
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
    heldNanoUsd: amountNanoUsd.toString(),
  };
}
