import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type SecretsApi, startSecretsApi, valueMark } from './start-secrets-api.ts';

let api: SecretsApi;

before(async () => {
  api = await startSecretsApi();
});

after(async () => {
  assert.deepEqual(api.reports, []);
  for (const text of api.texts) assert.ok(!text.includes(valueMark), `an answer holds a value: ${text}`);
  await api.close();
});

const value = `${valueMark}one`;

async function openWithVault(name = 'default') {
  const account = await api.open();
  const vault = await account.call('POST', '/vaults', { name });
  assert.equal(vault.status, 201, vault.text);
  return { ...account, vault: vault.body };
}

test('a vault is made, shown, listed, changed and deleted', async () => {
  const { call, accountId } = await api.open();
  const made = await call('POST', '/vaults', { name: 'team', description: 'ours', metadata: '{"a":1}' });
  assert.equal(made.status, 201);
  const { id, created_at, created_by, ...rest } = made.body;
  assert.match(String(id), /^vault_[0-9A-Za-z]{15}$/);
  assert.deepEqual(rest, {
    uri: `${api.url}/vaults/${id}`,
    updated_at: created_at,
    name: 'team',
    description: 'ours',
    metadata: '{"a":1}',
    last_updated_by: created_by,
  });
  assert.deepEqual((await call('GET', `/vaults/${id}`)).body, made.body);
  assert.deepEqual((await call('GET', '/vaults')).body.vaults, [made.body]);
  api.clock.offsetMs += 1_000;
  const changed = await call('PATCH', `/vaults/${id}`, { description: 'theirs' });
  assert.equal(changed.status, 200);
  assert.equal(changed.body.description, 'theirs');
  assert.equal(changed.body.metadata, '{"a":1}');
  assert.notEqual(changed.body.updated_at, created_at);
  assert.equal((await call('DELETE', `/vaults/${id}`)).status, 204);
  assert.equal((await call('GET', `/vaults/${id}`)).status, 404);
  assert.equal((await call('DELETE', `/vaults/${id}`)).status, 404);
  assert.deepEqual((await call('GET', '/vaults')).body.vaults, []);
  assert.deepEqual(await api.maps(accountId), [], 'vaults alone need no secret');
});

test('a secret is made, read by the gateway, rotated, renamed and deleted, and its value is never shown', async () => {
  const { call, accountId, vault } = await openWithVault('team');
  const made = await call('POST', '/secrets', { name: 'openai', value, vault_name: 'team', description: 'd' });
  assert.equal(made.status, 201, made.text);
  const { id, created_at, created_by, ...rest } = made.body;
  assert.match(String(id), /^secret_[0-9A-Za-z]{15}$/);
  assert.deepEqual(rest, {
    uri: `${api.url}/secrets/${id}`,
    updated_at: created_at,
    name: 'openai',
    description: 'd',
    metadata: '',
    last_updated_by: created_by,
    vault: { id: vault.id, uri: vault.uri },
    vault_name: 'team',
  });
  assert.deepEqual((await call('GET', `/secrets/${id}`)).body, made.body);
  assert.deepEqual((await call('GET', '/secrets')).body.secrets, [made.body]);
  assert.deepEqual(await api.maps(accountId), [{ 'team/openai': value }]);
  assert.equal(await api.gateway.get(accountId, 'team', 'openai'), value);
  assert.equal(await api.gateway.get(accountId, 'team', 'OpenAI'), undefined, 'names are case-sensitive');

  const rotated = await call('PATCH', `/secrets/${id}`, { value: `${valueMark}two` });
  assert.equal(rotated.status, 200);
  assert.equal(await api.gateway.get(accountId, 'team', 'openai'), `${valueMark}two`);

  const renamed = await call('PATCH', `/secrets/${id}`, { name: 'anthropic', metadata: 'm' });
  assert.equal(renamed.body.name, 'anthropic');
  assert.equal(await api.gateway.get(accountId, 'team', 'openai'), undefined);
  assert.equal(await api.gateway.get(accountId, 'team', 'anthropic'), `${valueMark}two`);

  const both = await call('PATCH', `/secrets/${id}`, { name: 'openai', value });
  assert.equal(both.status, 200);
  assert.deepEqual(await api.maps(accountId), [{ 'team/openai': value }]);

  assert.equal((await call('DELETE', `/secrets/${id}`)).status, 204);
  assert.equal((await call('GET', `/secrets/${id}`)).status, 404);
  assert.deepEqual(await api.maps(accountId), [{}]);
  assert.equal((await call('POST', '/secrets', { name: 'openai', value, vault_id: vault.id })).status, 201);
  await api.checkWhole(accountId);
});

test('a vault that is renamed takes its secrets with it', async () => {
  const { call, accountId, vault } = await openWithVault('old');
  const other = await call('POST', '/vaults', { name: 'other' });
  await call('POST', '/secrets', { name: 'a', value, vault_id: vault.id });
  await call('POST', '/secrets', { name: 'b', value: `${valueMark}b`, vault_id: vault.id });
  await call('POST', '/secrets', { name: 'a', value: `${valueMark}other`, vault_id: other.body.id });
  assert.equal((await call('PATCH', `/vaults/${vault.id}`, { name: 'new' })).status, 200);
  assert.deepEqual(await api.maps(accountId), [
    { 'other/a': `${valueMark}other`, 'new/a': value, 'new/b': `${valueMark}b` },
  ]);
  const { secrets } = (await call('GET', '/secrets')).body as { secrets: { vault_name: string }[] };
  assert.deepEqual(
    secrets.map(({ vault_name }) => vault_name),
    ['other', 'new', 'new'],
  );
  assert.equal((await call('PATCH', `/vaults/${vault.id}`, { name: 'other' })).body.error_code, 'already_exists');
  await api.checkWhole(accountId);
});

test('a vault that holds secrets is not deleted, and the answer says what to do', async () => {
  const { call, vault } = await openWithVault();
  const secret = await call('POST', '/secrets', { name: 'a', value, vault_id: vault.id });
  const refused = await call('DELETE', `/vaults/${vault.id}`);
  assert.equal(refused.status, 409);
  assert.equal(refused.body.error_code, 'vault_not_empty');
  assert.match(String(refused.body.msg), /holds 1 secrets; delete them first/);
  await call('DELETE', `/secrets/${secret.body.id}`);
  assert.equal((await call('DELETE', `/vaults/${vault.id}`)).status, 204);
});

test('names are unique: of vaults in an account, of secrets in a vault', async () => {
  const { call, vault } = await openWithVault();
  const second = await call('POST', '/vaults', { name: 'second' });
  assert.equal((await call('POST', '/vaults', { name: 'default' })).body.error_code, 'already_exists');
  assert.equal((await call('POST', '/vaults', { name: 'Default' })).status, 201);
  const secret = { name: 'key', value };
  assert.equal((await call('POST', '/secrets', { ...secret, vault_id: vault.id })).status, 201);
  const taken = await call('POST', '/secrets', { ...secret, vault_id: vault.id });
  assert.equal(taken.status, 409);
  assert.match(String(taken.body.msg), /PATCH its value to rotate it/);
  const other = await call('POST', '/secrets', { ...secret, vault_id: second.body.id });
  assert.equal(other.status, 201);
  await call('POST', '/secrets', { ...secret, name: 'key2', vault_id: second.body.id });
  assert.equal((await call('PATCH', `/secrets/${other.body.id}`, { name: 'key2' })).body.error_code, 'already_exists');
  assert.equal((await call('PATCH', `/secrets/${other.body.id}`, { name: 'key' })).status, 200, 'its own name');
});

test('an account has its limits, and its things are nobody else’s', async () => {
  const one = await openWithVault('v0');
  for (let index = 1; index < 5; index++) {
    assert.equal((await one.call('POST', '/vaults', { name: `v${index}` })).status, 201);
  }
  const sixth = await one.call('POST', '/vaults', { name: 'v5' });
  assert.equal(sixth.status, 409);
  assert.equal(sixth.body.error_code, 'limit_reached');
  assert.match(String(sixth.body.msg), /at most 5 vaults; delete one first/);

  const secret = await one.call('POST', '/secrets', { name: 'a', value, vault_name: 'v0' });
  const two = await api.open();
  for (const [method, path, body] of [
    ['GET', `/vaults/${one.vault.id}`],
    ['PATCH', `/vaults/${one.vault.id}`, { name: 'mine' }],
    ['DELETE', `/vaults/${one.vault.id}`],
    ['GET', `/secrets/${secret.body.id}`],
    ['PATCH', `/secrets/${secret.body.id}`, { value: `${valueMark}mine` }],
    ['DELETE', `/secrets/${secret.body.id}`],
    ['POST', '/secrets', { name: 'b', value, vault_id: one.vault.id }],
    ['POST', '/secrets', { name: 'b', value, vault_name: 'v0' }],
  ] as const) {
    assert.equal((await two.call(method, path, body)).body.error_code, 'not_found', `${method} ${path}`);
  }
  assert.deepEqual((await two.call('GET', '/vaults')).body.vaults, []);
  assert.equal(await api.gateway.get(two.accountId, 'v0', 'a'), undefined);
  assert.equal(await api.gateway.get(one.accountId, 'v0', 'a'), value);
});

test('lists come newest first, a page at a time', async () => {
  const { call, vault } = await openWithVault();
  for (const name of ['a', 'b', 'c']) {
    api.clock.offsetMs += 10;
    await call('POST', '/secrets', { name, value, vault_id: vault.id });
  }
  const names: string[] = [];
  let path: string | null = '/secrets?limit=2';
  while (path) {
    const page = (await call('GET', path)).body as { secrets: { name: string }[]; next_page_uri: string | null };
    names.push(...page.secrets.map(({ name }) => name), '|');
    path = page.next_page_uri?.slice(api.url.length) ?? null;
  }
  assert.deepEqual(names, ['c', 'b', '|', 'a', '|']);
});

const long = 'x'.repeat(4_097);
const refusals: [what: string, path: string, body: unknown, status: number, code: string, message: RegExp][] = [
  ['no name', '/vaults', {}, 422, 'ERR_NGROK_27006', /"name" is missing/],
  ['a name with a slash', '/vaults', { name: 'a/b' }, 400, 'ERR_NGROK_215', /1 to 128 letters/],
  ['an empty name', '/vaults', { name: '' }, 400, 'ERR_NGROK_215', /1 to 128 letters/],
  ['a long name', '/vaults', { name: 'x'.repeat(129) }, 400, 'ERR_NGROK_215', /1 to 128 letters/],
  ['a name with a line break', '/vaults', { name: 'a\n' }, 400, 'ERR_NGROK_215', /1 to 128 letters/],
  ['an unknown field', '/vaults', { name: 'a', colour: 1 }, 400, 'ERR_NGROK_214', /"colour"/],
  ['no value', '/secrets', { name: 'a', vault_name: 'default' }, 422, 'ERR_NGROK_27006', /"value" is missing/],
  ['an empty value', '/secrets', { name: 'a', value: '', vault_name: 'default' }, 400, 'ERR_NGROK_215', /is empty/],
  ['a long value', '/secrets', { name: 'a', value: long, vault_name: 'default' }, 400, 'ERR_NGROK_215', /4096 bytes/],
  [
    'a value long in bytes',
    '/secrets',
    { name: 'a', value: 'ü'.repeat(2_049), vault_name: 'default' },
    400,
    'ERR_NGROK_215',
    /4096 bytes/,
  ],
  ['a number as value', '/secrets', { name: 'a', value: 7, vault_name: 'default' }, 400, 'ERR_NGROK_215', /"value"/],
  ['no vault', '/secrets', { name: 'a', value }, 422, 'ERR_NGROK_27006', /"vault_id" and "vault_name" are missing/],
  [
    'two vaults',
    '/secrets',
    { name: 'a', value, vault_id: 'vault_000000000000000', vault_name: 'default' },
    400,
    'ERR_NGROK_215',
    /leave one out/,
  ],
  ['an unknown vault', '/secrets', { name: 'a', value, vault_name: 'nowhere' }, 404, 'not_found', /POST \/vaults/],
  ['a name for an id', '/secrets', { name: 'a', value, vault_id: 'constructor' }, 404, 'not_found', /no vault/],
  ['an unknown id', '/secrets', { name: 'a', value, vault_id: 'vault_000000000000000' }, 404, 'not_found', /no vault/],
];

test('bad input is refused with what is wrong and what to do, and without the value', async () => {
  const { call, accountId } = await openWithVault();
  for (const [what, path, body, status, code, message] of refusals) {
    const answer = await call('POST', path, body);
    assert.deepEqual([answer.status, answer.body.error_code], [status, code], what);
    assert.match(String(answer.body.msg), message, what);
    assert.ok(!answer.text.includes('xxxx') && !answer.text.includes('üü'), what);
  }
  for (const id of ['constructor', '__proto__', 'secret_x', 'vault_000000000000000']) {
    assert.equal((await call('GET', `/secrets/${id}`)).status, 404, id);
    assert.equal((await call('DELETE', `/secrets/${id}`)).status, 404, id);
  }
  assert.deepEqual(await api.maps(accountId), []);
});

test('a viewer may look and not change', async () => {
  const { accountId, vault } = await openWithVault();
  const { callWith } = await import('../support/management-backend.ts');
  const call = callWith(api.url, await api.newKey(accountId, 'viewer'));
  assert.equal((await call('GET', `/vaults/${vault.id}`)).status, 200);
  assert.equal((await call('POST', '/vaults', { name: 'x' })).status, 403);
  assert.equal((await call('PATCH', `/vaults/${vault.id}`, { name: 'x' })).status, 403);
  assert.equal((await call('POST', '/secrets', { name: 'x', value, vault_name: 'default' })).status, 403);
});

test('an idempotency key makes one thing, for a day', async () => {
  const { call, vault, accountId } = await openWithVault();
  const headers = { 'idempotency-key': 'deploy-1' };
  const body = { name: 'a', value, vault_id: vault.id };
  const first = await call('POST', '/secrets', body, headers);
  assert.equal(first.status, 201, first.text);
  assert.equal(first.body.replayed, undefined);
  const again = await call('POST', '/secrets', body, headers);
  assert.deepEqual([again.status, again.body], [201, { ...first.body, replayed: true }]);
  const conflict = await call('POST', '/secrets', { ...body, value: `${valueMark}other` }, headers);
  assert.deepEqual([conflict.status, conflict.body.error_code], [409, 'idempotency_conflict']);
  assert.equal(await api.gateway.get(accountId, 'default', 'a'), value);
  const vaultOfSameKey = await call('POST', '/vaults', { name: 'b' }, headers);
  assert.equal(vaultOfSameKey.status, 201, 'a key means one thing for each kind of object');
  await call('DELETE', `/secrets/${first.body.id}`);
  const gone = await call('POST', '/secrets', body, headers);
  assert.deepEqual([gone.status, gone.body.error_code], [409, 'idempotency_conflict']);
  assert.match(String(gone.body.msg), /deleted since; use a new key/);
  api.clock.offsetMs += 86_400_000;
  const nextDay = await call('POST', '/secrets', body, headers);
  assert.equal(nextDay.status, 201);
  assert.notEqual(nextDay.body.id, first.body.id);
  assert.equal((await call('POST', '/vaults', { name: 'c' }, { 'idempotency-key': 'x'.repeat(256) })).status, 400);
});

test('neither digests nor values of a secret lie in DynamoDB in the clear', async () => {
  const { ScanCommand } = await import('@aws-sdk/client-dynamodb');
  const { createHash } = await import('node:crypto');
  const { call, vault } = await openWithVault();
  const body = { name: 'a', value: `${valueMark}stored`, vault_id: vault.id };
  await call('POST', '/secrets', body, { 'idempotency-key': 'stored' });
  const { Items } = await api.store.dynamo.send(new ScanCommand({ TableName: api.store.tables.endpoints }));
  const stored = JSON.stringify(Items);
  assert.ok(stored.includes(String(vault.id)));
  assert.ok(!stored.includes(valueMark));
  for (const text of [body.value, JSON.stringify(body)]) {
    assert.ok(!stored.includes(createHash('sha256').update(text).digest('base64url').slice(0, 20)));
  }
});
