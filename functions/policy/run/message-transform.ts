import { type SseEvent, SseSplitter, sseEventBytesMax } from '../../core/sse.ts';

export function isEventStream({ headers }: { headers: Readonly<Record<string, string>> }): boolean {
  return /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
}

/** Rewrites a stream of server-sent events, each with the blank line that ends it. */
export interface MessageTransform {
  /** @returns what to send in its place: nothing, or whole events */
  push(event: SseEvent): Buffer[];
  /** The stream is over. @returns what was kept back */
  end(): Buffer[];
}

/**
 * Sends the events of a stream through a transform. Yields whole events.
 * @throws what the transform throws: then the stream ends without its terminator
 */
export async function* transformMessages(
  body: AsyncIterable<string | Buffer>,
  transform: MessageTransform,
): AsyncGenerator<Buffer> {
  const splitter = new SseSplitter();
  for await (const chunk of body) {
    const events = splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    if (splitter.isTooLong) throw new RangeError(`an event has over ${sseEventBytesMax} bytes`);
    const changed: Buffer[] = [];
    let failure: { cause: unknown } | undefined;
    try {
      for (const event of events) changed.push(...transform.push(event));
    } catch (cause) {
      failure = { cause }; // what came before it goes out first
    }
    if (changed.length > 0) yield changed.length === 1 ? (changed[0] as Buffer) : Buffer.concat(changed);
    if (failure) throw failure.cause;
  }
  const last = splitter.end();
  const rest = [...(last ? [...transform.push(last), blankLine] : []), ...transform.end()];
  if (rest.length > 0) yield Buffer.concat(rest);
}

const blankLine = Buffer.from('\n\n');
