import { gunzipSync, gzipSync } from 'node:zlib';
import type { EventBatch } from '../store/event-outbox.ts';
import type { GatewayEvent } from './gateway-event.ts';

/**
 * What one batch may hold. An item has 400 KB, and text in base64 takes a third more than its bytes, if nothing in it can
 * be compressed; usually a hundred events take 10 KB. Every target takes this much in few calls.
 */
export const eventsMax = 100;
export const batchBytesMax = 240_000;

/** Begins with the time of the events, and has nothing in it that an address could not. @param moment RFC 3339 */
export function batchId(moment: string, rest: string): string {
  return `${moment.replaceAll(/[:.]/g, '-')}_${rest}`;
}

/** @param id see `batchId` */
export function packEvents(id: string, createdAt: string, events: readonly GatewayEvent[]): EventBatch {
  const accountId = events[0]?.account_id ?? '';
  const content = gzipSync(JSON.stringify(events)).toString('base64');
  return { id, accountId, events: events.length, createdAt, content };
}

export function unpackEvents({ content }: EventBatch): GatewayEvent[] {
  return JSON.parse(gunzipSync(Buffer.from(content, 'base64')).toString('utf8'));
}
