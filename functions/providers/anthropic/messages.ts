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
import {
  type EventReading,
  emptyReading,
  malformedReading,
  type RequestBody,
  type StreamReader,
  type Surface,
} from '../surface.ts';
import { anthropicErrorEvent } from './error-event.ts';
import { mergeMessageUsage, readMessageUsage } from './usage.ts';

const limits = ['max_tokens'] as const;

/** A thinking budget has at least this many tokens, and the answer's limit must be above it. */
const thinkingTokensMin = 1024;

/** @see https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/docs/build-with-claude/streaming */
export const messages: Surface = {
  name: 'messages',
  format: 'anthropic',
  requires: 'messages',
  allowsManagedKeys: true,
  usageRequest: () => ({}),
  readAnswer(answer) {
    const { content, error, usage, stop_reason } = objectOf(answer);
    return {
      usage: readMessageUsage(usage),
      text: objectsOf(content).map(blockText).join(''),
      error: error ? errorMessage(error) : undefined,
      finishReason: wordOf(stop_reason),
    };
  },
  createStreamReader: () => new MessageStreamReader(),
  errorEvent: anthropicErrorEvent,
  promptTexts: messagesPromptTexts,
  promptTokenIds: () => 0,
  outputLimit: body => readOutputLimit(body, limits),
  outputLimitMin: body => (thinkingBudget(body) === undefined ? 1 : thinkingTokensMin + 1),
  limitOutput(body, tokens) {
    const lowered = lowerOutputLimit(body, limits, tokens, 'max_tokens');
    const budget = thinkingBudget(body);
    if (Object.keys(lowered).length === 0 || budget === undefined || budget < tokens) return lowered;
    // The answer needs room too, but a client that thinks much would rather have its thoughts cut than be refused.
    const budgetTokens = Math.max(thinkingTokensMin, tokens - 1);
    return { ...lowered, thinking: { ...objectOf(body.thinking), budget_tokens: budgetTokens } };
  },
};

/** Also what the token counting path is asked about. */
export function messagesPromptTexts({ system, messages, tools }: RequestBody): string[] {
  return [...textsIn(system), ...textsIn(messages), ...definitionsIn(tools)];
}

/** Undefined unless the client fixed how much the model may think. */
function thinkingBudget({ thinking }: RequestBody): number | undefined {
  const { type, budget_tokens } = objectOf(thinking);
  return type === 'enabled' && typeof budget_tokens === 'number' ? budget_tokens : undefined;
}

const endReading: Readonly<EventReading> = Object.freeze({ ...emptyReading, isEnd: true });

/** Events that are not known mean nothing: the provider adds new ones. */
class MessageStreamReader implements StreamReader {
  private reported: JsonObject = {};
  private reason: string | undefined;

  read({ data }: SseEvent): Readonly<EventReading> {
    if (data === undefined) return emptyReading;
    const event = parseObject(data);
    if (!event) return malformedReading;
    switch (event.type) {
      case 'message_start':
        this.note(objectOf(event.message).usage);
        return emptyReading;
      case 'content_block_start':
        return readBlockStart(objectOf(event.content_block));
      case 'content_block_delta':
        return readDelta(objectOf(event.delta));
      case 'message_delta':
        this.note(event.usage);
        this.reason = wordOf(objectOf(event.delta).stop_reason) ?? this.reason;
        return typeof objectOf(event.delta).stop_reason === 'string'
          ? { ...emptyReading, hasContent: true, isFinish: true }
          : emptyReading;
      case 'message_stop':
        return endReading;
      case 'error':
        return { ...emptyReading, error: errorMessage(event.error ?? event) };
      default:
        return emptyReading;
    }
  }

  usage(): Usage | undefined {
    return readMessageUsage(this.reported);
  }

  finishReason(): string | undefined {
    return this.reason;
  }

  private note(usage: unknown): void {
    if (isObject(usage)) this.reported = mergeMessageUsage(this.reported, usage);
  }
}

/** Text and thinking begin empty; a tool call begins with its name. */
function readBlockStart(block: JsonObject): EventReading {
  const text = blockText(block);
  return { ...emptyReading, hasContent: text !== '' || (block.type !== 'text' && block.type !== 'thinking'), text };
}

function readDelta(delta: JsonObject): Readonly<EventReading> {
  const text = textOf(delta.text ?? delta.thinking ?? delta.partial_json ?? delta.content);
  const isText = delta.type === 'text_delta' || delta.type === 'thinking_delta' || delta.type === 'input_json_delta';
  return isText && text === '' ? emptyReading : { ...emptyReading, hasContent: true, text };
}

/** What the model wrote into a block. Results of tools that ran at the provider are none of it. */
function blockText({ type, text, thinking, name, input, content }: JsonObject): string {
  switch (type) {
    case 'text':
      return textOf(text);
    case 'thinking':
      return textOf(thinking);
    case 'compaction':
      return textOf(content);
    default:
      return isObject(input) ? textOf(name) + (Object.keys(input).length > 0 ? JSON.stringify(input) : '') : '';
  }
}
