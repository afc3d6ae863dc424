import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runUsageCounts } from '../outside/usage-counts.ts';

test('20,000 requests through four gateways: all counts agree, and counting costs under 1 % of the writes', async () => {
  const { progress, seconds } = await runUsageCounts({ requests: 20_000, processes: 4, rollupSeconds: 60 });
  const share = progress.writes / progress.records;
  console.log({ ...progress, seconds, share });
  assert.equal(progress.records, 20_000);
  assert.ok(share < 0.01, `${progress.writes} writes for ${progress.records} requests`);
});
