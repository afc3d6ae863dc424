import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../functions/store/dynamo.ts';
import { decide } from '../../functions/store/usage.ts';
import { startDashboard } from '../browser/browser.ts';
import { usageRecord } from '../support/usage-records.ts';

const records = 100_000;
const writersAtOnce = 32;

test('the first view is there within a second when 100,000 requests were made', async () => {
  const dashboard = await startDashboard();
  const { stack } = dashboard;
  try {
    await writeRecords(stack);
    const counted = async () => {
      const { totals } = (await (await stack.manage('GET', '/usage/overview')).json()) as {
        totals: { requests: number };
      };
      return totals.requests;
    };
    while ((await counted()) < records) await new Promise(resume => setTimeout(resume, 1_000));

    for (const [path, sight] of [
      ['', '100,000'],
      ['/requests', 'gpt-4o-mini'],
    ] as const) {
      const page = await dashboard.open(path);
      await page.getByText(sight).first().waitFor();
      const startedMs = performance.now();
      await page.reload();
      await page.getByText(sight).first().waitFor();
      const ms = Math.round(performance.now() - startedMs);
      console.log(`/dashboard${path}: ${ms} ms`);
      assert.ok(ms < 1_000, `/dashboard${path} took ${ms} ms`);
      await page.context().close();
    }
  } finally {
    await dashboard.close();
  }
});

/** As gateways write them, all within the last minutes. */
async function writeRecords({
  dynamodbUrl,
  accountId,
  endpointId,
}: Awaited<ReturnType<typeof startDashboard>>['stack']) {
  const tables = {
    keys: 'TollgateKeys',
    endpoints: 'TollgateEndpoints',
    credits: 'TollgateCredits',
    usage: 'TollgateUsage',
  };
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const store = openStore(tables, { endpoint: dynamodbUrl, region: 'us-east-1', credentials }, 60_000);
  let left = records;
  const write = async () => {
    while (left-- > 0) await decide(store, usageRecord(Date.now() - 400, { accountId, endpointId }), Date.now());
  };
  await Promise.all(Array.from({ length: writersAtOnce }, write));
}
