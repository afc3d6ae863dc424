import { type ProviderAnswer, ProviderError } from '../providers/http.ts';
import { type SseEvent, SseEventTooLong, SseSplitter } from '../providers/sse.ts';
import type { EventReading, StreamReader } from '../providers/surface.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { keepAlive } from './keep-alive.ts';

/** An answer the gateway has committed to. */
export interface OpenedAnswer {
  status: number;
  headers: Record<string, string>;
  /** Bytes for the client. Reading it to the end also reads the answer's usage into the exchange. */
  body: AsyncIterable<string | Buffer>;
}

/** The provider said 200 and then sent nothing that could be relayed; the next candidate may do better. */
export class UnusableAnswer extends Error {}

/** An answer longer than this is relayed all the same, but not searched for its usage. */
const readAnswerBytesMax = 64 * 1024 * 1024;

/**
 * Waits until an answer can no longer turn out to be none: for a stream, its first content; for JSON, its headers.
 * @throws UnusableAnswer or ProviderError while failing over is still possible
 */
export async function openAnswer(answer: ProviderAnswer, exchange: Exchange, gateway: Gateway): Promise<OpenedAnswer> {
  const contentType = (answer.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const { status, headers } = answer;
  if (contentType === 'application/json') return { status, headers, body: relayJson(answer.body, exchange, gateway) };
  const reader = exchange.call.surface.createStreamReader?.();
  if (contentType !== 'text/event-stream' || !reader) {
    throw new UnusableAnswer(`the answer has content type "${contentType}" where JSON or an event stream was expected`);
  }
  const stream = new AnswerStream(answer, reader, exchange, gateway);
  await stream.readUntilContent();
  return { status, headers, body: keepAlive(stream.relay()) };
}

async function* relayJson(body: AsyncIterable<Buffer>, exchange: Exchange, gateway: Gateway): AsyncGenerator<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      exchange.firstContentAtMs ??= gateway.now();
      bytes += chunk.length;
      if (bytes <= readAnswerBytesMax) chunks.push(chunk);
      yield chunk;
    }
    const answer = exchange.call.surface.readAnswer(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    exchange.usage = answer.usage;
    exchange.relayedText = [answer.text];
    exchange.outcome = 'succeeded';
  } catch (error) {
    // The client holds half a JSON document and cannot take it for a whole one.
    if (!(error instanceof ProviderError || error instanceof SyntaxError)) throw error;
    exchange.relayedText = [Buffer.concat(chunks).toString('utf8')];
    exchange.outcome = 'stream_failed';
  }
}

/** A streamed answer: its events pass untouched while their meaning is read. */
class AnswerStream {
  private readonly splitter = new SseSplitter();
  private readonly reader: StreamReader;
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly exchange: Exchange;
  private readonly gateway: Gateway;
  private readonly dropsUsageEvent: boolean;
  private readonly opening: Buffer[] = [];
  private sawFinish = false;
  private sawEnd = false;
  private problem: string | undefined;

  constructor(answer: ProviderAnswer, reader: StreamReader, exchange: Exchange, gateway: Gateway) {
    const { surface, body } = exchange.call;
    this.chunks = answer.body[Symbol.asyncIterator]();
    this.reader = reader;
    this.exchange = exchange;
    this.gateway = gateway;
    this.dropsUsageEvent = Object.keys(surface.usageRequest(body)).length > 0;
  }

  /** @throws UnusableAnswer when the stream reports an error or ends before its first content */
  async readUntilContent(): Promise<void> {
    for (;;) {
      const { value, done } = await this.chunks.next();
      if (done) throw new UnusableAnswer('the stream ended before its first content');
      let committed = false;
      for (const event of this.split(value)) {
        const reading = this.read(event);
        if (reading.error !== undefined && !committed)
          throw new UnusableAnswer(`the stream began with ${reading.error}`);
        committed ||= reading.hasContent || reading.isEnd;
        if (!this.isDropped(reading)) this.opening.push(event.raw);
      }
      if (!committed) continue;
      this.exchange.firstContentAtMs = this.gateway.now();
      return;
    }
  }

  private split(chunk: Buffer): SseEvent[] {
    try {
      return this.splitter.push(chunk);
    } catch (error) {
      if (error instanceof SseEventTooLong) throw new UnusableAnswer(error.message);
      throw error;
    }
  }

  async *relay(): AsyncGenerator<string | Buffer> {
    yield Buffer.concat(this.opening);
    try {
      for (;;) {
        const { value, done } = await this.chunks.next();
        if (done) break;
        const kept = this.split(value).filter(event => !this.isDropped(this.read(event)));
        if (kept.length > 0)
          yield kept.length === 1 ? (kept[0] as SseEvent).raw : Buffer.concat(kept.map(({ raw }) => raw));
      }
      if (!this.sawFinish && !this.sawEnd) this.problem ??= 'the stream ended before the answer did';
    } catch (error) {
      if (!(error instanceof ProviderError || error instanceof UnusableAnswer)) throw error;
      if (!this.sawEnd) this.problem ??= error.message;
    }
    this.exchange.usage = this.reader.usage();
    this.exchange.outcome = this.problem === undefined ? 'succeeded' : 'stream_failed';
    if (this.problem !== undefined && !this.sawEnd) {
      yield this.exchange.call.surface.errorEvent(
        'stream_failed',
        `The provider's stream broke off: ${this.problem}`,
        0,
      );
    }
  }

  private read(event: SseEvent): EventReading {
    const reading = this.reader.read(event);
    this.sawFinish ||= reading.isFinish;
    this.sawEnd ||= reading.isEnd;
    if (reading.error !== undefined) this.problem ??= reading.error;
    if (reading.text !== '') this.exchange.relayedText.push(reading.text);
    return reading;
  }

  /** The usage event that only the gateway asked for. */
  private isDropped(reading: EventReading): boolean {
    return this.dropsUsageEvent && reading.isUsageOnly;
  }
}
