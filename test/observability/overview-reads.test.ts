import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ManagementRequest } from '../../functions/management/route.ts';
import { usageOverviewRoutes } from '../../functions/observability/usage-overview.ts';
import { SlotTallies } from '../../functions/rollup/tally-record.ts';
import { foldInto } from '../../functions/store/aggregates.ts';
import { countingStore } from '../support/counting-store.ts';
import { startTestStore } from '../support/store.ts';
import { usageRecord } from '../support/usage-records.ts';

const days = 30;
const recordsADay = 1_042;
/** Each day is folded into itself so often: 2^5 times as many requests. */
const doublings = 5;
const endMs = Date.UTC(2026, 10, 25);

let base: Awaited<ReturnType<typeof startTestStore>>;
before(async () => {
  base = await startTestStore();
  for (let day = 1; day <= days; day++) {
    const tallies = new SlotTallies();
    for (let index = 0; index < recordsADay; index++) {
      const fields = {
        provider: `provider-${index % 12}`,
        model: `a-model-with-quite-a-long-name-${index % 60}`,
        gatewayKeyId: `aigk_0aZ3kX9Qm2LbT${index % 150}`,
        endpointId: `ep_0aZ3kX9Qm2LbT${index % 40}`,
        costNanoUsd: '123456',
      };
      tallies.add(usageRecord(endMs - day * 86_400_000 + index, fields));
    }
    for (const [row, ofDay] of tallies.days) {
      for (const [start, aggregate] of ofDay) {
        for (let time = 0; time < doublings; time++) aggregate.merge(aggregate);
        await foldInto(base.store, { row, start }, aggregate, { from: 0, until: 60 });
      }
    }
  }
});

test('an overview of thirty days with 1,000,000 requests takes under 20 reads, whatever it is grouped by', async () => {
  const requests = days * recordsADay * 2 ** doublings;
  assert.ok(requests > 1_000_000);
  for (const groupBy of [undefined, 'provider', 'model', 'accessKey', 'endpoint']) {
    const { store, reads } = countingStore(base.store);
    const [route] = usageOverviewRoutes;
    const request = { query: { groupBy }, caller: { accountId: 'ac_1' }, origin: 'https://host' };
    const answer = await route?.handle(
      request as unknown as ManagementRequest<unknown, unknown>,
      {
        store,
        now: () => endMs,
      } as never,
    );
    assert.ok(answer);
    const { totals, groups } = answer.body as { totals: Record<string, unknown>; groups: { requests: number }[] };
    assert.equal(totals.requests, requests);
    assert.equal(totals.cost_nano_usd, String(requests * 123_456));
    assert.equal(
      groups.reduce((sum, group) => sum + group.requests, 0),
      requests,
    );
    assert.ok(reads() < 20, `${reads()} reads`);
    if (groupBy === undefined) console.log(`${reads()} reads for ${requests} requests`);
  }
});
