import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { EncryptedFileError } from '../../../infra/local/encrypted-file.ts';
import { startSecrets } from '../../../infra/local/secrets.ts';

const token = (character: string) => character.repeat(32);

/** A stand-in and its client, closed after the test. */
async function open(context: TestContext, options: Parameters<typeof startSecrets>[0] = {}) {
  const server = await startSecrets(options);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SecretsManagerClient({ endpoint: server.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  const close = async () => {
    client.destroy();
    await server.close();
  };
  context.after(close);
  const read = async (SecretId: string) => (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
  return { client, url: server.url, close, read };
}

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

describe('a secret', () => {
  test('is created, read, replaced and described', async context => {
    const { client, read } = await open(context);
    const created = await client.send(
      new CreateSecretCommand({ Name: 'tollgate/a', SecretString: '{"openai":"1"}', ClientRequestToken: token('1') }),
    );
    assert.match(created.ARN ?? '', /^arn:aws:secretsmanager:us-east-1:000000000000:secret:tollgate\/a-.{6}$/);
    assert.deepEqual([created.Name, created.VersionId], ['tollgate/a', token('1')]);
    assert.equal(await read('tollgate/a'), '{"openai":"1"}');

    const put = await client.send(
      new PutSecretValueCommand({ SecretId: 'tollgate/a', SecretString: 'two', ClientRequestToken: token('2') }),
    );
    assert.deepEqual([put.VersionId, put.VersionStages], [token('2'), ['AWSCURRENT']]);
    const current = await client.send(new GetSecretValueCommand({ SecretId: 'tollgate/a' }));
    assert.deepEqual([current.SecretString, current.VersionId], ['two', token('2')]);
    assert.ok(current.CreatedDate instanceof Date);
    const previous = await client.send(
      new GetSecretValueCommand({ SecretId: 'tollgate/a', VersionStage: 'AWSPREVIOUS' }),
    );
    assert.equal(previous.SecretString, '{"openai":"1"}');
    const byId = await client.send(new GetSecretValueCommand({ SecretId: 'tollgate/a', VersionId: token('1') }));
    assert.deepEqual([byId.SecretString, byId.VersionStages], ['{"openai":"1"}', ['AWSPREVIOUS']]);
    const description = await client.send(new DescribeSecretCommand({ SecretId: 'tollgate/a' }));
    assert.deepEqual(description.VersionIdsToStages, { [token('2')]: ['AWSCURRENT'], [token('1')]: ['AWSPREVIOUS'] });
  });

  test('is found by its ARN, also without the random end', async context => {
    const { client, read } = await open(context);
    const { ARN = '' } = await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'value' }));
    assert.equal(await read(ARN), 'value');
    assert.equal(await read(ARN.slice(0, -7)), 'value');
  });

  test('may be binary', async context => {
    const { client } = await open(context);
    await client.send(new CreateSecretCommand({ Name: 'a', SecretBinary: Uint8Array.of(0, 255) }));
    const { SecretBinary, SecretString } = await client.send(new GetSecretValueCommand({ SecretId: 'a' }));
    assert.deepEqual([[...(SecretBinary ?? [])], SecretString], [[0, 255], undefined]);
  });

  test('may be named like a property that every object has', async context => {
    const { client, read } = await open(context);
    await assert.rejects(read('__proto__'), ResourceNotFoundException);
    await client.send(new CreateSecretCommand({ Name: '__proto__', SecretString: 'value' }));
    assert.equal(await read('__proto__'), 'value');
  });

  test('is updated in description, value or both', async context => {
    const { client, read } = await open(context);
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one', Description: 'first' }));
    const described = await client.send(new UpdateSecretCommand({ SecretId: 'a', Description: 'second' }));
    assert.equal(described.VersionId, undefined);
    assert.equal(await read('a'), 'one');
    await client.send(new UpdateSecretCommand({ SecretId: 'a', SecretString: 'two' }));
    assert.equal(await read('a'), 'two');
    assert.equal((await client.send(new DescribeSecretCommand({ SecretId: 'a' }))).Description, 'second');
  });
});

describe('a repeated request', () => {
  test('adds nothing when its token and value are the same', async context => {
    const { client } = await open(context);
    const create = { Name: 'a', SecretString: 'one', ClientRequestToken: token('1') };
    const first = await client.send(new CreateSecretCommand(create));
    assert.equal((await client.send(new CreateSecretCommand(create))).ARN, first.ARN);
    const put = { SecretId: 'a', SecretString: 'two', ClientRequestToken: token('2') };
    await client.send(new PutSecretValueCommand(put));
    await client.send(new PutSecretValueCommand(put));
    const late = await client.send(
      new PutSecretValueCommand({ ...put, SecretString: 'one', ClientRequestToken: token('1') }),
    );
    assert.deepEqual(late.VersionStages, ['AWSPREVIOUS']);
    const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId: 'a' }));
    assert.deepEqual(VersionIdsToStages, { [token('2')]: ['AWSCURRENT'], [token('1')]: ['AWSPREVIOUS'] });
  });

  test('with the same token and another value is refused', async context => {
    const { client, read } = await open(context);
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one', ClientRequestToken: token('1') }));
    const other = { SecretString: 'two', ClientRequestToken: token('1') };
    await assert.rejects(client.send(new PutSecretValueCommand({ SecretId: 'a', ...other })), ResourceExistsException);
    await assert.rejects(client.send(new CreateSecretCommand({ Name: 'a', ...other })), ResourceExistsException);
    assert.equal(await read('a'), 'one');
  });
});

describe('a refusal', () => {
  const value = { SecretString: 'value' };
  type Refusal = [name: string, refused: (client: SecretsManagerClient) => Promise<unknown>, error: object];
  const refusals: Refusal[] = [
    [
      'to read what does not exist',
      client => client.send(new GetSecretValueCommand({ SecretId: 'none' })),
      ResourceNotFoundException,
    ],
    [
      'to replace what does not exist',
      client => client.send(new PutSecretValueCommand({ SecretId: 'none', ...value })),
      ResourceNotFoundException,
    ],
    [
      'to update what does not exist',
      client => client.send(new UpdateSecretCommand({ SecretId: 'none' })),
      ResourceNotFoundException,
    ],
    [
      'to describe what does not exist',
      client => client.send(new DescribeSecretCommand({ SecretId: 'none' })),
      ResourceNotFoundException,
    ],
    [
      'to delete what does not exist',
      client => client.send(new DeleteSecretCommand({ SecretId: 'none' })),
      ResourceNotFoundException,
    ],
    [
      'to read a version that does not exist',
      client => client.send(new GetSecretValueCommand({ SecretId: 'a', VersionId: 'x' })),
      ResourceNotFoundException,
    ],
    [
      'to read a stage that does not exist',
      client => client.send(new GetSecretValueCommand({ SecretId: 'a', VersionStage: 'AWSPREVIOUS' })),
      ResourceNotFoundException,
    ],
    [
      'to read a secret without a value',
      client => client.send(new GetSecretValueCommand({ SecretId: 'empty' })),
      ResourceNotFoundException,
    ],
    [
      'to create what exists',
      client => client.send(new CreateSecretCommand({ Name: 'a', ...value })),
      ResourceExistsException,
    ],
    ['to put nothing', client => client.send(new PutSecretValueCommand({ SecretId: 'a' })), InvalidParameterException],
    [
      'to put text and bytes',
      client => client.send(new PutSecretValueCommand({ SecretId: 'a', ...value, SecretBinary: Uint8Array.of(1) })),
      InvalidParameterException,
    ],
    [
      'to delete for ever and with a window',
      client =>
        client.send(
          new DeleteSecretCommand({ SecretId: 'a', ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 }),
        ),
      InvalidParameterException,
    ],
    ['to read nothing at once', client => client.send(new BatchGetSecretValueCommand({})), InvalidParameterException],
    [
      'of a name with a space',
      client => client.send(new CreateSecretCommand({ Name: 'a b', ...value })),
      { name: 'ValidationException' },
    ],
    [
      'of an unknown stage',
      client => client.send(new PutSecretValueCommand({ SecretId: 'a', ...value, VersionStages: ['X'] })),
      { name: 'ValidationException' },
    ],
    [
      'of text over 65,536 bytes, counted in UTF-8',
      client => client.send(new PutSecretValueCommand({ SecretId: 'a', SecretString: 'é'.repeat(32_769) })),
      { name: 'ValidationException' },
    ],
    [
      'of more than 65,536 bytes',
      client => client.send(new PutSecretValueCommand({ SecretId: 'a', SecretBinary: new Uint8Array(65_537) })),
      { name: 'ValidationException' },
    ],
  ];
  for (const [name, refused, error] of refusals) {
    test(name, async context => {
      const { client, read } = await open(context);
      await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one' }));
      await client.send(new CreateSecretCommand({ Name: 'empty' }));
      await assert.rejects(refused(client), error);
      assert.equal(await read('a'), 'one');
    });
  }

  test('does not concern a value of exactly 65,536 bytes', async context => {
    const { client, read } = await open(context);
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'x'.repeat(65_536) }));
    assert.equal((await read('a'))?.length, 65_536);
  });

  test('of an operation that is not there names it, and one of a body that is not JSON says so', async context => {
    const { url } = await open(context);
    const call = async (target: string, body: string) =>
      (await fetch(url, { method: 'POST', headers: { 'x-amz-target': target }, body })).json();
    assert.deepEqual(await call('secretsmanager.RotateSecret', '{}'), {
      __type: 'UnknownOperationException',
      Message: 'the local Secrets Manager has no operation "RotateSecret"',
    });
    assert.deepEqual(await call('secretsmanager.ListSecrets', '{'), {
      __type: 'SerializationException',
      Message: 'the request is not JSON',
    });
  });
});

describe('deleting', () => {
  test('without recovery is at once, and the name is free again', async context => {
    const { client, read } = await open(context);
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one' }));
    await client.send(new DeleteSecretCommand({ SecretId: 'a', ForceDeleteWithoutRecovery: true }));
    await assert.rejects(read('a'), ResourceNotFoundException);
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'two' }));
    assert.equal(await read('a'), 'two');
  });

  test('can be undone until its window ends', async context => {
    let nowMs = Date.UTC(2026, 0, 1);
    const { client, read } = await open(context, { now: () => nowMs });
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one' }));
    const { DeletionDate } = await client.send(new DeleteSecretCommand({ SecretId: 'a', RecoveryWindowInDays: 7 }));
    assert.equal(DeletionDate?.toISOString(), '2026-01-08T00:00:00.000Z');
    await assert.rejects(read('a'), InvalidRequestException);
    await assert.rejects(client.send(new CreateSecretCommand({ Name: 'a' })), InvalidRequestException);
    assert.deepEqual((await client.send(new ListSecretsCommand({}))).SecretList, []);
    const withPlanned = await client.send(new ListSecretsCommand({ IncludePlannedDeletion: true }));
    assert.equal(withPlanned.SecretList?.length, 1);
    await client.send(new RestoreSecretCommand({ SecretId: 'a' }));
    assert.equal(await read('a'), 'one');

    await client.send(new DeleteSecretCommand({ SecretId: 'a' }));
    nowMs += 30 * 86_400_000;
    await assert.rejects(read('a'), ResourceNotFoundException);
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'two' }));
    assert.equal(await read('a'), 'two');
  });
});

describe('lists', () => {
  test('come in pages and by name prefix', async context => {
    const { client } = await open(context);
    for (const Name of ['a/1', 'b/1', 'a/2', 'a/3'])
      await client.send(new CreateSecretCommand({ Name, SecretString: Name }));
    const Filters = [{ Key: 'name' as const, Values: ['a/'] }];
    const first = await client.send(new ListSecretsCommand({ Filters, MaxResults: 2 }));
    assert.deepEqual(
      first.SecretList?.map(({ Name }) => Name),
      ['a/1', 'a/2'],
    );
    const second = await client.send(new ListSecretsCommand({ Filters, MaxResults: 2, NextToken: first.NextToken }));
    assert.deepEqual(
      second.SecretList?.map(({ Name }) => Name),
      ['a/3'],
    );
    assert.equal(second.NextToken, undefined);
    const values = await client.send(new BatchGetSecretValueCommand({ Filters }));
    assert.deepEqual(
      values.SecretValues?.map(({ SecretString }) => SecretString),
      ['a/1', 'a/2', 'a/3'],
    );
  });

  test('of values name what is missing beside what is there', async context => {
    const { client } = await open(context);
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one' }));
    const { SecretValues, Errors } = await client.send(new BatchGetSecretValueCommand({ SecretIdList: ['a', 'none'] }));
    assert.deepEqual(
      SecretValues?.map(({ SecretString }) => SecretString),
      ['one'],
    );
    assert.deepEqual(
      Errors?.map(({ SecretId, ErrorCode }) => [SecretId, ErrorCode]),
      [['none', 'ResourceNotFoundException']],
    );
  });
});

describe('on disk', () => {
  test('secrets are there at the next start, unreadable to others and in no file in clear', async context => {
    const folder = await temporaryFolder(context);
    const first = await open(context, { folder });
    await first.client.send(new CreateSecretCommand({ Name: 'tollgate/a', SecretString: 'sk-very-secret' }));
    await first.client.send(new PutSecretValueCommand({ SecretId: 'tollgate/a', SecretString: 'sk-newer-secret' }));
    // Not closed: what was answered is on disk.
    const second = await open(context, { folder });
    assert.equal(await second.read('tollgate/a'), 'sk-newer-secret');
    assert.deepEqual((await readdir(folder)).sort(), ['secrets.encrypted', 'secrets.key']);
    for (const name of await readdir(folder)) {
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
      assert.doesNotMatch((await readFile(join(folder, name))).toString('latin1'), /secret|tollgate/);
    }
  });

  test('reading changes no file', async context => {
    const folder = await temporaryFolder(context);
    const { client, read } = await open(context, { folder });
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one' }));
    const before = await readFile(join(folder, 'secrets.encrypted'));
    await read('a');
    await assert.rejects(read('none'));
    assert.deepEqual(await readFile(join(folder, 'secrets.encrypted')), before);
  });

  test('a write that fails is not answered as done', async context => {
    const folder = await temporaryFolder(context);
    const { client, read } = await open(context, { folder });
    await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one' }));
    context.mock.method(console, 'error', () => {});
    await mkdir(join(folder, 'secrets.encrypted.new')); // where the new file would be written first
    await assert.rejects(client.send(new PutSecretValueCommand({ SecretId: 'a', SecretString: 'two' })), {
      name: 'InternalServiceError',
    });
    assert.equal(await read('a'), 'one');
  });

  const damages: [name: string, damage: (folder: string) => Promise<void>, message: RegExp][] = [
    [
      'without its key',
      folder => unlink(join(folder, 'secrets.key')),
      /secrets\.key" is missing; restore it, or remove/,
    ],
    ['with another key', folder => writeFile(join(folder, 'secrets.key'), Buffer.alloc(32)), /cannot be read with/],
    ['with a key of another length', folder => writeFile(join(folder, 'secrets.key'), 'x'), /cannot be read with/],
    ['that was cut', folder => writeFile(join(folder, 'secrets.encrypted'), 'x'), /cannot be read with/],
    [
      'that was changed',
      async folder => {
        const data = await readFile(join(folder, 'secrets.encrypted'));
        data[data.length - 1] = (data.at(-1) as number) ^ 1;
        await writeFile(join(folder, 'secrets.encrypted'), data);
      },
      /cannot be read with/,
    ],
  ];
  for (const [name, damage, message] of damages) {
    test(`a file ${name} is refused at the start, with the remedy`, async context => {
      const folder = await temporaryFolder(context);
      const { client, close } = await open(context, { folder });
      await client.send(new CreateSecretCommand({ Name: 'a', SecretString: 'one' }));
      await close();
      await damage(folder);
      await assert.rejects(startSecrets({ folder }), error => {
        assert.ok(error instanceof EncryptedFileError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

test('a web page is refused', async context => {
  const { url } = await open(context);
  const headers = { origin: 'http://localhost:3000', 'x-amz-target': 'secretsmanager.ListSecrets' };
  assert.equal((await fetch(url, { method: 'POST', headers, body: '{}' })).status, 403);
});
