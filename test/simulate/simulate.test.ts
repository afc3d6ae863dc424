import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { mutations } from './mutations.ts';
import { runSchedule } from './run-schedule.ts';
import { Schedules } from './schedules.ts';

const seedsMax = 10_000;
const parts = 5;
const schedules = new Schedules();

after(() => schedules.close());

for (let part = 0; part < parts; part++) {
  const firstSeed = (part * seedsMax) / parts + 1;
  const lastSeed = ((part + 1) * seedsMax) / parts;
  test(`in 10,000 random histories no rule of the ledger breaks: ${firstSeed} to ${lastSeed}`, async () => {
    const broken = await schedules.firstBroken({ firstSeed, lastSeed });
    assert.equal(
      broken?.violation,
      undefined,
      `${broken?.violation}; npm run simulate -- --schedules 1 --seed ${broken?.seed} --trace`,
    );
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

for (const mutation of Object.keys(mutations)) {
  test(`the simulator notices when the ledger would ${mutation}`, async () => {
    const broken = await schedules.firstBroken({ mutation, firstSeed: 1, lastSeed: seedsMax });
    assert.ok(broken, `not noticed in ${seedsMax} histories`);
  });
}
