/** One event of a server-sent event stream. */
export interface SseEvent {
  /** The bytes as they came, with the blank line that ends the event. */
  raw: Buffer;
  /** All `data` lines, joined by newlines; undefined for comments and other events without data. */
  data: string | undefined;
  /** The `event` field. */
  name: string | undefined;
}

/** A single event may be this long: images travel in events. */
export const sseEventBytesMax = 16 * 1024 * 1024;

const lineFeed = 10;
const carriageReturn = 13;

/** Thrown when one event is longer than `sseEventBytesMax`. */
export class SseEventTooLong extends Error {}

/**
 * Cuts a byte stream into server-sent events without changing a byte. Lines may end in LF, CR or CRLF, and chunks may be
 * split anywhere.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class SseSplitter {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private lineIsEmpty = true;
  private lastWasCarriageReturn = false;

  /** @returns the events that this chunk completes */
  push(chunk: Buffer): SseEvent[] {
    const events: SseEvent[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte !== lineFeed && byte !== carriageReturn) {
        this.lineIsEmpty = false;
        this.lastWasCarriageReturn = false;
        continue;
      }
      const secondHalfOfLineEnd = byte === lineFeed && this.lastWasCarriageReturn;
      this.lastWasCarriageReturn = byte === carriageReturn;
      if (secondHalfOfLineEnd) continue;
      if (!this.lineIsEmpty) {
        this.lineIsEmpty = true;
        continue;
      }
      if (byte === carriageReturn && chunk[at + 1] === lineFeed) at++;
      this.lastWasCarriageReturn &&= chunk[at] === carriageReturn;
      events.push(this.complete(chunk.subarray(start, at + 1)));
      start = at + 1;
    }
    if (start < chunk.length) this.keep(chunk.subarray(start));
    return events;
  }

  /** Bytes of an event that never ended. */
  rest(): Buffer {
    return Buffer.concat(this.pending);
  }

  private keep(bytes: Buffer): void {
    this.pendingBytes += bytes.length;
    if (this.pendingBytes > sseEventBytesMax) {
      throw new SseEventTooLong(`a single stream event is over ${sseEventBytesMax} bytes`);
    }
    this.pending.push(bytes);
  }

  private complete(bytes: Buffer): SseEvent {
    const raw = this.pending.length === 0 ? bytes : Buffer.concat([...this.pending, bytes]);
    this.pending = [];
    this.pendingBytes = 0;
    return parseSseEvent(raw);
  }
}

function parseSseEvent(raw: Buffer): SseEvent {
  let data: string | undefined;
  let name: string | undefined;
  const text = raw.toString('utf8').replace(/^\uFEFF/, '');
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.startsWith('data:')) {
      const value = line.startsWith(' ', 5) ? line.slice(6) : line.slice(5);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (line.startsWith('event:')) {
      name = line.slice(6).trim();
    }
  }
  return { raw, data, name };
}
