import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runUsageCounts } from './usage-counts.ts';

test('400 requests through two gateways: overview, metrics, list, ledger and balance agree', async () => {
  const { progress } = await runUsageCounts({ requests: 400, processes: 2, rollupSeconds: 1 });
  assert.equal(progress.records, 400);
});
