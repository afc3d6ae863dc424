import type { Egress } from '../../providers/egress.ts';
import type { GatewayEvent } from '../gateway-event.ts';
import { postJson } from './post.ts';
import type { Target } from './target.ts';

/**
 * Sends each event as a log.
 * @see https://docs.datadoghq.com/api/latest/logs/send-logs/
 */
export function openDatadog(
  { site, service = 'tollgate', tags }: { site: string; service?: string | undefined; tags?: string | undefined },
  apiKey: string,
  { egress, url = `https://http-intake.logs.${site}/api/v2/logs` }: { egress: Egress; url?: string },
): Target {
  return {
    async send({ events }) {
      const logs = events.map(event => ({
        ddsource: 'tollgate',
        service,
        ...(tags !== undefined && { ddtags: tags }),
        timestamp: Date.parse(event.event_timestamp),
        status: statusOf(event),
        message: event.event_type,
        ...event,
      }));
      await postJson(new URL(url), { 'dd-api-key': apiKey }, JSON.stringify(logs), { egress });
    },
  };
}

function statusOf({ object }: GatewayEvent): 'error' | 'info' {
  return 'outcome' in object && object.outcome !== 'succeeded' ? 'error' : 'info';
}
