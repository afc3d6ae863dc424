import { type SseEvent, SseSplitter, sseEventBytesMax } from '../core/sse.ts';
import { type ProviderAnswer, ProviderError } from '../providers/http.ts';
import type { StreamReader } from '../providers/surface.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { UnusableAnswer } from './unusable-answer.ts';

/** Announcements and comments before the first content are kept back; a provider that sends more of them has none. */
const openingBytesMax = 16 * 1024 * 1024;
/** What keeping one costs besides its bytes: many empty events are not little. */
const eventOverheadBytes = 1024;

/** How long a provider may keep its connection open after its terminator: nobody waits for anything any more. */
const afterEndMs = 1_000;

/**
 * A streamed answer: its events pass untouched while their meaning is read. Each event is looked at once. When a stream
 * breaks, the client gets everything up to there and then an error event, never the terminator.
 */
export class AnswerStream {
  private readonly splitter = new SseSplitter();
  private readonly reader: StreamReader;
  private readonly answer: ProviderAnswer;
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly exchange: Exchange;
  private readonly gateway: Gateway;
  private readonly dropsUsageEvent: boolean;
  private readonly opening: Buffer[] = [];
  private eventsRead = 0;
  private hasContent = false;
  private sawFinish = false;
  private sawEnd = false;
  private usageIsFinal = false;
  private problem: string | undefined;
  /** What follows cannot be trusted: nothing more is read or relayed. */
  private isBroken = false;
  private endTimer: NodeJS.Timeout | undefined;

  constructor(answer: ProviderAnswer, reader: StreamReader, exchange: Exchange, gateway: Gateway) {
    const { surface, body } = exchange.call;
    this.answer = answer;
    this.chunks = answer.body[Symbol.asyncIterator]();
    this.reader = reader;
    this.exchange = exchange;
    this.gateway = gateway;
    this.dropsUsageEvent = Object.keys(surface.usageRequest(body)).length > 0;
  }

  /** @throws UnusableAnswer or ProviderError when the stream reports an error or breaks before its first content */
  async readUntilContent(): Promise<void> {
    try {
      await this.readOpening();
    } catch (error) {
      const record = this.exchange.attempts.at(-1)?.record;
      if (record) record.usage = this.reader.usage();
      throw error;
    }
  }

  private async readOpening(): Promise<void> {
    let bytes = 0;
    while (!this.hasContent) {
      const events = await this.next();
      if (this.hasContent) this.exchange.firstContentAtMs = this.gateway.now();
      else if (this.problem !== undefined) throw new UnusableAnswer(`the stream began with ${this.problem}`);
      else if (events === undefined) throw new UnusableAnswer('the stream ended before its first content');
      for (const event of events ?? []) {
        bytes += event.length + eventOverheadBytes;
        this.opening.push(event);
      }
      if (bytes > openingBytesMax && !this.hasContent)
        throw new UnusableAnswer(`the stream began with ${bytes} bytes without content`);
    }
  }

  /** To be called once there is content. Yields whole events. */
  async *relay(): AsyncGenerator<string | Buffer> {
    try {
      yield join(this.opening.splice(0));
      for (let events = await this.next(); events; events = await this.next()) {
        if (events.length > 0) yield join(events);
      }
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (!this.sawEnd) this.problem ??= error.message;
    } finally {
      clearTimeout(this.endTimer);
      this.answer.abandon();
      this.noteResult();
    }
    if (this.problem === undefined) return;
    const message = `The provider's stream broke off: ${this.problem}`;
    yield this.exchange.call.surface.errorEvent('stream_failed', message, this.eventsRead);
  }

  /** @returns events to relay, of which there may be none; undefined when the stream is over */
  private async next(): Promise<Buffer[] | undefined> {
    if (this.isBroken) return undefined;
    const { value, done } = await this.chunks.next();
    if (done) return this.readRest();
    const relayed: Buffer[] = [];
    for (const event of this.splitter.push(value)) {
      if (this.read(event)) relayed.push(event.raw);
      if (this.isBroken) return relayed;
    }
    if (this.splitter.isTooLong) this.giveUp(`an event of over ${sseEventBytesMax} bytes`);
    return relayed;
  }

  /** The stream is over, rightly or not. Some servers forget the blank line after their last event. */
  private readRest(): Buffer[] | undefined {
    const event = this.splitter.end();
    if (event && this.read(event)) return [event.raw, blankLine];
    if (event && this.isBroken) this.problem = 'the end of the stream inside an event';
    if (!this.sawFinish && !this.sawEnd) this.problem ??= 'the end of the stream before the end of the answer';
    return undefined;
  }

  /** @returns whether the client gets the event */
  private read(event: SseEvent): boolean {
    if (this.sawEnd) return true;
    const reading = this.reader.read(event);
    if (event.data !== undefined) this.eventsRead++;
    if (reading.error !== undefined) this.problem ??= reading.error;
    if (reading.isMalformed) this.isBroken = true;
    if (reading.isEnd && !this.hasContent && !reading.hasContent) this.problem ??= 'its end';
    this.hasContent ||= reading.hasContent;
    this.sawFinish ||= reading.isFinish;
    this.usageIsFinal ||= reading.isFinish || reading.isUsageOnly;
    this.exchange.relayedText.add(reading.text);
    if (this.problem !== undefined && (reading.isEnd || reading.isMalformed)) return false;
    if (reading.isEnd) this.noteEnd();
    return !(reading.isUsageOnly && this.dropsUsageEvent);
  }

  private giveUp(problem: string): void {
    this.isBroken = true;
    if (!this.sawEnd) this.problem ??= problem;
  }

  private noteEnd(): void {
    this.sawEnd = true;
    this.endTimer = setTimeout(() => this.answer.abandon(), afterEndMs);
  }

  private noteResult(): void {
    const { exchange } = this;
    exchange.answeredAtMs = this.gateway.now();
    exchange.finishReason = this.reader.finishReason();
    if (this.usageIsFinal) exchange.usage = this.reader.usage();
    else exchange.usageSoFar = this.reader.usage();
    const isComplete = this.problem === undefined && (this.sawFinish || this.sawEnd);
    exchange.outcome = isComplete ? 'succeeded' : 'stream_failed';
    const record = exchange.attempts.at(-1)?.record;
    if (record && !isComplete) record.error = `the stream broke off: ${this.problem}`;
  }
}

const blankLine = Buffer.from('\n\n');

function join(events: Buffer[]): Buffer {
  return events.length === 1 ? (events[0] as Buffer) : Buffer.concat(events);
}
