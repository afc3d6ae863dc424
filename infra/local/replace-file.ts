import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Puts a file, readable by its owner only, in place of an older one: after a crash or a power cut there is either the
 * old file or the new one. When it returns, the new one is on disk.
 */
export function replaceFile(path: string, data: string | Uint8Array): void {
  const temporary = `${path}.new`;
  withDescriptor(temporary, 'w', descriptor => {
    writeFileSync(descriptor, data);
    fsyncSync(descriptor);
  });
  renameSync(temporary, path);
  withDescriptor(dirname(path), 'r', fsyncSync); // the folder holds the new name
}

function withDescriptor(path: string, flags: 'r' | 'w', use: (descriptor: number) => void): void {
  const descriptor = openSync(path, flags, 0o600);
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
