import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
const table = readFileSync(join(root, 'docs/claims.md'), 'utf8');
const rows = [...table.matchAll(/^\| ([A-Z]\d+) +\| .* \| (.*?) *\|$/gm)].map(([, row = '', files = '']) => ({
  row,
  files: [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file as string),
}));

/** Rows that a title such as `C1, C3 to C5 …` begins with. */
function rowsOfTitle(title: string): string[] {
  const [head = ''] = /^(?:[A-Z]\d+(?: to [A-Z]\d+)?(?:, )?)+/.exec(title) ?? [];
  return head.split(', ').flatMap(part => {
    const [, letter = '', first, last = first] = /^([A-Z])(\d+)(?: to [A-Z](\d+))?$/.exec(part.trim()) ?? [];
    const count = Number(last) - Number(first) + 1;
    return letter ? Array.from({ length: count }, (_, index) => `${letter}${Number(first) + index}`) : [];
  });
}

test('every row of docs/claims.md names files with a test of that row', () => {
  assert.ok(rows.length > 100);
  for (const { row, files } of rows) {
    for (const file of files) {
      const titles = [...readFileSync(join(root, file), 'utf8').matchAll(/\btest\(\s*(['"`])(.*?)\1/gs)];
      const tested = titles.flatMap(([, , title = '']) => rowsOfTitle(title));
      assert.ok(tested.includes(row), `${file} has no test whose title begins with ${row}`);
    }
  }
});

test('everything that is promised of keys and of the management API’s own conventions is shown', () => {
  const unshown = rows.filter(({ row, files }) => /^(A\d+|L[123])$/.test(row) && files.length === 0);
  assert.deepEqual(unshown, []);
});
