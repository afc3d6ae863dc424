/** One event of a server-sent event stream. */
export interface SseEvent {
  /** The bytes as they came, with the blank line that ends the event. */
  raw: Buffer;
  /** All `data` lines, joined by newlines; undefined for comments and whatever else no client would be told of. */
  data: string | undefined;
  /** The `event` field. */
  name: string | undefined;
}

/** A single event may be this long: images travel in events. */
export const sseEventBytesMax = 16 * 1024 * 1024;

const lineFeed = 10;
const carriageReturn = 13;

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
  private tooLong = false;

  /** An event is longer than `sseEventBytesMax`; what follows cannot be told apart any more, and nothing of it is kept. */
  get isTooLong(): boolean {
    return this.tooLong;
  }

  /** @returns the events that this chunk completes */
  push(chunk: Buffer): SseEvent[] {
    const events: SseEvent[] = [];
    if (this.tooLong || chunk.length === 0) return events;
    let start = 0;
    let at = this.lastWasCarriageReturn && chunk[0] === lineFeed ? 1 : 0;
    let nextReturn = chunk.indexOf(carriageReturn, at);
    for (;;) {
      if (nextReturn !== -1 && nextReturn < at) nextReturn = chunk.indexOf(carriageReturn, at);
      const nextFeed = chunk.indexOf(lineFeed, at);
      const isReturn = nextReturn !== -1 && (nextFeed === -1 || nextReturn < nextFeed);
      const lineEnd = isReturn ? nextReturn : nextFeed;
      if (lineEnd === -1) break;
      const endsEvent = this.lineIsEmpty && lineEnd === at;
      at = isReturn && nextFeed === lineEnd + 1 ? lineEnd + 2 : lineEnd + 1;
      this.lineIsEmpty = true;
      if (!endsEvent) continue;
      events.push(this.complete(chunk.subarray(start, at)));
      start = at;
    }
    if (at < chunk.length) this.lineIsEmpty = false;
    this.lastWasCarriageReturn = chunk[chunk.length - 1] === carriageReturn;
    if (start < chunk.length) this.keep(chunk.subarray(start));
    return events;
  }

  /** The event that was still open when the stream ended; a reader of lines may take it for a whole one. */
  end(): SseEvent | undefined {
    return this.pending.length === 0 ? undefined : this.complete(Buffer.alloc(0));
  }

  private keep(bytes: Buffer): void {
    this.pendingBytes += bytes.length;
    this.tooLong = this.pendingBytes > sseEventBytesMax;
    if (this.tooLong) this.pending = [];
    else this.pending.push(bytes);
  }

  private complete(bytes: Buffer): SseEvent {
    const raw = this.pending.length === 0 ? bytes : Buffer.concat([...this.pending, bytes]);
    this.pending = [];
    this.pendingBytes = 0;
    return parseSseEvent(raw);
  }
}

const byteOrderMark = 0xfeff;

function parseSseEvent(raw: Buffer): SseEvent {
  let text = raw.toString('utf8');
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n');
  let data: string | undefined;
  let name: string | undefined;
  for (let start = text.charCodeAt(0) === byteOrderMark ? 1 : 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    if (text.startsWith('data:', start)) {
      const value = text.slice(text.startsWith(' ', start + 5) ? start + 6 : start + 5, end);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (text.startsWith('event:', start)) {
      name = text.slice(start + 6, end).trim();
    }
    start = end + 1;
  }
  return { raw, data: data === '' ? undefined : data, name };
}
