import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { refuse } from '../config-fields.ts';
import { celHeaders, headerTemplates } from './header-fields.ts';

const config = z.strictObject({
  headers: celHeaders
    .superRefine((headers, context) => {
      if (Object.keys(headers).length === 0) refuse(context, 'ERR_NGROK_2223', 'is empty; name a header to add');
    })
    .describe('Header to value; a header that is there already gets the value as another one. `${…}` parts are CEL.'),
});

/** Adds headers to the request, which providers get as well, or to the answer. */
export const addHeaders = {
  type: 'add-headers',
  phases: ['on_http_request', 'on_http_response'],
  config,
  cel: ({ headers }) => headerTemplates(headers),
} as const satisfies ActionDefinition<'add-headers', typeof config>;
