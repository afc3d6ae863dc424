import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { atMost, json } from '../config-fields.ts';
import { textsIn } from './set-vars.ts';

const config = z.strictObject({
  metadata: z
    .record(z.string(), json)
    .superRefine(atMost(50))
    .describe("Kept with the request's record; `${…}` parts are CEL."),
});

/** Notes facts of a request in its record. */
export const log = {
  type: 'log',
  phases: ['on_http_request', 'on_http_response'],
  config,
  cel: ({ metadata }) => textsIn(metadata, ['metadata']),
} as const satisfies ActionDefinition<'log', typeof config>;
