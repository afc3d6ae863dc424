import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSecretReader } from '../../functions/store/secrets.ts';

test('a secret that is not JSON is told by its name, and nothing of it is repeated', async () => {
  const source = { send: async () => ({ SecretString: 'sk-proj-not-for-logs', $metadata: {} }) };
  await assert.rejects(createSecretReader(source, 0, Date.now).read('tollgate/managed'), error => {
    assert(error instanceof Error && error.cause instanceof Error);
    assert.match(error.cause.message, /^tollgate\/managed is not JSON$/);
    assert.doesNotMatch(`${error.stack} ${error.cause.stack}`, /sk-proj/);
    return true;
  });
});
