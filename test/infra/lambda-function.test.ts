import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { buildDashboard } from '../../infra/build-dashboard.ts';
import { briefTimeout, LambdaFunction, type LambdaFunctionProps } from '../../infra/lambda-function.ts';
import { cdkContext } from './synthesize-stack.ts';

const outFolder = await mkdtemp(join(tmpdir(), 'tollgate-bundle-'));
after(() => rm(outFolder, { recursive: true, force: true }));

/** Bundles a function. @returns the folder that Lambda would get */
async function bundle(props: Pick<LambdaFunctionProps, 'folder' | 'folders'>): Promise<string> {
  const outdir = await mkdtemp(join(outFolder, `${props.folder}-`));
  const app = new App({ outdir, context: cdkContext, builtinCloudFormationValidation: false });
  new LambdaFunction(new Stack(app, 'Demo'), 'DemoFunction', {
    ...props,
    description: 'a test',
    environment: {},
    timeout: briefTimeout,
    logRetentionDays: 1,
  });
  app.synth();
  const [asset] = (await readdir(outdir)).filter(name => name.startsWith('asset.'));
  return join(outdir, asset as string);
}

/** Runs a script on a bundle. It is a file of its own, because `node --eval` would lend the bundle a `require`. */
async function run(script: string, folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, script), join(folder, 'index.js')],
    {
      cwd: folder,
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
  return stdout;
}

test('the gateway is one file that starts, with its dependencies in it and without fetch', async () => {
  const folder = await bundle({ folder: 'gateway' });
  assert.ok((await readdir(folder)).includes('index.js'));
  assert.equal(await run('start-bundle.ts', folder), 'function, undici not loaded\n');
});

test('the dashboard has its files beside it', async () => {
  const files = join(outFolder, 'dashboard');
  buildDashboard(files);
  const folder = await bundle({ folder: 'dashboard', folders: [files] });
  assert.equal(
    await run('open-bundled-page.ts', folder),
    '200 text/html; charset=utf-8, 200 text/javascript; charset=utf-8\n',
  );
});
