import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { checkReplacements, replacementsCel, replacementsField } from './find-replace-fields.ts';

const config = z.strictObject({ replacements: replacementsField });

/** Replaces in the whole body of an answer; in a stream, message by message, as `sse-find-replace` does. */
export const responseBodyFindReplace = {
  type: 'response-body-find-replace',
  phases: ['on_http_response'],
  config,
  cel: ({ replacements }) => replacementsCel(replacements),
  check: checkReplacements,
} as const satisfies ActionDefinition<'response-body-find-replace', typeof config>;
