import { errorMessage, objectOf } from '../json-object.ts';
import { textsIn, tokenIdsIn } from '../prompt-texts.ts';
import type { Surface } from '../surface.ts';
import { openAiErrorEvent } from './error-event.ts';
import { readEmbeddingsUsage } from './usage.ts';

/** @see https://platform.openai.com/docs/api-reference/embeddings */
export const embeddings: Surface = {
  name: 'embeddings',
  format: 'openai',
  requires: 'embeddings',
  allowsManagedKeys: true,
  usageRequest: () => ({}),
  readAnswer(answer) {
    const { data, error, usage } = objectOf(answer);
    return {
      usage: readEmbeddingsUsage(usage),
      text: '',
      error: error && !Array.isArray(data) ? errorMessage(error) : undefined,
    };
  },
  createStreamReader: undefined,
  errorEvent: openAiErrorEvent,
  promptTexts: ({ input }) => textsIn(input),
  promptTokenIds: ({ input }) => tokenIdsIn(input),
  outputLimit: () => undefined,
  outputLimitMin: () => 0,
  limitOutput: () => ({}),
};
