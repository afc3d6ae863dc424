import { createHash, randomUUID } from 'node:crypto';
import { findClaim, type IdempotencyClaim, putClaim } from '../store/idempotency.ts';
import { idempotencyConflict } from './idempotency-key.ts';
import { ManagementError } from './management-error.ts';
import type { Management, ManagementRequest } from './route.ts';

/** How long an `Idempotency-Key` is remembered. */
const keyLifetimeMs = 24 * 3_600_000;

/** Longer than any function runs: then whoever held the claim is gone. */
const leaseMs = 60_000;

const waitMs = 50;
const waitsMax = 60;

export interface Creation<Created, Existing> {
  /** Names what is created, so that one key can be used for different things. */
  name: string;
  newId(): string;
  /** Throws when the request cannot be met. A repeated one is not checked again: its object is there. */
  check(): Promise<void>;
  /** Makes the object with this id; when it fails half-way, another call with the same id must be able to go on. */
  create(id: string): Promise<Created>;
  find(id: string): Promise<Existing | undefined>;
}

/**
 * Creates one object, however often the request comes with the same `Idempotency-Key` and the same body within 24 h.
 * The key leads to the id before anything is made, so requests at once and requests after a failure make the same one.
 * @throws ManagementError idempotency_conflict when the key came with another body, or what it made was deleted since
 */
export async function createOnce<Created, Existing>(
  { caller, idempotencyKey, body }: Pick<ManagementRequest<unknown, unknown>, 'caller' | 'idempotencyKey' | 'body'>,
  { store, now, report }: Pick<Management, 'store' | 'now' | 'report'>,
  { name, newId, check, create, find }: Creation<Created, Existing>,
): Promise<{ created: Created } | { existing: Existing }> {
  if (idempotencyKey === undefined) {
    await check();
    return { created: await create(newId()) };
  }
  const key = digest(`${name} ${idempotencyKey}`);
  const requestDigest = digest(JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? `${value}` : value)));
  const put = (claim: IdempotencyClaim, standing: IdempotencyClaim | undefined) =>
    putClaim(store, caller.accountId, key, claim, standing);

  const holder = randomUUID();

  for (let waits = 0; waits < waitsMax; waits++) {
    const nowMs = now();
    const standing = await findClaim(store, caller.accountId, key);
    const isKnown = standing !== undefined && standing.expiresAtMs > nowMs;
    if (isKnown && standing.requestDigest !== requestDigest) throw idempotencyConflict('another_body');
    const existing = isKnown ? await find(standing.objectId) : undefined;
    if (existing !== undefined) return { existing };
    if (isKnown && standing.isMade) throw idempotencyConflict('deleted');
    if (!isKnown || standing.leaseUntilMs <= nowMs || standing.holder === holder) {
      await check();
      const claim = {
        requestDigest,
        objectId: isKnown ? standing.objectId : newId(),
        holder,
        leaseUntilMs: nowMs + leaseMs,
        expiresAtMs: isKnown ? standing.expiresAtMs : nowMs + keyLifetimeMs,
      };
      let created: Created;
      try {
        if (!(await put(claim, standing))) continue;
        created = await create(claim.objectId);
      } catch (error) {
        await put({ ...claim, leaseUntilMs: 0 }, claim).catch(() => false); // else the lease ends by itself
        throw error;
      }
      await put({ ...claim, isMade: true }, claim).catch(error =>
        report(`if ${claim.objectId} is deleted, its Idempotency-Key can make it again`, error),
      );
      return { created };
    } else {
      await new Promise(resolve => setTimeout(resolve, waitMs));
    }
  }
  throw new ManagementError('idempotency_in_progress', 'A request with this Idempotency-Key is under way; try again', {
    retryAfterSeconds: 1,
  });
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
