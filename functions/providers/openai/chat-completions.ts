import { errorMessage, isObject, type JsonObject, objectOf, objectsOf, textOf, wordOf } from '../json-object.ts';
import { lowerOutputLimit, readOutputLimit } from '../output-limit.ts';
import { definitionsIn, textsIn } from '../prompt-texts.ts';
import type { RequestBody, Surface } from '../surface.ts';
import { ChoiceStreamReader } from './choice-stream-reader.ts';
import { openAiErrorEvent } from './error-event.ts';
import { readChatUsage } from './usage.ts';

const limits = ['max_completion_tokens', 'max_tokens'] as const;

/** @see https://platform.openai.com/docs/api-reference/chat and the chunk object beside it */
export const chatCompletions: Surface = {
  name: 'chat-completions',
  format: 'openai',
  requires: 'chat-completions',
  allowsManagedKeys: true,
  usageRequest: requestStreamUsage,
  readAnswer(answer) {
    const { choices, error, usage } = objectOf(answer);
    return {
      usage: readChatUsage(usage),
      text: objectsOf(choices)
        .map(choice => messageText(objectOf(choice.message)))
        .join(''),
      error: error && !Array.isArray(choices) ? errorMessage(error) : undefined,
      finishReason: wordOf(objectsOf(choices)[0]?.finish_reason),
    };
  },
  createStreamReader: () => new ChoiceStreamReader(readDelta),
  errorEvent: openAiErrorEvent,
  promptTexts: ({ messages, tools, functions, response_format }) => [
    ...textsIn(messages),
    ...definitionsIn(tools),
    ...definitionsIn(functions),
    ...definitionsIn(objectOf(response_format).json_schema),
  ],
  promptTokenIds: () => 0,
  outputLimit: body => readOutputLimit(body, limits),
  outputLimitMin: () => 1,
  limitOutput: (body, tokens, preferred) => lowerOutputLimit(body, limits, tokens, preferred),
};

/** `stream_options` that ask for usage in a last chunk; empty when the client asks for it itself. */
export function requestStreamUsage(body: RequestBody): Record<string, unknown> {
  const options = objectOf(body.stream_options);
  return options.include_usage === true ? {} : { stream_options: { ...options, include_usage: true } };
}

/** Members of a delta that hold part of the answer; `role` alone does not, and providers name reasoning in two ways. */
const contentMembers = [
  'content',
  'tool_calls',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'refusal',
  'function_call',
  'audio',
  'images',
] as const;

function readDelta({ delta }: JsonObject) {
  if (!isObject(delta)) return { hasContent: false, text: '' };
  return { hasContent: contentMembers.some(member => isContent(delta[member])), text: messageText(delta) };
}

function isContent(value: unknown): boolean {
  return typeof value === 'string' || Array.isArray(value) ? value.length > 0 : isObject(value);
}

/** Everything in a message or delta that the model wrote. */
function messageText(message: JsonObject): string {
  const { content, refusal, audio, function_call, tool_calls } = message;
  let text = contentText(content) + textOf(message.reasoning_content ?? message.reasoning) + textOf(refusal);
  if (isObject(audio)) text += textOf(audio.transcript);
  if (isObject(function_call)) text += callText(function_call);
  if (Array.isArray(tool_calls)) {
    for (const call of objectsOf(tool_calls)) text += callText(objectOf(call.function ?? call.custom));
  }
  return text;
}

/** Some providers send a list of parts in place of a string. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? textsIn(content).join('') : '';
}

function callText(call: JsonObject): string {
  return textOf(call.name) + textOf(call.arguments) + textOf(call.input);
}
