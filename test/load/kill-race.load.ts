import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runKillRace } from '../outside/kill-race.ts';

test('1,000 clients at once on a balance for 100, with the stack killed three times: the books are right', async () => {
  const result = await runKillRace({
    clients: 1_000,
    affordable: 100,
    killsAt: [20, 45, 70],
    // After 16 minutes the stack's own sweep gives back what dead requests had set aside.
    sweep: async (stack, restart) => {
      await stack.kill('SIGKILL');
      return restart({ TOLLGATE_CLOCK_OFFSET: '17m' });
    },
  });
  console.log(result);
  assert.equal(result.kills, 3);
  assert.ok(result.died > 0 && result.abandoned > 0, 'some requests died with money set aside');
  assert.ok(result.answered > 0 && result.refused > 0);
});
