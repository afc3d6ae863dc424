import assert from 'node:assert/strict';
import { test } from 'node:test';
import { build } from 'esbuild';

test('the gateway reads checked policies, so that neither a YAML parser nor schema code is in its bundle', async () => {
  const { metafile } = await build({
    entryPoints: [new URL('../../functions/gateway/handler.ts', import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const bundled = Object.keys(metafile.inputs);
  assert(bundled.some(file => file.endsWith('functions/gateway/handler.ts')));
  assert.deepEqual(
    bundled.filter(file => /node_modules\/(zod|yaml)\/|functions\/policy\/(parse-policy|read-document)/.test(file)),
    [],
  );
});
