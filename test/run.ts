import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';

/**
 * Runs all tests but those in a browser: `npm test`. Each folder is a process, in which its files share what they load,
 * several at once; tests from outside start processes of their own and stay apart. One file runs with
 * `node --test <file>`.
 */

/** Run by themselves: `npm run test:browser`, `npm run test:load`. */
const apart = ['browser', 'load'];

/** Those that take longest first, so that none of them runs alone at the end. */
const slowest = ['outside', 'management', 'gateway', 'store', 'infra'];
const processesAtOnce = 3;

const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter(
  entry => entry.isDirectory() && !apart.includes(entry.name),
);
const waiting = [...new Set([...slowest, ...folders.map(({ name }) => name)])];
const startedMs = performance.now();
const totals = { tests: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0 };
const failures: string[] = [];

async function work(): Promise<void> {
  for (let folder = waiting.shift(); folder; folder = waiting.shift()) {
    const { output, isPassed } = await runFolder(folder);
    process.stdout.write(output);
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) {
      totals[name] += Number(new RegExp(`^ℹ ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
    }
    if (!isPassed) failures.push(`test/${folder}\n${/^✖ failing tests:$.*/ms.exec(output)?.[0] ?? output}`);
  }
}

async function runFolder(folder: string): Promise<{ output: string; isPassed: boolean }> {
  const isolation = folder === 'outside' ? ['--test-concurrency=2'] : ['--test-isolation=none'];
  const files = `${import.meta.dirname}/${folder}/**/*.test.ts`;
  const child = spawn(process.execPath, ['--test', '--test-timeout=120000', ...isolation, files], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  const output = await text(child.stdout);
  return { output, isPassed: (await ended) === 0 };
}

await Promise.all(Array.from({ length: processesAtOnce }, work));
for (const failure of failures) process.stdout.write(`\n${failure}\n`);
const counts = Object.entries(totals).map(([name, count]) => `${name} ${count}`);
process.stdout.write(`\n${counts.join(', ')} in ${Math.round((performance.now() - startedMs) / 1_000)} s\n`);
if (failures.length > 0 || totals.tests === 0) process.exitCode = 1;
