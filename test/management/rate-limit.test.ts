import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestManagement, type TestManagement } from '../support/management.ts';

/** Any minute's beginning. */
const minute = Math.ceil(Date.now() / 60_000) * 60_000;

let api: TestManagement;
before(async () => {
  api = await startTestManagement({ rateLimit: 120 });
  api.clock.stoppedAtMs = minute;
});
after(() => api.close());

test('the 121st request of a minute answers 429 and says when to come back; other accounts go on', async () => {
  const other = await api.newAccount();
  const statuses: number[] = [];
  for (let count = 0; count < 120; count++) statuses.push((await api.call('GET', '/credits/balance')).status);
  assert.deepEqual(new Set(statuses), new Set([200]));
  const refused = await api.call('GET', '/ai_gateway_api_keys');
  assert.deepEqual([refused.status, refused.body.error_code], [429, 'ERR_NGROK_226']);
  const seconds = Number(refused.headers.get('retry-after'));
  assert.ok(seconds >= 1 && seconds <= 60);
  assert.equal((await api.call('GET', '/credits/balance', { token: other.token })).status, 200);
  api.clock.stoppedAtMs = minute + 120_000;
  assert.equal((await api.call('GET', '/credits/balance')).status, 200);
});

test('the window rolls: half a minute later, half of the minute before still counts', async () => {
  const ask = async (count: number) => {
    let admitted = 0;
    for (let asked = 0; asked < count; asked++) {
      if ((await api.call('GET', '/credits/balance')).status === 200) admitted++;
    }
    return admitted;
  };
  api.clock.stoppedAtMs = minute + 10 * 60_000;
  assert.equal(await ask(100), 100);
  api.clock.stoppedAtMs += 90_000;
  assert.equal(await ask(75), 70);
});
