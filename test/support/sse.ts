import { SseSplitter } from '../../functions/core/sse.ts';
import type { EventReading, Surface } from '../../functions/providers/surface.ts';

/** Payloads of stream events as a provider sends them; those with a `type` carry it as the event's name too. */
export function toSse(payloads: (object | string)[]): string {
  return payloads.map(toEvent).join('');
}

export function toEvent(payload: object | string): string {
  if (typeof payload === 'string') return `data: ${payload}\n\n`;
  const name = 'type' in payload && typeof payload.type === 'string' ? `event: ${payload.type}\n` : '';
  return `${name}data: ${JSON.stringify(payload)}\n\n`;
}

/** What a surface makes of a stream that arrives in these chunks. */
export function readStream(surface: Surface, chunks: Buffer[]) {
  const splitter = new SseSplitter();
  const reader = surface.createStreamReader?.();
  if (!reader) throw new Error(`${surface.name} never streams`);
  const events = chunks.flatMap(chunk => splitter.push(chunk));
  const rest = splitter.end();
  const readings: EventReading[] = events.map(event => ({ ...reader.read(event) }));
  return {
    readings,
    usage: reader.usage(),
    text: readings.map(({ text }) => text).join(''),
    bytes: Buffer.concat([...events, ...(rest ? [rest] : [])].map(({ raw }) => raw)),
  };
}
