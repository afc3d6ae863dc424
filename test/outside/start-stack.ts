import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `npm start` in a process of its own, on free ports and a data folder of its own. */
export interface Stack {
  gatewayUrl: string;
  managementUrl: string;
  gatewayKey: string;
  managementKey: string;
  accountId: string;
  endpointId: string;
  dynamodbUrl: string;
  secretsManagerUrl: string;
  printed: string;
  /** All that it wrote after it was ready, to either stream. */
  output(): string;
  dataFolder: string;
  /** Calls the management API with the first key. */
  manage(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

export function newDataFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Where started stacks keep their compiled code, which is most of the time that a start takes. */
const compileCache = join(import.meta.dirname, '../../node_modules/.cache/node');

/** Runs `npm start`'s command and waits until it is ready or gives up. */
export async function run(
  variables: Record<string, string>,
): Promise<{ child: ChildProcess; stdout: string; stderr: string; laterOutput(): string }> {
  const { TOLLGATE_ROLE: _, ...inherited } = process.env;
  const main = join(import.meta.dirname, '../../infra/local/main.ts');
  const child = spawn(process.execPath, [main], {
    env: { NODE_COMPILE_CACHE: compileCache, ...inherited, TOLLGATE_PORT: '0', ...variables },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', chunk => {
    stdout += chunk;
  });
  child.stderr.on('data', chunk => {
    stderr += chunk;
  });
  const ready = new Promise<void>(resolve => {
    child.stdout.on('data', () => /curl -N|Tollgate gateway/.test(stdout) && resolve());
  });
  await Promise.race([ready, once(child, 'close')]);
  const [begun, complained] = [stdout.length, stderr.length];
  return { child, stdout, stderr, laterOutput: () => stdout.slice(begun) + stderr.slice(complained) };
}

export async function startStack(folder: string, variables: Record<string, string> = {}): Promise<Stack> {
  const { child, stdout, stderr, laterOutput } = await run({ TOLLGATE_DATA: folder, ...variables });
  if (child.exitCode !== null) throw new Error(`npm start failed: ${stderr}`);
  const values = JSON.parse(readFileSync(join(folder, 'first-run.json'), 'utf8'));
  return {
    ...values,
    printed: stdout,
    output: laterOutput,
    dataFolder: folder,
    manage: (method, path, body, headers = {}) =>
      fetch(values.managementUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${values.managementKey}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill(signal);
      const [code] = await once(child, 'close');
      return code;
    },
  };
}
