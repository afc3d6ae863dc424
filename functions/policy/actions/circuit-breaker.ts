import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { duration } from './duration-field.ts';

const config = z.strictObject({
  error_threshold: z.number().gt(0).max(1).default(0.5).describe('The part of requests that must have failed.'),
  volume_threshold: z.int().min(1).max(1_000_000).default(10).describe('How many requests there must have been.'),
  window_duration: duration({ least: '1s', most: '2m' }).prefault('10s').describe('In how much time.'),
  tripped_duration: duration({ least: '1s', most: '1h' }).prefault('10s').describe('How long requests are refused.'),
  num_buckets: z.literal(10).default(10).describe('Into how many parts the window is divided; always 10.'),
  enforce: z.boolean().default(true).describe('`false` counts and tells, and lets requests through.'),
});

/** Refuses requests for a while after too many have failed, so that they end soon and providers can recover. */
export const circuitBreaker = {
  type: 'circuit-breaker',
  phases: ['on_http_request'],
  config,
} as const satisfies ActionDefinition<'circuit-breaker', typeof config>;
