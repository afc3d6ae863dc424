import { parseArgs } from 'node:util';
import { mutations } from './mutations.ts';
import { runSchedule } from './run-schedule.ts';

/** `npm run simulate -- --schedules 1000000 [--seed N]`, `npm run simulate -- --mutations [--schedules N]`. */
const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    mutations: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
});
const schedules = Number(values.schedules);
const firstSeed = Number(values.seed);
if (!Number.isSafeInteger(schedules) || !Number.isSafeInteger(firstSeed)) {
  console.error('--schedules and --seed take whole numbers');
  process.exit(1);
}
if (values.mutations) await runMutations();
else await runAll();

async function runAll(): Promise<void> {
  const startMs = performance.now();
  let calls = 0;
  for (let index = 0; index < schedules; index++) {
    const seed = firstSeed + index;
    const outcome = await runSchedule(seed, undefined, values.trace ? console.log : undefined);
    calls += outcome.calls;
    if (outcome.violation !== undefined) {
      console.error(`seed ${seed}: ${outcome.violation}`);
      console.error(`replay: npm run simulate -- --schedules 1 --seed ${seed} --trace`);
      process.exit(1);
    }
    if ((index + 1) % 100_000 === 0) console.log(`${index + 1} schedules`);
  }
  const seconds = Math.round((performance.now() - startMs) / 1000);
  console.log(`${schedules} schedules, ${calls} store calls, no rule broken (${seconds} s)`);
}

/** Each mistake is planted in turn, and counted in how many schedules a rule breaks. */
async function runMutations(): Promise<void> {
  for (const [name, mutation] of Object.entries(mutations)) {
    let caught = 0;
    let first = '';
    for (let index = 0; index < schedules; index++) {
      const { violation } = await runSchedule(firstSeed + index, mutation);
      if (violation === undefined) continue;
      if (caught === 0) first = `seed ${firstSeed + index}: ${violation.split('\n')[0]}`;
      caught++;
    }
    const each = Math.round((caught / schedules) * 10_000);
    console.log(`${String(each).padStart(5)} of 10,000  ${name}${caught > 0 ? `  (${first})` : ''}`);
    if (caught === 0) process.exitCode = 1;
  }
}
