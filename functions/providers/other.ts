import type { SseEvent } from '../core/sse.ts';
import type { Usage } from '../core/usage.ts';
import { errorMessage, isObject, objectOf, parseObject } from './json-object.ts';
import { openAiErrorEvent } from './openai/error-event.ts';
import { readChatUsage, readResponsesUsage } from './openai/usage.ts';
import { definitionsIn, textsIn } from './prompt-texts.ts';
import { type EventReading, emptyReading, type StreamReader, type Surface } from './surface.ts';

/**
 * Any other path of a provider: pictures, moderations, reranking, speech and what is yet to come. Whatever is answered is
 * relayed; usage is read where it looks like usage. Only for keys that are the client's or the endpoint's own.
 */
export const other: Surface = {
  name: 'other',
  format: 'openai',
  requires: undefined,
  allowsManagedKeys: false,
  usageRequest: () => ({}),
  readAnswer(answer) {
    const { error, usage } = objectOf(answer);
    return { usage: readAnyUsage(usage), text: '', error: error ? errorMessage(error) : undefined };
  },
  createStreamReader: () => new OtherStreamReader(),
  errorEvent: openAiErrorEvent,
  promptTexts: ({ instructions, input, prompt, query, documents, messages, tools }) => [
    ...[instructions, messages, input, prompt, query, documents].flatMap(textsIn),
    ...definitionsIn(tools),
  ],
  promptTokenIds: () => 0,
  outputLimit: () => undefined,
  outputLimitMin: () => 0,
  limitOutput: () => ({}),
};

/** A stream whose events mean nothing to us: any of them may be the last one, so only the connection's end tells. */
class OtherStreamReader implements StreamReader {
  private reported: Usage | undefined;

  read({ data, name }: SseEvent): Readonly<EventReading> {
    if (data === undefined) return emptyReading;
    const event = parseObject(data) ?? {};
    this.reported = readAnyUsage(event.usage ?? objectOf(event.response).usage) ?? this.reported;
    if (name === 'error' || event.type === 'error' || event.error) {
      return { ...emptyReading, error: errorMessage(event.error ?? data) };
    }
    return { ...emptyReading, hasContent: true, isFinish: true, isEnd: data === '[DONE]' };
  }

  usage(): Usage | undefined {
    return this.reported;
  }

  finishReason(): undefined {} // what it would say is anybody’s guess
}

function readAnyUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  return 'input_tokens' in usage ? readResponsesUsage(usage, false) : readChatUsage(usage);
}
