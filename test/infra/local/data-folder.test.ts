import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DataFolderError, DataFolderInUseError, lockDataFolder } from '../../../infra/local/data-folder.ts';

/** Another process that holds the lock; resolves when it does. */
async function lockElsewhere(folder: string): Promise<ChildProcess> {
  const module = import.meta.resolve('../../../infra/local/data-folder.ts');
  const script = `
    const { lockDataFolder } = await import(${JSON.stringify(module)});
    await lockDataFolder(${JSON.stringify(folder)});
    console.log('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('the data folder', () => {
  test('is made, for its owner only', async context => {
    const parent = await mkdtemp(join(tmpdir(), 'data-'));
    context.after(() => rm(parent, { recursive: true }));
    const folder = join(parent, 'deep', 'data');
    const lock = await lockDataFolder(folder);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    await lock.release();
  });

  test('belongs to one process at a time, and to the next one after a kill', async context => {
    const folder = await mkdtemp(join(tmpdir(), 'data-'));
    context.after(() => rm(folder, { recursive: true }));
    const other = await lockElsewhere(folder);
    await assert.rejects(lockDataFolder(folder), error => {
      assert.ok(error instanceof DataFolderInUseError);
      assert.equal(error.message, `data folder "${folder}" is in use by another process; stop it or set TOLLGATE_DATA`);
      return true;
    });
    other.kill('SIGKILL');
    await once(other, 'exit');
    const lock = await lockDataFolder(folder);
    await lock.release();
    await (await lockDataFolder(folder)).release();
  });

  test('that cannot be made is named, with the reason', async context => {
    const parent = await mkdtemp(join(tmpdir(), 'data-'));
    context.after(() => rm(parent, { recursive: true }));
    const folder = join(parent, 'file');
    await writeFile(folder, '');
    await assert.rejects(lockDataFolder(folder), error => {
      assert.ok(error instanceof DataFolderError);
      assert.match(error.message, /^data folder ".*file" cannot be used: .+; correct that or set TOLLGATE_DATA$/);
      return true;
    });
  });
});
