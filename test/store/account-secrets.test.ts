import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccountSecrets } from '../../functions/store/account-secrets.ts';

const prefix = 'tollgate/accounts/';

/** A reader over maps that can be changed, which remembers until it is told to read again. */
function startReader(maps: Record<string, Record<string, string>>) {
  const cache = new Map<string, Record<string, string> | undefined>();
  const reads: string[] = [];
  const readAgain = async (id: string) => {
    reads.push(id.slice(prefix.length));
    const map = maps[id.slice(prefix.length)];
    cache.set(id, map && { ...map });
    return cache.get(id);
  };
  const read = async (id: string) => (cache.has(id) ? cache.get(id) : readAgain(id));
  return { secrets: createAccountSecrets({ read, readAgain }, prefix), reads };
}

test('an account without secrets has none', async () => {
  const { secrets } = startReader({});
  assert.equal(await secrets.get('ac_1', 'v', 'a'), undefined);
  assert.equal(await secrets.getAgain('ac_1', 'v', 'a'), undefined);
});

test('a value is found under its vault and name, in its own account, and under nothing else', async () => {
  const { secrets } = startReader({ ac_1: { '/shards': '1', 'v/a': 'one' }, ac_2: { 'v/a': 'two' } });
  assert.equal(await secrets.get('ac_1', 'v', 'a'), 'one');
  assert.equal(await secrets.get('ac_2', 'v', 'a'), 'two');
  const others = [
    ['', 'shards'],
    ['V', 'a'],
    ['v', 'A'],
    ['v', ''],
    ['v/a', ''],
    ['v', '__proto__'],
    ['v', 'b'],
  ] as const;
  for (const [vault, name] of others) assert.equal(await secrets.get('ac_1', vault, name), undefined);
});

test('a rotated value is seen when it is read again', async () => {
  const maps = { ac_1: { 'v/a': 'old' } };
  const { secrets, reads } = startReader(maps);
  assert.equal(await secrets.get('ac_1', 'v', 'a'), 'old');
  maps.ac_1['v/a'] = 'new';
  assert.equal(await secrets.get('ac_1', 'v', 'a'), 'old');
  assert.equal(await secrets.getAgain('ac_1', 'v', 'a'), 'new');
  assert.equal(await secrets.get('ac_1', 'v', 'a'), 'new');
  assert.deepEqual(reads, ['ac_1', 'ac_1']);
});

test('a value that has moved is found though what is remembered of its new place is older', async () => {
  const maps: Record<string, Record<string, string>> = {
    ac_1: { '/shards': '3', 'v/x': 'x' },
    'ac_1/1': { 'v/a': 'old' },
    'ac_1/2': { 'v/b': 'b' },
  };
  const { secrets } = startReader(maps);
  assert.equal(await secrets.get('ac_1', 'v', 'a'), 'old');
  assert.equal(await secrets.get('ac_1', 'v', 'b'), 'b');
  maps['ac_1/2'] = { 'v/b': 'b', 'v/a': 'new' };
  maps['ac_1/1'] = {};
  assert.equal(await secrets.getAgain('ac_1', 'v', 'a'), 'new');
});

test('a deleted value is looked for once more and then known to be gone', async () => {
  const maps: Record<string, Record<string, string>> = { ac_1: { 'v/a': 'one' } };
  const { secrets, reads } = startReader(maps);
  await secrets.get('ac_1', 'v', 'a');
  maps.ac_1 = {};
  assert.equal(await secrets.getAgain('ac_1', 'v', 'a'), undefined);
  const { length } = reads;
  assert.equal(await secrets.get('ac_1', 'v', 'a'), undefined);
  assert.equal(reads.length, length);
});
