import { countRequest } from '../store/request-counts.ts';
import { ManagementError } from './management-error.ts';
import type { Management } from './route.ts';

const windowMs = 60_000;

/**
 * Admits at most `rateLimit` requests in any 60 s and bucket, over all functions. The last minute is estimated as this
 * minute's count plus the part of the minute before that still lies in the window.
 * @param bucket an account's id for its management keys; other ways in have buckets of their own
 * @throws ManagementError ERR_NGROK_226 with the seconds to wait
 */
export async function checkRateLimit(bucket: string, { store, now, rateLimit }: Management): Promise<void> {
  const nowMs = now();
  const minute = Math.floor(nowMs / windowMs);
  const elapsed = (nowMs % windowMs) / windowMs;
  const { current, previous } = await countRequest(store, bucket, minute);
  if (current + previous * (1 - elapsed) <= rateLimit) return;
  throw new ManagementError('ERR_NGROK_226', `Over ${rateLimit} requests in a minute; wait and try again`, {
    retryAfterSeconds: Math.ceil((windowMs - (nowMs % windowMs)) / 1000),
  });
}
