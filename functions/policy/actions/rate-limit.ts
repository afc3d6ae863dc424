import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { text } from '../config-fields.ts';
import { policyLimits } from '../limits.ts';
import { duration } from './duration-field.ts';

const config = z.strictObject({
  name: z.string().max(1_023).default('').describe('Part of what the limit counts: another name counts afresh.'),
  algorithm: z.literal('sliding_window').default('sliding_window').describe('The only one.'),
  capacity: z.int().min(1).max(2_000_000_000).describe('How many requests go through in any such time.'),
  rate: duration({ least: '60s', most: '24h', multipleOf: '10s' }).describe('How long the window is, such as `60s`.'),
  bucket_key: z
    .array(text(policyLimits.expressionLengthMax))
    .min(1)
    .max(10)
    .describe('CEL expressions; each combination of their values is counted by itself.'),
  enforce: z.boolean().default(true).describe('`false` counts and tells, and lets requests through.'),
  on_error: z
    .enum(['halt', 'continue'])
    .default('halt')
    .describe('What becomes of a request when nobody can count it: 503, or it goes through.'),
});

/** Lets so many requests through in any window of time, counted across all functions of the deployment. */
export const rateLimit = {
  type: 'rate-limit',
  phases: ['on_http_request'],
  config,
  cel: ({ bucket_key }) => bucket_key.map((text, index) => ({ path: ['bucket_key', index], text, kind: 'value' })),
} as const satisfies ActionDefinition<'rate-limit', typeof config>;
