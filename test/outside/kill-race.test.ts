import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { sweep } from '../../functions/expiry/sweep.ts';
import { openSweepCursor } from '../../functions/expiry/sweep-cursor.ts';
import { Balances } from '../../functions/store/balances.ts';
import { openStore } from '../../functions/store/dynamo.ts';
import { KeyLimits } from '../../functions/store/key-limits.ts';
import { decide } from '../../functions/store/usage.ts';
import { runKillRace } from './kill-race.ts';
import type { Stack } from './start-stack.ts';

/** The names that the local stack gives its tables. */
const tables = {
  keys: 'TollgateKeys',
  endpoints: 'TollgateEndpoints',
  credits: 'TollgateCredits',
  usage: 'TollgateUsage',
};

/** What the stack's timer does, with a clock that is 17 minutes ahead. */
async function sweepLater(stack: Stack): Promise<Stack> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const store = openStore(tables, { endpoint: stack.dynamodbUrl, region: 'us-east-1', credentials });
  const nowMs = Date.now() + 17 * 60_000;
  const result = await sweep({
    balances: new Balances(store, randomBytes),
    keyLimits: new KeyLimits(store),
    decide: record => decide(store, record, nowMs),
    cursor: openSweepCursor(store),
    now: () => nowMs,
    stopAtMs: Number.POSITIVE_INFINITY,
    report: (message, error) => assert.fail(`${message}: ${error}`),
  });
  assert.equal(result.failures, 0);
  return stack;
}

test('100 clients at once on a balance for 20, with the stack killed: the books are right', async () => {
  const result = await runKillRace({ clients: 100, affordable: 20, killsAt: [10], sweep: sweepLater });
  assert.equal(result.kills, 1);
  assert.ok(result.died > 0 && result.answered > 0);
});
