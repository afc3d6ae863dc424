import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { answerCloudFormation } from '../../functions/bootstrap/answer-cloud-formation.ts';
import { prepareFirstAccount } from '../../functions/bootstrap/prepare-first-account.ts';
import { digestToken } from '../../functions/core/credential.ts';
import { findKeyByDigest } from '../../functions/store/access-keys.ts';
import { findEndpointBySlug } from '../../functions/store/endpoints.ts';
import { createSecretReader } from '../../functions/store/secrets.ts';
import { startSecrets } from '../../infra/local/secrets.ts';
import { startTestStore } from '../support/store.ts';

test('the first account is made once, and its management key works', async () => {
  const { store } = await startTestStore();
  const server = await startSecrets();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const secrets = new SecretsManagerClient({ endpoint: server.url, region: 'us-east-1', credentials });
  await secrets.send(new CreateSecretCommand({ Name: 'pepper', SecretString: '{"pepper":"p"}' }));
  await secrets.send(new CreateSecretCommand({ Name: 'key' }));
  const reader = createSecretReader(secrets, 0, Date.now);
  const parts = {
    store,
    secrets,
    reader,
    pepperSecret: 'pepper',
    managementKeySecret: 'key',
    now: Date.now,
    randomBytes,
  };
  await prepareFirstAccount(parts);
  const first = await reader.read('key');
  await prepareFirstAccount(parts);
  assert.deepEqual(await reader.read('key'), first);
  const key = await findKeyByDigest(store, 'management_key', digestToken(first?.managementKey ?? '', 'p'));
  assert.equal(key?.role, 'operator');
  assert.equal((await findEndpointBySlug(store, 'default'))?.accountId, key?.accountId);
  await server.close();
});

test('CloudFormation is told of success and of failure', async () => {
  const event = { ResponseURL: 'https://example.com/answer', StackId: 's', RequestId: 'r', LogicalResourceId: 'l' };
  for (const [failure, status] of [
    [undefined, 'SUCCESS'],
    ['no table', 'FAILED'],
  ] as const) {
    const sent: unknown[] = [];
    const send = (async (url: string, init: { body: string }) => {
      sent.push(url, JSON.parse(init.body));
      return new Response();
    }) as unknown as typeof fetch;
    await answerCloudFormation(event as Parameters<typeof answerCloudFormation>[0], failure, send);
    assert.equal(sent[0], event.ResponseURL);
    assert.equal((sent[1] as { Status: string }).Status, status);
    assert.equal((sent[1] as { Reason: string }).Reason, failure ?? '');
  }
});
