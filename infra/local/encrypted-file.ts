import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './replace-file.ts';

/** Names the layout that follows; authenticated, so that another layout is not mistaken for this one. */
const layout = Buffer.from('tollgate-secrets-1');
const nonceBytes = 12;
const tagBytes = 16;

/** A file that cannot be read back. */
export class EncryptedFileError extends Error {
  override readonly name = 'EncryptedFileError';
}

/**
 * Keeps one JSON value in `secrets.encrypted` under AES-256-GCM (nonce, tag, ciphertext), its key in `secrets.key` beside
 * it. Both are readable by their owner only and replaced as a whole.
 * @throws EncryptedFileError when the key is missing, or is not the one that the file was written with
 */
export function openEncryptedFile<Value>(folder: string): { value: Value | undefined; write(value: Value): void } {
  const path = join(folder, 'secrets.encrypted');
  const keyPath = join(folder, 'secrets.key');
  const exists = existsSync(path);
  if (!existsSync(keyPath)) {
    if (exists)
      throw new EncryptedFileError(`"${keyPath}" is missing; restore it, or remove "${path}" to start without secrets`);
    replaceFile(keyPath, randomBytes(32));
  }
  const key = readFileSync(keyPath);
  return {
    value: exists ? decrypt(readFileSync(path), key, `"${path}" cannot be read with "${keyPath}"`) : undefined,
    write: value => replaceFile(path, encrypt(value, key)),
  };
}

function encrypt(value: unknown, key: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(layout);
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

function decrypt<Value>(data: Buffer, key: Buffer, failure: string): Value {
  try {
    const nonce = data.subarray(0, nonceBytes);
    const tag = data.subarray(nonceBytes, nonceBytes + tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(layout).setAuthTag(tag);
    const text = Buffer.concat([decipher.update(data.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new EncryptedFileError(`${failure}; restore both from one backup, or remove both to start without secrets`, {
      cause,
    });
  }
}
