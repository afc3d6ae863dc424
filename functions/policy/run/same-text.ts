import { createHash, timingSafeEqual } from 'node:crypto';

/** What of a secret is compared: a digest, so that neither length nor content shows in the time it takes. */
export function digestText(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}

export function sameDigest(left: Buffer, right: Buffer): boolean {
  return timingSafeEqual(left, right);
}
