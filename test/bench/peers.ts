import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { type Started, stopChild } from './processes.ts';
import type { Subject } from './subject.ts';
import { direct } from './subjects.ts';

const folder = join(import.meta.dirname, 'peers');
const server = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');

/** How long a peer may take to listen. */
const startMs = 15_000;

/**
 * Starts Portkey's gateway in front of the same provider; installs it when it is missing. It is no dependency of ours.
 * Its package.json here holds `@hono/node-server` at a version with which this release can stream: with later
 * ones it answers 500, because it changes headers that they have made immutable.
 * @see https://github.com/Portkey-AI/gateway
 * @throws Error when it cannot be installed or does not start
 */
export async function startPortkey(mockUrl: string): Promise<[Started, Subject]> {
  if (!existsSync(server)) {
    // Its install script only applies patches, and it ships none.
    const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) throw new Error(`\`npm ci\` in ${folder} failed; leave --peers out to measure without them`);
  }
  const port = await freePort();
  const child = spawn(process.execPath, [server, '--headless', `--port=${port}`], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
    stdio: 'ignore',
  });
  const started = { url: `http://127.0.0.1:${port}`, pid: child.pid as number, stop: () => stopChild(child) };
  await listening(port);
  const headers = {
    authorization: 'Bearer sk-own',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${mockUrl}/v1`,
  };
  return [started, { ...direct(started), name: 'Portkey', headers }];
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

async function listening(port: number): Promise<void> {
  const deadline = Date.now() + startMs;
  while (!(await canConnect(port))) {
    if (Date.now() > deadline) throw new Error(`Portkey did not listen on port ${port} within ${startMs} ms`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.destroy() && resolve(true));
    socket.once('error', () => resolve(false));
  });
}
