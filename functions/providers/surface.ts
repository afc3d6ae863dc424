import type { Usage } from '../core/usage.ts';
import type { SseEvent } from './sse.ts';

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
  /** What the provider says went wrong, when the event is an error. */
  error: string | undefined;
  /** Text for our own count, in case the provider reports no usage. */
  text: string;
}

/** Reads one streamed answer event by event and keeps the usage it reports. */
export interface StreamReader {
  read(event: SseEvent): EventReading;
  usage(): Usage | undefined;
}

/** One API surface in one wire format: how to ask for usage, read answers and report a broken stream. */
export interface Surface {
  name: 'chat-completions' | 'completions' | 'responses' | 'embeddings' | 'messages';
  format: 'openai' | 'anthropic';
  /** Members to set in a forwarded streaming request so that usage is reported; empty when it always is. */
  usageRequest(body: Record<string, unknown>): Record<string, unknown>;
  readAnswer(answer: unknown): { usage: Usage | undefined; text: string };
  createStreamReader(): StreamReader;
  /** The event that tells the client of a broken stream. The normal terminator never follows it. */
  errorEvent(code: string, message: string): string;
}
