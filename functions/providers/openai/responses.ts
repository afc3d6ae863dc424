import type { SseEvent } from '../../core/sse.ts';
import type { Usage } from '../../core/usage.ts';
import {
  errorMessage,
  isObject,
  type JsonObject,
  objectOf,
  objectsOf,
  parseObject,
  textOf,
  wordOf,
} from '../json-object.ts';
import { lowerOutputLimit, readOutputLimit } from '../output-limit.ts';
import { definitionsIn, textsIn } from '../prompt-texts.ts';
import { type EventReading, emptyReading, malformedReading, type StreamReader, type Surface } from '../surface.ts';
import { readResponsesUsage } from './usage.ts';

const limits = ['max_output_tokens'] as const;

/** OpenAI refuses less. @see https://platform.openai.com/docs/api-reference/responses/create */
const outputTokensMin = 16;

/** @see https://platform.openai.com/docs/api-reference/responses and the streaming events beside it */
export const responses: Surface = {
  name: 'responses',
  format: 'openai',
  requires: 'responses',
  allowsManagedKeys: true,
  usageRequest: () => ({}),
  readAnswer(answer) {
    const { output, error } = objectOf(answer);
    return {
      usage: usageOf(objectOf(answer)),
      text: objectsOf(output).map(itemText).join(''),
      error: error ? errorMessage(error) : undefined,
      finishReason: readFinishReason(objectOf(answer)),
    };
  },
  createStreamReader: () => new ResponseStreamReader(),
  errorEvent(code, message, eventsBefore) {
    // The documentation has the error's members at the top, OpenAI's servers send them as `error`; clients look for either.
    const error = { type: 'upstream_error', code, message, param: null };
    const event = { ...error, type: 'error', error, sequence_number: eventsBefore };
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
  },
  promptTexts: ({ instructions, input, prompt, tools, text }) => [
    ...textsIn(instructions),
    ...textsIn(input),
    ...textsIn(objectOf(prompt).variables),
    ...definitionsIn(tools),
    ...definitionsIn(objectOf(objectOf(text).format).schema),
  ],
  promptTokenIds: () => 0,
  outputLimit: body => readOutputLimit(body, limits),
  outputLimitMin: () => outputTokensMin,
  limitOutput: (body, tokens) => lowerOutputLimit(body, limits, tokens, 'max_output_tokens'),
};

/** Events that end a stream carry the whole response, and with it the usage. There is no `[DONE]`. */
class ResponseStreamReader implements StreamReader {
  private reported: Usage | undefined;
  private reason: string | undefined;

  read({ data, name }: SseEvent): Readonly<EventReading> {
    if (data === undefined) return emptyReading;
    if (data === '[DONE]') return emptyReading; // some servers add it to what the last event has said
    const event = parseObject(data);
    if (!event) return malformedReading;
    const type = typeof event.type === 'string' ? event.type : name;
    switch (type) {
      case 'response.completed':
      case 'response.incomplete':
        this.readUsage(event);
        return { ...emptyReading, hasContent: true, isFinish: true, isEnd: true };
      case 'response.failed':
        this.readUsage(event);
        return { ...emptyReading, error: errorMessage(objectOf(event.response).error ?? 'a failed response') };
      case 'error':
        return { ...emptyReading, error: errorMessage(event.error ?? event) };
      case 'response.output_item.added':
        return readAddedItem(objectOf(event.item));
      default:
        return event.error && type === undefined
          ? { ...emptyReading, error: errorMessage(event.error) }
          : readOther(type ?? '', event);
    }
  }

  usage(): Usage | undefined {
    return this.reported;
  }

  finishReason(): string | undefined {
    return this.reason;
  }

  private readUsage({ response }: JsonObject): void {
    this.reason = readFinishReason(objectOf(response));
    this.reported = usageOf(objectOf(response)) ?? this.reported;
  }
}

/** A model writes messages and reasons; calls can be a program's. */
function usageOf({ usage, output }: JsonObject): Usage | undefined {
  const askedModel = objectsOf(output).some(({ type }) => type === 'message' || type === 'reasoning');
  return readResponsesUsage(usage, askedModel);
}

/** An incomplete response says why; of others the status says it. */
function readFinishReason({ status, incomplete_details }: JsonObject): string | undefined {
  return wordOf(objectOf(incomplete_details).reason) ?? wordOf(status);
}

/** Messages and reasoning are announced empty; a call is announced with its name. */
function readAddedItem(item: JsonObject): EventReading {
  const text = itemText(item);
  return { ...emptyReading, hasContent: text !== '' || (item.type !== 'message' && item.type !== 'reasoning'), text };
}

/** Only deltas add text: whatever is done repeats them. Everything else announces what is to come. */
function readOther(type: string, event: JsonObject): Readonly<EventReading> {
  if (type.endsWith('.delta')) {
    const { delta } = event;
    const hasContent = typeof delta === 'string' ? delta !== '' : isObject(delta);
    const text = type === 'response.audio.delta' ? '' : textOf(delta);
    return hasContent ? { ...emptyReading, hasContent, text } : emptyReading;
  }
  return type.endsWith('.done') || type.endsWith('.partial_image')
    ? { ...emptyReading, hasContent: true }
    : emptyReading;
}

/** What the model wrote into an item: a message's text, a summary of its reasoning, a call's name and arguments. */
function itemText({ type, content, summary, name, arguments: args, input }: JsonObject): string {
  if (type === 'message' || type === 'reasoning') {
    const parts = [...objectsOf(summary), ...objectsOf(content)];
    return parts.map(part => textOf(part.text) + textOf(part.refusal)).join('');
  }
  return textOf(name) + textOf(args) + textOf(input);
}
