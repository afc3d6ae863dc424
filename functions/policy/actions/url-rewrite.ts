import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { policyLimits } from '../limits.ts';
import { checkFromTo, fromToCel } from './find-replace-fields.ts';
import { celText } from './header-fields.ts';

const config = z.strictObject({
  from: celText().min(1).optional().describe('RE2 expression over the full URL; none replaces all of it.'),
  to: celText(policyLimits.urlLengthMax).min(1).describe('What takes its place; `$1` and `${name}` are groups.'),
});

/** Changes path and query of a request, for the rules that follow and for the provider. */
export const urlRewrite = {
  type: 'url-rewrite',
  phases: ['on_http_request'],
  config,
  cel: config => fromToCel(config, []),
  check: checkFromTo,
} as const satisfies ActionDefinition<'url-rewrite', typeof config>;
