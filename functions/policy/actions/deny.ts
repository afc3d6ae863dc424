import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';

const config = z.strictObject({
  status_code: z.int().min(400).max(599).default(403).describe('Status of the refusal.'),
});

/** Refuses a request with an empty answer. */
export const deny = {
  type: 'deny',
  phases: ['on_http_request'],
  config,
  endsPhase: () => true,
} as const satisfies ActionDefinition<'deny', typeof config>;
