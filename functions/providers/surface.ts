import type { Surface as CatalogSurface } from '../core/catalog/catalog.ts';
import type { SseEvent } from '../core/sse.ts';
import type { Usage } from '../core/usage.ts';

/** What one stream event means to the gateway; the client gets the bytes whatever they mean. */
export interface EventReading {
  /** Text, reasoning, a tool call or a finish: from here on there is no failover. */
  hasContent: boolean;
  /** The model is done, whether or not the terminator follows. */
  isFinish: boolean;
  /** The normal terminator of the surface. */
  isEnd: boolean;
  /** The event does nothing but report usage. */
  isUsageOnly: boolean;
  /** The event is none of this surface's: it is not even a JSON object, and no client could read it. */
  isMalformed: boolean;
  /** What went wrong, when the event is an error. */
  error: string | undefined;
  /** Text for our own count, in case the provider reports no usage. */
  text: string;
}

/** An event that means nothing to the gateway: a comment, a ping, an announcement. */
export const emptyReading: Readonly<EventReading> = Object.freeze({
  hasContent: false,
  isFinish: false,
  isEnd: false,
  isUsageOnly: false,
  isMalformed: false,
  error: undefined,
  text: '',
});

export const malformedReading: Readonly<EventReading> = Object.freeze({
  ...emptyReading,
  isMalformed: true,
  error: 'an event that is not a JSON object',
});

/** Reads one streamed answer event by event and keeps the usage it reports. */
export interface StreamReader {
  read(event: SseEvent): Readonly<EventReading>;
  /** What was reported so far. Until the model is done it is what the answer costs at least. */
  usage(): Usage | undefined;
  /** Why the model ended, in the provider's words; undefined where it did not say. */
  finishReason(): string | undefined;
}

/** What a whole answer means to the gateway. */
export interface AnswerReading {
  usage: Usage | undefined;
  /** Text for our own count, in case the provider reports no usage. */
  text: string;
  /** What went wrong, when the answer is an error in spite of its status. */
  error: string | undefined;
  /** Why the model ended, in the provider's words; absent where it did not say. */
  finishReason?: string | undefined;
}

export type RequestBody = Record<string, unknown>;

/** One API surface in one wire format: what its requests ask for, how to read its answers and report a broken stream. */
export interface Surface {
  name: 'chat-completions' | 'completions' | 'responses' | 'embeddings' | 'messages' | 'count-tokens' | 'other';
  format: 'openai' | 'anthropic';
  /** What a catalog model must offer to answer here; undefined for paths that the gateway does not know. */
  requires: CatalogSurface | undefined;
  /** Whether the deployment's own keys may be used here. */
  allowsManagedKeys: boolean;
  /** Members to set in a forwarded streaming request so that usage is reported; empty when it always is. */
  usageRequest(body: RequestBody): Record<string, unknown>;
  readAnswer(answer: unknown): AnswerReading;
  /** Undefined where answers are never streamed. */
  createStreamReader: (() => StreamReader) | undefined;
  /**
   * The event that tells the client of a broken stream. The normal terminator never follows it.
   * @param eventsBefore how many events with data the stream had; only the Responses API numbers its events
   */
  errorEvent(code: string, message: string, eventsBefore: number): string;
  /**
   * The prompt's texts in order, for our own token count. Pictures, audio and files are not text and are left out, as
   * are the few tokens with which providers frame each message.
   */
  promptTexts(body: RequestBody): string[];
  /** How many tokens the prompt brings as token ids, which no text shows. */
  promptTokenIds(body: RequestBody): number;
  /**
   * The largest answer that the client allowed, in tokens for each choice; undefined when it set no limit.
   * @throws GatewayError ERR_NGROK_3801 when the limit is not a whole number of at least 1
   */
  outputLimit(body: RequestBody): number | undefined;
  /** The smallest limit that providers accept for this request: a lower one is sure to be refused. */
  outputLimitMin(body: RequestBody): number;
  /**
   * Members to set so that an answer has at most `tokens` for each choice; empty when the client's own limit already
   * sees to it, and where answers have no length.
   * @param tokens at least `outputLimitMin`
   * @param preferred the chat member that the provider knows, in case the client used none
   */
  limitOutput(
    body: RequestBody,
    tokens: number,
    preferred: 'max_tokens' | 'max_completion_tokens',
  ): Record<string, unknown>;
}
