import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TooManyChangesError } from '../../functions/store/secret-maps.ts';
import { type Directory, emptyDirectory } from '../../functions/store/vault-directory.ts';
import { Draft } from '../../functions/store/vault-draft.ts';

const nowMs = Date.UTC(2026, 10, 24, 12);
const today = '2026-11-24';
const yesterday = '2026-11-23';

function draftOf(shards: Directory['shards'], maps: Record<string, string>[] = []): Draft {
  const read = async (shard: number) => ({ values: maps[shard] ?? {}, version: maps[shard] && 'v1' });
  return new Draft({ ...emptyDirectory(), shards }, 'change', nowMs, read);
}

test('new secrets go where there is room and few changes were made, else to a new shard', async () => {
  const few = { bytes: 100, writes: { [today]: 30, [yesterday]: 29 } };
  const many = { bytes: 100, writes: { [today]: 30, [yesterday]: 30 } };
  const full = { bytes: 47_999, writes: {} };
  assert.equal(await draftOf([few]).add('v/a', 'x'), 0);
  assert.equal(await draftOf([many]).add('v/a', 'x'), 1);
  assert.equal(await draftOf([full]).add('v/a', 'x'), 1);
  assert.equal(await draftOf([many, full, few]).add('v/a', 'x'), 2);
  assert.equal(await draftOf([{ bytes: 100, writes: { '2026-11-22': 90 } }]).add('v/a', 'x'), 0, 'days ago');
});

test('the first map says how many there are', async () => {
  const draft = draftOf([{ bytes: 47_999, writes: {} }], [{ 'v/a': 'x' }]);
  await draft.add('v/b', 'y');
  assert.deepEqual(draft.changedMaps(), [
    { shard: 0, values: { 'v/a': 'x', '/shards': '2' }, exists: true },
    { shard: 1, values: { 'v/b': 'y' }, exists: false },
  ]);
});

test('when no shard takes new secrets, that is said', async () => {
  const draft = draftOf(Array.from({ length: 64 }, () => ({ bytes: 100, writes: { [today]: 60 } })));
  await assert.rejects(draft.add('v/a', 'x'), TooManyChangesError);
});

test('a value that has outgrown its shard is written to the other one before it leaves', async () => {
  const draft = draftOf(
    [
      { bytes: 60_000, writes: { [today]: 99 } },
      { bytes: 100, writes: {} },
    ],
    [{ '/shards': '2', 'v/a': 'x', 'v/b': 'y'.repeat(60_000) }, {}],
  );
  assert.equal(await draft.change(0, 'v/a', { key: 'v/a', value: 'x'.repeat(6_000) }), 1);
  assert.deepEqual(
    draft.changedMaps().map(({ shard }) => shard),
    [1, 0],
  );
});

test('a value that is written back leaves nothing to write', async () => {
  const draft = draftOf([{ bytes: 100, writes: {} }], [{ 'v/a': 'x' }]);
  await draft.change(0, 'v/a', { key: 'v/b', value: undefined });
  await draft.change(0, 'v/b', { key: 'v/a', value: undefined });
  assert.deepEqual(draft.changedMaps(), []);
});

test('writes are counted for today and yesterday', () => {
  const draft = draftOf([{ bytes: 2, version: 'v1', writes: { [today]: 3, [yesterday]: 5, '2026-11-22': 7 } }]);
  draft.written(0, 'v2', { 'v/a': 'x' });
  assert.deepEqual(draft.directory.shards, [{ version: 'v2', bytes: 11, writes: { [yesterday]: 5, [today]: 4 } }]);
});

const step = fc.record({
  kind: fc.constantFrom('add', 'add', 'change', 'remove'),
  choice: fc.nat(1_000),
  bytes: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 30_000 })),
});

test('whatever happens, every value is in one place, each map fits, and the count is right', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
      const draft = draftOf([]);
      const model = new Map<string, { value: string; shard: number }>();
      for (const [index, { kind, choice, bytes }] of steps.entries()) {
        const value = 'x'.repeat(bytes);
        const [key, standing] = [...model][choice % (model.size || 1)] ?? [];
        if (kind === 'add' || key === undefined || standing === undefined) {
          model.set(`v/${index}`, { value, shard: await draft.add(`v/${index}`, value) });
        } else if (kind === 'change') {
          const shard = await draft.change(standing.shard, key, { key: `w/${index}`, value });
          model.delete(key);
          model.set(`w/${index}`, { value, shard });
        } else {
          await draft.remove(standing.shard, key);
          model.delete(key);
        }
      }
      const maps = draft.changedMaps();
      const found = maps.flatMap(({ shard, values }) =>
        Object.entries(values)
          .filter(([key]) => key !== '/shards')
          .map(([key, value]) => [key, { value, shard }] as const),
      );
      assert.deepEqual(new Map(found), model);
      assert.equal(found.length, model.size);
      for (const { values } of maps) assert.ok(Buffer.byteLength(JSON.stringify(values)) <= 65_536);
      const { length } = draft.directory.shards;
      if (length > 1) assert.equal(maps.find(({ shard }) => shard === 0)?.values['/shards'], String(length));
    }),
    { numRuns: 60 },
  );
});
