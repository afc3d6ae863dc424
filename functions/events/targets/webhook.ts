import type { Clock } from '../../core/clock.ts';
import type { Egress } from '../../providers/egress.ts';
import { signatureHeader, signWebhook } from '../sign-webhook.ts';
import { postJson } from './post.ts';
import type { Target } from './target.ts';

/**
 * Posts `{"events": [...]}` to an address.
 * @param secret signs the body; undefined for a receiver that wants no signature
 */
export function openWebhook(
  url: string,
  secret: string | undefined,
  { egress, now, timeoutMs }: { egress: Egress; now: Clock; timeoutMs?: number | undefined },
): Target {
  return {
    async send({ id, events }) {
      const body = JSON.stringify({ events });
      const headers = {
        'tollgate-batch-id': id,
        ...(secret !== undefined && { [signatureHeader]: signWebhook(body, secret, now()) }),
      };
      await postJson(new URL(url), headers, body, { egress, ...(timeoutMs !== undefined && { timeoutMs }) });
    },
  };
}
