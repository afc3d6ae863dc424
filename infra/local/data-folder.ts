import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Level } from 'level';

/** Another process works on the data folder. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';

  constructor(folder: string) {
    super(`data folder "${folder}" is in use by another process; stop it or set TOLLGATE_DATA`);
  }
}

/** The data folder cannot be made or written. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';

  constructor(folder: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`data folder "${folder}" cannot be used: ${reason}; correct that or set TOLLGATE_DATA`, { cause });
  }
}

/**
 * Makes the data folder, readable by its owner only, and keeps every other process out of it until `release` is called.
 * The lock is a LevelDB of its own, because the system gives it back when a process is killed, which lock files with
 * process ids do not. One process may lock a folder once.
 * @throws DataFolderInUseError
 * @throws DataFolderError
 */
export async function lockDataFolder(folder: string): Promise<{ release(): Promise<void> }> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = new Level(join(folder, 'lock'));
    await lock.open();
    return { release: () => lock.close() };
  } catch (error) {
    if (isLocked(error)) throw new DataFolderInUseError(folder);
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new DataFolderError(folder, cause);
  }
}

/** LevelDB says so in the cause of `LEVEL_DATABASE_NOT_OPEN`. */
function isLocked(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED';
}
