import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { routes } from '../../functions/secrets/routes.ts';
import { callWith, type TestAnswer } from '../support/management-backend.ts';
import { prefix, type SecretsApi, startSecretsApi, valueMark } from './start-secrets-api.ts';

let api: SecretsApi;
let second: { url: string; close(): Promise<void> };

before(async () => {
  api = await startSecretsApi();
  second = await api.serve(routes, { accountSecrets: { client: api.secrets, prefix } });
});

after(async () => {
  await second.close();
  await api.close();
});

/** An account and two instances of the function to call with its key. */
async function open() {
  const { accountId, token } = await api.newAccount();
  const instances = [callWith(api.url, token), callWith(second.url, token)] as const;
  return { accountId, at: (index: number) => instances[index % 2] as (typeof instances)[0] };
}

const statusesOf = (answers: TestAnswer[]) => answers.map(({ status }) => status);

test('of 50 secrets written at once through two instances, none is lost', async () => {
  const { accountId, at } = await open();
  await at(0)('POST', '/vaults', { name: 'v' });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      at(index)('POST', '/secrets', { name: `s${index}`, value: `${valueMark}${index}`, vault_name: 'v' }),
    ),
  );
  assert.deepEqual(new Set(statusesOf(answers)), new Set([201]));
  for (let index = 0; index < 50; index++) {
    assert.equal(await api.gateway.get(accountId, 'v', `s${index}`), `${valueMark}${index}`);
  }
  await api.checkWhole(accountId);

  const ids = answers.map(({ body }) => body.id);
  const rest = await Promise.all(
    ids.map((id, index) =>
      index % 2 === 0
        ? at(index / 2)('DELETE', `/secrets/${id}`)
        : at((index - 1) / 2)('PATCH', `/secrets/${id}`, { value: `${valueMark}rotated` }),
    ),
  );
  assert.deepEqual(new Set(statusesOf(rest)), new Set([200, 204]));
  for (let index = 0; index < 50; index++) {
    const value = index % 2 === 0 ? undefined : `${valueMark}rotated`;
    assert.equal(await api.gateway.get(accountId, 'v', `s${index}`), value);
  }
  await api.checkWhole(accountId);
});

test('of many vaults of one name made at once, one is made', async () => {
  const { at } = await open();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => at(index)('POST', '/vaults', { name: 'v' })),
  );
  assert.equal(statusesOf(answers).filter(status => status === 201).length, 1);
  assert.equal(statusesOf(answers).filter(status => status === 409).length, 19);
});

test('of many vaults made at once, as many as an account may have', async () => {
  const { at } = await open();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => at(index)('POST', '/vaults', { name: `v${index}` })),
  );
  assert.equal(statusesOf(answers).filter(status => status === 201).length, 5);
});

test('100 creations at once with one idempotency key make one secret', async () => {
  const { accountId, at } = await open();
  await at(0)('POST', '/vaults', { name: 'v' });
  const body = { name: 'a', value: `${valueMark}a`, vault_name: 'v' };
  const headers = { 'idempotency-key': 'one' };
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => at(index)('POST', '/secrets', body, headers)),
  );
  assert.deepEqual(new Set(statusesOf(answers)), new Set([201]));
  assert.equal(new Set(answers.map(({ body: { id } }) => id)).size, 1);
  assert.equal(answers.filter(({ body: { replayed } }) => replayed).length, 99);
  assert.deepEqual(await api.maps(accountId), [{ 'v/a': `${valueMark}a` }]);
});

test('a vault is not deleted under a secret that is being made in it', async () => {
  for (let round = 0; round < 10; round++) {
    const { accountId, at } = await open();
    const vault = await at(0)('POST', '/vaults', { name: 'v' });
    const [made, deleted] = await Promise.all([
      at(round)('POST', '/secrets', { name: 'a', value: `${valueMark}a`, vault_name: 'v' }),
      at(round + 1)('DELETE', `/vaults/${vault.body.id}`),
    ]);
    assert.ok(
      (made.status === 201 && deleted.status === 409) || (made.status === 404 && deleted.status === 204),
      `${made.status} ${deleted.status}`,
    );
    await api.checkWhole(accountId);
  }
});
