import { createHash } from 'node:crypto';
import { type IdPrefix, newId, toDigits } from '../core/ids.ts';
import type { Management, ManagementRequest } from '../management/route.ts';

/**
 * The id of what a request makes. The same Idempotency-Key of an account leads to the same id, and the ledger makes
 * nothing twice under one id, however late the request is repeated; without a key every request has an id of its own.
 */
export function idFor(
  prefix: IdPrefix,
  { idempotencyKey, caller }: ManagementRequest<unknown, unknown>,
  { now, randomBytes }: Management,
): string {
  if (idempotencyKey === undefined) return newId(prefix, now(), randomBytes);
  const bytes = createHash('sha256').update(`${caller.accountId} ${idempotencyKey}`).digest();
  return `${prefix}_${toDigits(bytes.readUIntBE(0, 6), 8)}${toDigits(bytes.readUIntBE(6, 6), 7)}`;
}

/** Tells what one request asks for from what another does, so that a key that comes with another body is noticed. */
export function digestOf(...parts: (string | bigint | undefined)[]): string {
  const text = JSON.stringify(parts.map(part => part?.toString() ?? null));
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
