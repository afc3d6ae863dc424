import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { build } from 'esbuild';
import { briefTimeout, LambdaFunction } from '../../infra/lambda-function.ts';

/** Plain JavaScript of everything that is measured: nothing in those processes strips types. */
export interface Bundles {
  /** The gateway's handler, bundled as it is deployed. */
  gateway: string;
  gatewayBytes: number;
  emptyHandler: string;
  functionUrl: string;
  barePipe: string;
  mock: string;
  remove(): void;
}

export async function makeBundles(): Promise<Bundles> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const names = ['empty-handler', 'function-url', 'bare-pipe', 'mock'];
  await build({
    entryPoints: names.map(name => join(import.meta.dirname, `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'error',
  });
  const gateway = bundleGateway(folder);
  return {
    gateway,
    gatewayBytes: statSync(gateway).size,
    emptyHandler: join(folder, 'empty-handler.cjs'),
    functionUrl: join(folder, 'function-url.cjs'),
    barePipe: join(folder, 'bare-pipe.cjs'),
    mock: join(folder, 'mock.cjs'),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Lets the stack's own construct do it, so that what is measured cannot drift from what is deployed. */
function bundleGateway(folder: string): string {
  const outdir = join(folder, 'cdk.out');
  const app = new App({ outdir });
  new LambdaFunction(new Stack(app, 'Bench'), 'GatewayFunction', {
    folder: 'gateway',
    description: 'measured',
    environment: {},
    timeout: briefTimeout,
    logRetentionDays: 1,
    files: ['o200k_base', 'cl100k_base'].map(name => `node_modules/.cache/tollgate/${name}.bin`),
  });
  app.synth();
  const asset = readdirSync(outdir).find(name => name.startsWith('asset.')) as string;
  return join(outdir, asset, 'index.js');
}
