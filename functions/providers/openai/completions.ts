import { errorMessage, type JsonObject, objectOf, objectsOf, textOf, wordOf } from '../json-object.ts';
import { lowerOutputLimit, readOutputLimit } from '../output-limit.ts';
import { textsIn, tokenIdsIn } from '../prompt-texts.ts';
import type { Surface } from '../surface.ts';
import { requestStreamUsage } from './chat-completions.ts';
import { ChoiceStreamReader } from './choice-stream-reader.ts';
import { openAiErrorEvent } from './error-event.ts';
import { readChatUsage } from './usage.ts';

const limits = ['max_tokens'] as const;

/** Text completions. @see https://platform.openai.com/docs/api-reference/completions */
export const completions: Surface = {
  name: 'completions',
  format: 'openai',
  requires: 'completions',
  allowsManagedKeys: true,
  usageRequest: requestStreamUsage,
  readAnswer(answer) {
    const { choices, error, usage } = objectOf(answer);
    return {
      usage: readChatUsage(usage),
      text: objectsOf(choices)
        .map(({ text }) => textOf(text))
        .join(''),
      error: error && !Array.isArray(choices) ? errorMessage(error) : undefined,
      finishReason: wordOf(objectsOf(choices)[0]?.finish_reason),
    };
  },
  createStreamReader: () => new ChoiceStreamReader(readText),
  errorEvent: openAiErrorEvent,
  promptTexts: ({ prompt, suffix }) => [...textsIn(prompt), ...textsIn(suffix)],
  promptTokenIds: ({ prompt }) => tokenIdsIn(prompt),
  outputLimit: body => readOutputLimit(body, limits),
  outputLimitMin: () => 1,
  limitOutput: (body, tokens) => lowerOutputLimit(body, limits, tokens, 'max_tokens'),
};

function readText(choice: JsonObject) {
  const text = textOf(choice.text);
  return { hasContent: text !== '', text };
}
