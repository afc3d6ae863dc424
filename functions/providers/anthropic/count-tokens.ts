import { noUsage } from '../../core/usage.ts';
import { errorMessage, objectOf } from '../json-object.ts';
import type { Surface } from '../surface.ts';
import { anthropicErrorEvent } from './error-event.ts';
import { messagesPromptTexts } from './messages.ts';

/** Counts what a message would use; costs nothing. @see https://docs.anthropic.com/en/docs/build-with-claude/token-counting */
export const countTokens: Surface = {
  name: 'count-tokens',
  format: 'anthropic',
  requires: 'messages',
  allowsManagedKeys: true,
  usageRequest: () => ({}),
  readAnswer(answer) {
    const { error } = objectOf(answer);
    return { usage: noUsage, text: '', error: error ? errorMessage(error) : undefined };
  },
  createStreamReader: undefined,
  errorEvent: anthropicErrorEvent,
  promptTexts: messagesPromptTexts,
  promptTokenIds: () => 0,
  outputLimit: () => undefined,
  outputLimitMin: () => 0,
  limitOutput: () => ({}),
};
