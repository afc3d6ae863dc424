import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { EvaluationError } from '../expression-error.ts';
import { crc64, xxhash64 } from './checksums.ts';
import type { MacroFunction } from './register.ts';

const sums: Readonly<Record<string, (text: string) => Buffer>> = {
  crc32: text => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(text));
    return sum;
  },
  crc64: text => crc64(Buffer.from(text)),
  md5: text => createHash('md5').update(text).digest(),
  sha1: text => createHash('sha1').update(text).digest(),
  sha256: text => createHash('sha256').update(text).digest(),
  sha512: text => createHash('sha512').update(text).digest(),
  xxhash64: text => xxhash64(Buffer.from(text)),
};

export const hashFormats = "A hash is written as 'hex' or as 'base64'";

export const hashNames = Object.keys(sums);

/** `hash.sha256(text)` and `text.sha256()`, in hexadecimal digits or as told. */
export const hashMacros: readonly MacroFunction[] = Object.entries(sums).flatMap(([name, sum]) => [
  {
    signature: `Hash.${name}(string): string`,
    compute: (_hash: object, text: string) => sum(text).toString('hex'),
    whenAbsent: null,
  },
  {
    signature: `Hash.${name}(string, string): string`,
    compute: (_hash: object, text: string, format: string) => sum(text).toString(encodingOf(format)),
    whenAbsent: null,
  },
  { signature: `string.${name}(): string`, compute: (text: string) => sum(text).toString('hex'), whenAbsent: null },
  {
    signature: `string.${name}(string): string`,
    compute: (text: string, format: string) => sum(text).toString(encodingOf(format)),
    whenAbsent: null,
  },
]);

function encodingOf(format: string): 'hex' | 'base64' {
  if (format === 'hex' || format === 'base64') return format;
  throw new EvaluationError(hashFormats);
}
