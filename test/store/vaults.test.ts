import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  InternalServiceError,
  InvalidRequestException,
  LimitExceededException,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { newId } from '../../functions/core/ids.ts';
import { createAccountSecrets } from '../../functions/store/account-secrets.ts';
import { StoreError } from '../../functions/store/dynamo.ts';
import { TooManyChangesError, UnknownWriteError } from '../../functions/store/secret-maps.ts';
import { createSecretReader } from '../../functions/store/secrets.ts';
import { listDetails } from '../../functions/store/vault-details.ts';
import { type Directory, leaseMs, readDirectory } from '../../functions/store/vault-directory.ts';
import { type NewSecret, secretsMax, Vaults } from '../../functions/store/vaults.ts';
import { prefix, type SecretsApi, startSecretsApi } from '../secrets/start-secrets-api.ts';
import { type Fault, faultyClients } from './vault-faults.ts';

let api: SecretsApi;

before(async () => {
  api = await startSecretsApi();
});

after(() => api.close());

const startMs = Date.UTC(2026, 10, 24);
const texts = { description: '', metadata: '', createdBy: 'ak_1', request: undefined };

/** A process of its own, at a time of its own. */
function openVaults({ nowMs = startMs, clients = { store: api.store, secrets: api.secrets } } = {}): Vaults {
  return new Vaults({ ...clients, prefix, now: () => nowMs, randomBytes });
}

function secret(name: string, value: string, vault: NewSecret['vault'] = { name: 'v' }): NewSecret {
  return { ...texts, name, value, vault };
}

interface Standing {
  accountId: string;
  vaultId: string;
  emptyVaultId: string;
  /** Secret ids by name. */
  ids: Record<string, string>;
}

/** An account with two vaults, one of them empty, and secrets with the values given. */
async function openAccount(values: Record<string, string> = { a: 'value a', b: 'value b' }): Promise<Standing> {
  const accountId = newId('ac', startMs, randomBytes);
  const vaults = openVaults();
  const [made, empty] = await Promise.all([
    vaults.createVault(accountId, { ...texts, name: 'v' }),
    vaults.createVault(accountId, { ...texts, name: 'empty' }),
  ]);
  assert.ok('vault' in made && 'vault' in empty);
  const secrets = await Promise.all(
    Object.entries(values).map(([name, value]) => vaults.createSecret(accountId, secret(name, value))),
  );
  const ids = Object.fromEntries(
    secrets.map(result => {
      assert.ok('secret' in result, JSON.stringify(result));
      return [result.secret.name, result.secret.id];
    }),
  );
  return { accountId, vaultId: made.vault.id, emptyVaultId: empty.vault.id, ids };
}

/** All that clients and the gateway can see of an account. */
async function look(accountId: string) {
  const vaults = openVaults();
  const wanted = { beforeId: undefined, limit: 100 };
  const { secrets } = await vaults.listSecrets(accountId, wanted);
  const values: Record<string, string | undefined> = {};
  for (const { vaultName, name } of secrets) {
    values[`${vaultName}/${name}`] = await api.gateway.get(accountId, vaultName, name);
  }
  const described = secrets.filter(({ description }) => description !== '').map(({ description }) => description);
  const names = (await vaults.listVaults(accountId, wanted)).vaults.map(({ name }) => name).sort();
  return { vaults: names, values, described };
}

const big = (name: string, bytes: number) => name.repeat(bytes);

const undisturbedRun = { failAt: Number.POSITIVE_INFINITY, fault: 'lost', andAllAfter: false } as const;

/** As much as a shard takes of new secrets, almost. */
const fullShard = Object.fromEntries([...'abcdefghijk'].map(name => [name, big(name, 4_000)]));

/** Every kind of change, and what the account looks like when it has happened. */
const changes: Record<
  string,
  {
    values?: Record<string, string>;
    run(vaults: Vaults, standing: Standing): Promise<{ status: string }>;
    after(values: Record<string, string>): {
      vaults?: string[];
      values: Record<string, string>;
      described?: string[];
    };
  }
> = {
  'a new secret': {
    run: (vaults, { accountId }) => vaults.createSecret(accountId, secret('c', 'value c')),
    after: values => ({ values: { ...values, 'v/c': 'value c' } }),
  },
  'a new secret in a new shard': {
    values: fullShard,
    run: (vaults, { accountId }) => vaults.createSecret(accountId, secret('z', big('z', 4_000))),
    after: values => ({ values: { ...values, 'v/z': big('z', 4_000) } }),
  },
  'a rotation': {
    run: (vaults, { accountId, ids }) =>
      vaults.updateSecret(accountId, ids.a as string, { value: 'rotated', updatedBy: 'ak_2' }),
    after: values => ({ values: { ...values, 'v/a': 'rotated' } }),
  },
  'a rotation that outgrows its shard': {
    values: fullShard,
    run: (vaults, { accountId, ids }) =>
      vaults.updateSecret(accountId, ids.a as string, { value: big('A', 25_000), updatedBy: 'ak_2' }),
    after: values => ({ values: { ...values, 'v/a': big('A', 25_000) } }),
  },
  'a new name and description': {
    run: (vaults, { accountId, ids }) =>
      vaults.updateSecret(accountId, ids.a as string, { name: 'c', description: 'new', updatedBy: 'ak_2' }),
    after: ({ 'v/a': value = '', ...values }) => ({ values: { ...values, 'v/c': value }, described: ['new'] }),
  },
  'a deletion': {
    run: (vaults, { accountId, ids }) => vaults.deleteSecret(accountId, ids.a as string),
    after: ({ 'v/a': _, ...values }) => ({ values }),
  },
  'a new name of a vault': {
    run: (vaults, { accountId, vaultId }) => vaults.updateVault(accountId, vaultId, { name: 'w', updatedBy: 'ak_2' }),
    after: values => ({
      vaults: ['empty', 'w'],
      values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key.replace('v/', 'w/'), value])),
    }),
  },
  'a deletion of a vault': {
    run: (vaults, { accountId, emptyVaultId }) => vaults.deleteVault(accountId, emptyVaultId),
    after: values => ({ vaults: ['v'], values }),
  },
};

describe('a process that dies at any step leaves a change whole or undone', () => {
  for (const [what, { values = { a: 'value a', b: 'value b' }, run, after }] of Object.entries(changes)) {
    for (const fault of ['lost', 'unanswered'] satisfies Fault[]) {
      test(`${what}, ${fault} call`, async () => {
        const before = {
          vaults: ['empty', 'v'],
          values: Object.fromEntries(Object.entries(values).map(([name, value]) => [`v/${name}`, value])),
          described: [],
        };
        const afterwards = { ...before, ...after(before.values) };
        const undisturbed = await openAccount(values);
        const dry = faultyClients(api.store, api.secrets, undisturbedRun);
        await run(openVaults({ clients: dry }), undisturbed);
        assert.deepEqual(await look(undisturbed.accountId), afterwards);
        for (const [index, call] of dry.calls.entries()) {
          if (/^Get|^Query/.test(call)) continue; // what it leaves is what a death at the next write leaves
          const step = `step ${index + 1}: ${call}`;
          const standing = await openAccount(values);
          const { accountId } = standing;
          const clients = faultyClients(api.store, api.secrets, { failAt: index + 1, fault, andAllAfter: true });
          await run(openVaults({ clients }), standing).catch(() => {});

          const later = openVaults({ nowMs: startMs + leaseMs + 1 });
          const other = await later.createVault(accountId, { ...texts, name: 'later' });
          assert.equal(other.status, 'made', step);
          const found = await look(accountId);
          const state = { ...found, vaults: found.vaults.filter(name => name !== 'later') };
          const isWhole = [before, afterwards].some(expected => isDeepStrictEqual(state, expected));
          assert.ok(isWhole, describeState(step, state));
          await api.checkWhole(accountId);
          await checkDetails(accountId);
        }
      });
    }
  }
});

async function checkDetails(accountId: string): Promise<void> {
  const { vaults, secrets } = await readDirectory(api.store, accountId);
  for (const [kind, known] of [
    ['vault', vaults],
    ['secret', secrets],
  ] as const) {
    const { details } = await listDetails(api.store, kind, accountId, { beforeId: undefined, limit: 100 });
    assert.deepEqual(details.map(({ id }) => id).sort(), Object.keys(known).sort());
  }
}

function describeState(step: string, state: object): string {
  return `${step}: ${JSON.stringify(state, (_, value) => (typeof value === 'string' ? value.slice(0, 20) : value))}`;
}

test('a call that fails is told, and the next change goes through', async () => {
  for (const fault of ['lost', 'unanswered'] satisfies Fault[]) {
    for (let failAt = 1; ; failAt++) {
      const { accountId } = await openAccount();
      const clients = faultyClients(api.store, api.secrets, { failAt, fault, andAllAfter: false });
      const vaults = openVaults({ clients });
      const first = await vaults.createSecret(accountId, secret('c', 'value c')).catch(error => error as Error);
      if (clients.calls.length < failAt) break;
      const step = `step ${failAt}: ${fault} ${clients.calls[failAt - 1]}`;
      const isTold = first instanceof StoreError || ('status' in first && first.status === 'made');
      assert.ok(isTold, step);
      const later = openVaults({ nowMs: startMs + leaseMs + 1 });
      const again = await later.createSecret(accountId, secret('c', 'again'));
      assert.ok(['made', 'already_exists'].includes(again.status), step);
      const { values } = await look(accountId);
      assert.equal(values['v/c'], again.status === 'made' ? 'again' : 'value c', step);
      await api.checkWhole(accountId);
    }
  }
});

async function lockOf(accountId: string) {
  const Key = { pk: { S: `ACCOUNT#${accountId}` }, sk: { S: 'VAULTS' } };
  const { Item } = await api.store.dynamo.send(new GetItemCommand({ TableName: api.store.tables.endpoints, Key }));
  return { holder: Item?.holder?.S, untilMs: Item?.untilMs && Number(Item.untilMs.N) };
}

test('a write that may still arrive keeps the lock for as long as it could; one that was refused does not', async () => {
  const { accountId } = await openAccount();
  const failing = (error: Error) => {
    const send = (command: object) =>
      command instanceof PutSecretValueCommand ? Promise.reject(error) : api.secrets.send(command as never);
    return openVaults({ clients: { store: api.store, secrets: { send } as unknown as SecretsManagerClient } });
  };
  const metadata = { attempts: 1 };
  const limit = failing(new LimitExceededException({ message: 'too many versions', $metadata: metadata }));
  await assert.rejects(limit.createSecret(accountId, secret('c', 'value')), TooManyChangesError);
  assert.equal((await lockOf(accountId)).untilMs, 0);
  const denied = failing(new InvalidRequestException({ message: 'scheduled for deletion', $metadata: metadata }));
  await assert.rejects(denied.createSecret(accountId, secret('c', 'value')), StoreError);
  assert.equal((await lockOf(accountId)).untilMs, 0);
  for (const error of [
    new Error('timed out'),
    new InternalServiceError({ message: 'down', $metadata: metadata }),
    new LimitExceededException({ message: 'after a time-out', $metadata: { attempts: 2 } }),
  ]) {
    const other = await openAccount();
    const clients = failing(error);
    await assert.rejects(clients.createSecret(other.accountId, secret('c', 'value')), UnknownWriteError);
    const { holder, untilMs } = await lockOf(other.accountId);
    assert.notEqual(holder, undefined);
    assert.equal(untilMs, startMs + leaseMs);
  }
  assert.equal((await openVaults().createSecret(accountId, secret('c', 'value'))).status, 'made');
  assert.equal((await lockOf(accountId)).holder, undefined);
});

test('a lock left by a clock that was ahead by days locks nobody out', async () => {
  const { accountId } = await openAccount();
  const clients = faultyClients(api.store, api.secrets, { failAt: 2, fault: 'lost', andAllAfter: true });
  const ahead = openVaults({ nowMs: startMs + 366 * 86_400_000, clients });
  await assert.rejects(ahead.createSecret(accountId, secret('c', 'value')));
  assert.equal((await openVaults().createSecret(accountId, secret('c', 'value'))).status, 'made');
});

test('what is written is built on the version written last, though Secrets Manager may still show an older one', async () => {
  const { accountId, ids } = await openAccount();
  const old = await api.secrets.send(new GetSecretValueCommand({ SecretId: prefix + accountId }));
  const lagging = {
    send: (command: object) =>
      command instanceof GetSecretValueCommand && command.input.VersionId === undefined
        ? Promise.resolve(old)
        : api.secrets.send(command as never),
  } as unknown as SecretsManagerClient;
  const vaults = openVaults({ clients: { store: api.store, secrets: lagging } });
  await vaults.createSecret(accountId, secret('c', 'value c'));
  await vaults.updateSecret(accountId, ids.a as string, { value: 'rotated', updatedBy: 'ak' });
  await vaults.createSecret(accountId, secret('d', 'value d'));
  const { values } = await look(accountId);
  assert.deepEqual(values, { 'v/a': 'rotated', 'v/b': 'value b', 'v/c': 'value c', 'v/d': 'value d' });
});

test('changes that come while others are written are written together', async () => {
  const { accountId, ids } = await openAccount();
  const clients = faultyClients(api.store, api.secrets, undisturbedRun);
  const vaults = openVaults({ clients });
  const results = await Promise.all([
    ...Array.from({ length: 30 }, (_, index) => vaults.createSecret(accountId, secret(`s${index}`, `value ${index}`))),
    vaults.createSecret(accountId, secret('s0', 'another')),
    vaults.updateSecret(accountId, ids.a as string, { description: 'one', updatedBy: 'ak' }),
    vaults.updateSecret(accountId, ids.a as string, { metadata: 'two', updatedBy: 'ak' }),
    vaults.deleteSecret(accountId, ids.b as string),
    vaults.createSecret(accountId, secret('b', 'a new b')),
  ]);
  const statuses = results.map(({ status }) => status);
  assert.deepEqual(statuses.slice(30), ['already_exists', 'changed', 'changed', 'deleted', 'made']);
  assert.equal(clients.calls.filter(call => call === 'PutSecretValue').length, 2);
  const { values } = await look(accountId);
  assert.equal(Object.keys(values).length, 32);
  assert.equal(values['v/b'], 'a new b');
  const a = await vaults.findSecret(accountId, ids.a as string);
  assert.deepEqual([a?.description, a?.metadata], ['one', 'two']);
  await api.checkWhole(accountId);
});

/** Changes a directory past the lock. */
async function rewriteDirectory(accountId: string, rewrite: (directory: Directory) => void): Promise<void> {
  const directory = await readDirectory(api.store, accountId);
  rewrite(directory);
  const Item = { pk: { S: `ACCOUNT#${accountId}` }, sk: { S: 'VAULTS' }, directory: { S: JSON.stringify(directory) } };
  await api.store.dynamo.send(new PutItemCommand({ TableName: api.store.tables.endpoints, Item }));
}

test('of the idempotency keys of a day the latest thousand are remembered, and none of the day before', async () => {
  const { accountId } = await openAccount();
  const nowSeconds = startMs / 1000;
  await rewriteDirectory(accountId, ({ requests }) => {
    for (let index = 0; index < 1_010; index++) {
      const atSeconds = index < 5 || index === 1_009 ? nowSeconds - 86_400 : nowSeconds - 60;
      requests[`key ${index}`] = { id: 'vault_000000000000000', digest: 'd', atSeconds };
    }
  });
  const request = { key: 'new', digest: 'd' };
  assert.equal((await openVaults().createVault(accountId, { ...texts, name: 'w', request })).status, 'made');
  const keys = Object.keys((await readDirectory(api.store, accountId)).requests);
  assert.deepEqual([keys.length, keys[0], keys.at(-2), keys.at(-1)], [999, 'key 11', 'key 1008', 'new']);
});

test('an account has at most 500 secrets', async () => {
  const { accountId, vaultId } = await openAccount();
  await rewriteDirectory(accountId, ({ secrets }) => {
    for (let index = 2; index < secretsMax; index++) {
      secrets[`secret_${String(index).padStart(15, '0')}`] = { vaultId, name: `s${index}`, shard: 0 };
    }
  });
  assert.equal((await openVaults().createSecret(accountId, secret('c', 'value'))).status, 'limit_reached');
});

test('values are spread over several secrets, and the gateway reads only those that it needs', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
  const { accountId } = await openAccount(Object.fromEntries(names.map(name => [name, name.padEnd(4_000, '.')])));
  const maps = await api.maps(accountId);
  assert.equal(maps.length, 4);
  assert.equal(maps[0]?.['/shards'], '4');
  for (const map of maps) assert.ok(JSON.stringify(map).length <= 48_100);
  await api.checkWhole(accountId);

  const reads: string[] = [];
  const reader = createSecretReader(
    {
      send: (command: GetSecretValueCommand) => {
        reads.push((command.input.SecretId ?? '').slice((prefix + accountId).length));
        return api.secrets.send(command);
      },
    } as unknown as SecretsManagerClient,
    60_000,
    () => startMs,
  );
  const gateway = createAccountSecrets(reader, prefix);
  const [first] = Object.keys(maps[0] ?? {}).filter(key => key !== '/shards');
  const [last] = Object.keys(maps[3] ?? {});
  assert.equal((await gateway.get(accountId, 'v', first?.slice(2) ?? ''))?.length, 4_000);
  assert.deepEqual(reads, ['']);
  assert.equal((await gateway.get(accountId, 'v', last?.slice(2) ?? ''))?.length, 4_000);
  assert.deepEqual(reads, ['', '/1', '/2', '/3']);
  await gateway.getAgain(accountId, 'v', last?.slice(2) ?? '');
  assert.deepEqual(reads, ['', '/1', '/2', '/3', '/3'], 'its place is known now');
  for (const name of names) assert.equal((await gateway.get(accountId, 'v', name))?.length, 4_000);
  assert.equal(await gateway.get(accountId, 'v', 'none'), undefined);
  assert.equal(reads.length, 5, 'the rest comes from the cache');
});
