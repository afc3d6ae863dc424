import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { policyLimits } from '../limits.ts';
import { checkFromTo, fromToCel } from './find-replace-fields.ts';
import { celHeaders, celText, headerTemplates } from './header-fields.ts';

const config = z.strictObject({
  from: celText().min(1).optional().describe('RE2 expression over the full URL; none replaces all of it.'),
  to: celText(policyLimits.urlLengthMax).min(1).describe('Where to; `$1` and `${name}` are groups of `from`.'),
  status_code: z.int().min(300).max(399).default(302).describe('Status of the answer.'),
  headers: celHeaders.optional().describe('More headers of the answer.'),
});

/** Sends the client elsewhere; a request whose URL would stay the same goes on. */
export const redirect = {
  type: 'redirect',
  phases: ['on_http_request'],
  config,
  cel: config => [...fromToCel(config, []), ...headerTemplates(config.headers)],
  check: checkFromTo,
} as const satisfies ActionDefinition<'redirect', typeof config>;
