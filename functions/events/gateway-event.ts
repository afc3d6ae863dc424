import { createHash } from 'node:crypto';
import { toDigits } from '../core/ids.ts';

/** An event as destinations get it. */
export interface GatewayEvent {
  /** `ev_…`; the same event always has the same id, so that a receiver can drop one that comes twice. */
  event_id: string;
  event_type: string;
  /** RFC 3339 in UTC. */
  event_timestamp: string;
  account_id: string;
  /** Who did it; null when no management key did. */
  principal: { api_key_id: string; account_id: string } | null;
  object: Record<string, unknown>;
}

/** The id of the event about something that has an id: `rq_…` becomes `ev_…`. */
export function eventIdOf(id: string): string {
  return `ev_${id.slice(id.indexOf('_') + 1)}`;
}

/** The id of an event about something that has none, made from what makes it this event and no other. */
export function derivedEventId(...parts: string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  let rest = BigInt(`0x${digest}`);
  let digits = '';
  for (; digits.length < 15; rest /= 62n) digits += toDigits(Number(rest % 62n), 1);
  return `ev_${digits}`;
}
