import { type Usage, usageFrom } from '../../core/usage.ts';
import type { SseEvent } from '../sse.ts';
import type { EventReading, StreamReader, Surface } from '../surface.ts';

/** @see https://platform.openai.com/docs/api-reference/chat and the chunk object beside it */
export const chatCompletions: Surface = {
  name: 'chat-completions',
  format: 'openai',
  usageRequest(body) {
    const options = isObject(body.stream_options) ? body.stream_options : {};
    return options.include_usage === true ? {} : { stream_options: { ...options, include_usage: true } };
  },
  readAnswer(answer) {
    if (!isObject(answer)) return { usage: undefined, text: '' };
    return {
      usage: readChatUsage(answer.usage),
      text: choicesOf(answer)
        .map(choice => textOf(choice.message))
        .join(''),
    };
  },
  createStreamReader: () => new ChatStreamReader(),
  errorEvent(code, message) {
    return `data: ${JSON.stringify({ error: { message, type: 'upstream_error', param: null, code } })}\n\n`;
  },
};

class ChatStreamReader implements StreamReader {
  private reported: Usage | undefined;

  read({ data }: SseEvent): EventReading {
    const reading = {
      hasContent: false,
      isFinish: false,
      isEnd: false,
      isUsageOnly: false,
      error: undefined,
      text: '',
    };
    if (data === undefined) return reading;
    if (data === '[DONE]') return { ...reading, isEnd: true };
    const chunk = parseObject(data);
    if (!chunk) return { ...reading, error: 'an event that is not a JSON object' };
    if (chunk.error) return { ...reading, error: errorMessage(chunk.error) };
    this.reported = readChatUsage(chunk.usage) ?? this.reported;
    const choices = choicesOf(chunk);
    const isFinish = choices.some(choice => typeof choice.finish_reason === 'string');
    return {
      ...reading,
      isFinish,
      hasContent: isFinish || choices.some(choice => deltaHasContent(choice.delta)),
      isUsageOnly: choices.length === 0 && isObject(chunk.usage),
      text: choices.map(choice => textOf(choice.delta)).join(''),
    };
  }

  usage(): Usage | undefined {
    return this.reported;
  }
}

/** OpenAI counts cached and audio tokens as part of `prompt_tokens`, reasoning as part of `completion_tokens`. */
export function readChatUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const input = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const output = isObject(usage.completion_tokens_details) ? usage.completion_tokens_details : {};
  return usageFrom({
    inputTokens: usage.prompt_tokens,
    cachedInputTokens: input.cached_tokens,
    inputAudioTokens: input.audio_tokens,
    outputTokens: usage.completion_tokens,
    reasoningTokens: output.reasoning_tokens,
    outputAudioTokens: output.audio_tokens,
  });
}

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function choicesOf(answer: JsonObject): JsonObject[] {
  return Array.isArray(answer.choices) ? answer.choices.filter(isObject) : [];
}

/** Members of a delta that hold part of the answer; `role` alone does not, and providers name reasoning in two ways. */
const contentMembers = ['content', 'reasoning_content', 'reasoning', 'tool_calls', 'function_call', 'refusal', 'audio'];

function deltaHasContent(delta: unknown): boolean {
  if (!isObject(delta)) return false;
  return contentMembers.some(member => {
    const value = delta[member];
    if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
    return isObject(value);
  });
}

function textOf(message: unknown): string {
  if (!isObject(message)) return '';
  const texts = [message.content, message.reasoning_content, message.reasoning, message.refusal];
  const calls = Array.isArray(message.tool_calls) ? JSON.stringify(message.tool_calls) : '';
  return texts.filter(text => typeof text === 'string').join('') + calls;
}

function errorMessage(error: unknown): string {
  return isObject(error) && typeof error.message === 'string' ? error.message : JSON.stringify(error);
}
