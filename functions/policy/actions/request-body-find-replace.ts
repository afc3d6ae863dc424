import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { checkReplacements, replacementsCel, replacementsField } from './find-replace-fields.ts';

const config = z.strictObject({ replacements: replacementsField });

/** Replaces in the body of a request before anything else reads it. */
export const requestBodyFindReplace = {
  type: 'request-body-find-replace',
  phases: ['on_http_request'],
  config,
  cel: ({ replacements }) => replacementsCel(replacements),
  check: checkReplacements,
} as const satisfies ActionDefinition<'request-body-find-replace', typeof config>;
