import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import cl100kRanks from 'js-tiktoken/ranks/cl100k_base';
import o200kRanks from 'js-tiktoken/ranks/o200k_base';
import { buildTokenTable, buildTokenTables } from '../../../functions/core/tokens/build-table.ts';
import { encodingNames } from '../../../functions/core/tokens/encodings.ts';
import { rankOf, readTokenTable } from '../../../functions/core/tokens/token-table.ts';

/** They change when the format does or when js-tiktoken ships other ranks, which should be on purpose. */
const digests = {
  o200k_base: '67b0e6a2695b39c7c3ed78a8cb4fe57b14c84d35bff167e5394cc37e59612f6c',
  cl100k_base: 'b05dd5b9665c485563fc3b18e53998699920baac2966d313535929e19360052a',
};
const ranksOf = { o200k_base: o200kRanks, cl100k_base: cl100kRanks };

for (const encoding of encodingNames) {
  test(`builds the same ${encoding} table every time`, () => {
    const digest = createHash('sha256').update(buildTokenTable(encoding)).digest('hex');
    assert.equal(digest, digests[encoding]);
  });

  test(`gives every token of ${encoding} the rank that js-tiktoken ships`, () => {
    const table = readTokenTable(buildTokenTable(encoding));
    const [line, ...otherLines] = ranksOf[encoding].bpe_ranks.trim().split('\n');
    assert.equal(otherLines.length, 0);
    const [, first, ...tokens] = (line as string).split(' ');
    assert.equal(first, '0');
    assert.equal(table.offsets.length, tokens.length + 1);
    for (const [rank, token] of tokens.entries()) {
      const bytes = Buffer.from(token, 'base64');
      if (rankOf(table, bytes, 0, bytes.length) !== rank) assert.fail(`token ${rank} has another rank`);
    }
  });
}

test('writes both tables into a directory it makes, and nothing else', async context => {
  const parent = await mkdtemp(join(tmpdir(), 'token-tables-'));
  context.after(() => rm(parent, { recursive: true }));
  const directory = join(parent, 'a', 'b');
  await buildTokenTables(directory);
  await buildTokenTables(directory);
  assert.deepEqual((await readdir(directory)).sort(), ['cl100k_base.bin', 'o200k_base.bin']);
  for (const encoding of encodingNames) {
    const written = await readFile(join(directory, `${encoding}.bin`));
    assert.ok(written.equals(buildTokenTable(encoding)));
  }
});
