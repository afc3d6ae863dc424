import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { briefTimeout, LambdaFunction } from '../../infra/lambda-function.ts';
import { cdkContext } from './synthesize-stack.ts';

const outdir = await mkdtemp(join(tmpdir(), 'tollgate-bundle-'));
after(() => rm(outdir, { recursive: true, force: true }));

test('the gateway is one file that starts, with its dependencies in it and without fetch', async () => {
  const app = new App({ outdir, context: cdkContext, builtinCloudFormationValidation: false });
  new LambdaFunction(new Stack(app, 'Demo'), 'GatewayFunction', {
    folder: 'gateway',
    description: 'a test',
    environment: {},
    timeout: briefTimeout,
    logRetentionDays: 1,
  });
  app.synth();
  const [asset] = (await readdir(outdir)).filter(name => name.startsWith('asset.'));
  const folder = join(outdir, asset as string);
  assert.ok((await readdir(folder)).includes('index.js'));

  // A file of its own, because `node --eval` would lend the bundle a `require`.
  const started = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, 'start-bundle.ts'), join(folder, 'index.js')],
    {
      cwd: outdir,
      env: {
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'id',
        AWS_SECRET_ACCESS_KEY: 'secret',
        TOLLGATE_ACCOUNT_SECRETS_PREFIX: 'accounts/',
        TOLLGATE_KEYS_TABLE: 'keys',
        TOLLGATE_ENDPOINTS_TABLE: 'endpoints',
        TOLLGATE_CREDITS_TABLE: 'credits',
        TOLLGATE_USAGE_TABLE: 'usage',
        TOLLGATE_PEPPER_SECRET: 'pepper',
        TOLLGATE_MANAGED_KEYS_SECRET: 'managed-keys',
      },
    },
  );
  assert.equal(started.stdout, 'function, undici not loaded\n');
});
