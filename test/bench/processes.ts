import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** A process under measurement. */
export interface Started {
  /** What it printed first: where it listens. */
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/**
 * Runs a script with this Node until it prints its first line.
 * @throws Error when it ends before
 */
export async function startScript(
  file: string,
  args: string[],
  { environment = {} }: { environment?: Record<string, string> } = {},
): Promise<Started> {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => stopChild(child);
  const printed = once(child.stdout, 'data').then(([data]) => String(data).trim());
  const url = await Promise.race([printed, once(child, 'exit').then(() => undefined)]);
  if (url === undefined) throw new Error(`${file} ended before it listened`);
  return { url, pid: child.pid as number, stop };
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** User and system time of all threads of a process, in milliseconds. Linux only. */
export function cpuMs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
  }
  return nanoseconds / 1e6;
}

/** Memory that a process holds, in MB. Linux only. */
export function rssMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
