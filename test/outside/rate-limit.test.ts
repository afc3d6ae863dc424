import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type ClaimStack, startClaimStack } from './claims/claim-stack.ts';
import { run } from './start-stack.ts';

let stack: ClaimStack;
/** Gateways on one store: the stack's own, and two processes beside it. */
const urls: string[] = [];
const others: Awaited<ReturnType<typeof run>>[] = [];

before(async () => {
  stack = await startClaimStack();
  urls.push(stack.gatewayUrl);
  for (let count = 0; count < 2; count++) {
    const other = await run({
      TOLLGATE_ROLE: 'gateway',
      TOLLGATE_CONFIG_CACHE_MS: '0',
      AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbUrl,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManagerUrl,
    });
    others.push(other);
    urls.push(/http:\S+/.exec(other.stdout)?.[0] ?? assert.fail(other.stderr));
  }
});

after(async () => {
  for (const { child } of others) child.kill('SIGTERM');
  await stack.close();
});

function policy(config: object): string {
  const limit = { name: 'all', capacity: 100, rate: '60s', bucket_key: ["'everyone'"], ...config };
  return JSON.stringify({
    on_http_request: [
      {
        actions: [
          { type: 'rate-limit', config: limit },
          { type: 'custom-response', config: { body: 'through' } },
        ],
      },
    ],
  });
}

const call = (url: string) => fetch(`${url}/v1/anything`, { headers: { authorization: `Bearer ${stack.gatewayKey}` } });

test('of 500 requests at once to three gateways exactly the 100 that a rate limit allows get through', async () => {
  assert.equal((await stack.setPolicy(policy({}))).status, 200);
  const answers = await Promise.all(
    Array.from({ length: 500 }, (_, index) => call(urls[index % urls.length] as string)),
  );
  const count = (status: number) => answers.filter(answer => answer.status === status).length;
  assert.deepEqual([count(200), count(429)], [100, 400]);
  for (const answer of answers) {
    if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  }
});
