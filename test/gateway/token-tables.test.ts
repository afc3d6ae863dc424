import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildTokenTable } from '../../functions/core/tokens/build-table.ts';
import { encodingNames } from '../../functions/core/tokens/encodings.ts';
import { loadTokenTable } from '../../functions/gateway/token-tables.ts';

const sources = fileURLToPath(new URL('../../functions/', import.meta.url));

for (const encoding of encodingNames) {
  test(`the sources find the ${encoding} table, and it is what the build script makes today`, () => {
    assert.equal(Buffer.compare(loadTokenTable(encoding), buildTokenTable(encoding)), 0, 'run `npm run tokens`');
  });
}

/** `loadTokenTable` as a Lambda has it: in a bundle, away from the sources. */
async function bundleLoader(context: TestContext): Promise<{ directory: string; load: typeof loadTokenTable }> {
  const directory = await mkdtemp(join(tmpdir(), 'token-tables-'));
  context.after(() => rm(directory, { recursive: true }));
  const bundle = join(directory, 'index.mjs');
  await build({
    entryPoints: [join(sources, 'gateway/token-tables.ts')],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  const { loadTokenTable: load } = await import(pathToFileURL(bundle).href);
  return { directory, load };
}

test('a bundle reads the table beside it', async context => {
  const { directory, load } = await bundleLoader(context);
  await writeFile(join(directory, 'cl100k_base.bin'), 'table');
  assert.equal(Buffer.from(load('cl100k_base')).toString(), 'table');
});

test('a missing table is an error that names the places and the remedy', async context => {
  const { directory, load } = await bundleLoader(context);
  assert.throws(
    () => load('o200k_base'),
    (error: Error) => error.message.includes(join(directory, 'o200k_base.bin')) && /npm run tokens/.test(error.message),
  );
});

test('a bundle that counts holds none of the ranks', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(sources, 'core/tokens/count-tokens.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    metafile: true,
    write: false,
  });
  assert.deepEqual(
    Object.keys(metafile.inputs).filter(input => input.includes('js-tiktoken')),
    [],
  );
  assert.ok((outputFiles[0]?.contents.length ?? 0) < 10_000);
});
