import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutations } from './mutations.ts';
import { runSchedule } from './run-schedule.ts';

const schedules = 10_000;
const parts = 5;

for (let part = 0; part < parts; part++) {
  test(`in 10,000 random histories no rule of the ledger breaks: part ${part + 1} of ${parts}`, async () => {
    for (let seed = part + 1; seed <= schedules; seed += parts) {
      const { violation } = await runSchedule(seed);
      assert.equal(violation, undefined, `npm run simulate -- --schedules 1 --seed ${seed} --trace`);
    }
  });
}

test('the same seed gives the same history', async () => {
  const tell = async () => {
    const lines: string[] = [];
    await runSchedule(7, undefined, line => lines.push(line));
    return lines;
  };
  const lines = await tell();
  assert.ok(lines.length > 5);
  assert.deepEqual(await tell(), lines);
});

for (const [name, mutation] of Object.entries(mutations)) {
  test(`the simulator notices when the ledger would ${name}`, async () => {
    for (let seed = 1; seed <= schedules; seed++) {
      if ((await runSchedule(seed, mutation)).violation !== undefined) return;
    }
    assert.fail(`not noticed in ${schedules} histories`);
  });
}
