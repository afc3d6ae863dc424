import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  LimitExceededException,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Management } from '../../functions/management/route.ts';
import { routes } from '../../functions/secrets/routes.ts';
import { leaseMs } from '../../functions/store/vault-directory.ts';
import { callWith } from '../support/management-backend.ts';
import { prefix, type SecretsApi, startSecretsApi, valueMark } from './start-secrets-api.ts';

let api: SecretsApi;

before(async () => {
  api = await startSecretsApi();
});

after(async () => {
  for (const text of [...api.texts, ...api.reports]) assert.ok(!text.includes(valueMark), text);
  await api.close();
});

/** An account with a secret, and a caller of a function whose Secrets Manager does something else. */
async function openFaulty(fail: (command: object) => Promise<unknown> | undefined, own: Partial<Management> = {}) {
  const { accountId, token, call } = await api.open();
  await call('POST', '/vaults', { name: 'v' });
  const secret = await call('POST', '/secrets', { name: 'a', value: `${valueMark}a`, vault_name: 'v' });
  const send = (command: object) => fail(command) ?? api.secrets.send(command as never);
  const client = { send } as unknown as SecretsManagerClient;
  const server = await api.serve(routes, { accountSecrets: { client, prefix }, ...own });
  const faulty = callWith(server.url, token);
  return { accountId, path: `/secrets/${secret.body.id}`, call, faulty, close: server.close };
}

const newSecret = { name: 'b', value: `${valueMark}b`, vault_name: 'v' };

for (const [what, Command] of [
  ['cannot be read', GetSecretValueCommand],
  ['cannot be written', PutSecretValueCommand],
] as const) {
  test(`while Secrets Manager ${what}, changes answer 503 and nothing is changed`, async () => {
    const opened = await openFaulty(command =>
      command instanceof Command ? Promise.reject(new Error('the connection was cut')) : undefined,
    );
    const { accountId, path, call, faulty } = opened;
    for (const [method, target, body] of [
      ['POST', '/secrets', newSecret],
      ['PATCH', path, { value: `${valueMark}rotated` }],
      ['DELETE', path, undefined],
    ] as const) {
      const answer = await faulty(method, target, body);
      assert.deepEqual([answer.status, answer.body.error_code], [503, 'service_unavailable'], method);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      api.clock.offsetMs += leaseMs + 1;
    }
    assert.equal((await faulty('GET', path)).status, 200);
    assert.equal((await call('PATCH', path, { description: 'repaired' })).status, 200);
    assert.equal(await api.gateway.get(accountId, 'v', 'a'), `${valueMark}a`);
    assert.equal(await api.gateway.get(accountId, 'v', 'b'), undefined);
    assert.equal((await call('DELETE', path)).status, 204);
    await api.checkWhole(accountId);
    await opened.close();
  });
}

test('too many changes for Secrets Manager are told as that', async () => {
  const error = new LimitExceededException({ message: 'too many versions', $metadata: { attempts: 1 } });
  const { faulty, close } = await openFaulty(command =>
    command instanceof PutSecretValueCommand ? Promise.reject(error) : undefined,
  );
  const answer = await faulty('POST', '/secrets', newSecret);
  assert.deepEqual([answer.status, answer.body.error_code], [429, 'ERR_NGROK_226']);
  assert.match(String(answer.body.msg), /about 100 changes in 24 hours/);
  assert.equal(answer.headers.get('retry-after'), '3600');
  await close();
});

test('who waits too long for the changes of others is told to come again', async () => {
  const zeros = (length: number) => new Uint8Array(length); // the shortest waits
  const { accountId, faulty, call, close } = await openFaulty(() => undefined, { randomBytes: zeros });
  const untilMs = api.management.now() + leaseMs;
  const Item = {
    pk: { S: `ACCOUNT#${accountId}` },
    sk: { S: 'VAULTS' },
    holder: { S: 'somebody' },
    untilMs: { N: String(untilMs) },
  };
  await api.store.dynamo.send(new PutItemCommand({ TableName: api.store.tables.endpoints, Item }));
  const answer = await faulty('POST', '/vaults', { name: 'w' });
  assert.deepEqual([answer.status, answer.body.error_code], [503, 'service_unavailable']);
  assert.match(String(answer.body.msg), /Other changes/);
  assert.equal(answer.headers.get('retry-after'), '5');
  api.clock.offsetMs += leaseMs + 1;
  assert.equal((await call('POST', '/vaults', { name: 'w' })).status, 201);
  await close();
});
