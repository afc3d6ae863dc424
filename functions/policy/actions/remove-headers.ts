import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { changeableHeader, headersPerActionMax } from './header-fields.ts';

const config = z.strictObject({
  headers: z.array(changeableHeader).min(1).max(headersPerActionMax).describe('Names, in any case.'),
});

/** Removes headers from the request, so that providers and later rules do not see them, or from the answer. */
export const removeHeaders = {
  type: 'remove-headers',
  phases: ['on_http_request', 'on_http_response'],
  config,
} as const satisfies ActionDefinition<'remove-headers', typeof config>;
