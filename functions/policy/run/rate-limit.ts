import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { rateLimit } from '../actions/rate-limit.ts';
import type { ActionRunner } from './compile-rules.ts';
import type { PolicyRun, RateVerdict } from './policy-run.ts';

export const runRateLimit: ActionRunner<z.output<typeof rateLimit.config>> = (config, compiler) => {
  const { name, capacity, rate: windowMs, enforce, on_error } = config;
  const keys = config.bucket_key.map(source => compiler.value(source));
  return async run => {
    const values = keys.map(key => key(run));
    const bucketKey = values.map(toText);
    const note = (limited: boolean, error: { code: string; message: string }) =>
      run.note('rate-limit', { bucket_key: bucketKey, limited, error });
    let verdict: RateVerdict;
    try {
      verdict = await run.services.takeRate(bucketOf(run, compiler.place, name, values.map(toJson)), {
        capacity,
        windowMs,
      });
    } catch (cause) {
      run.services.report(`${compiler.label} could not count a request`, cause);
      const message = `The ${compiler.label} could not count the request; try again`;
      note(false, { code: 'policy_dependency_failed', message });
      if (!enforce || on_error === 'continue') return undefined;
      throw new GatewayError('policy_dependency_failed', message, { retryAfterSeconds: 1, cause });
    }
    if (!verdict.isLimited) {
      note(false, { code: '', message: '' });
      return undefined;
    }
    const retryAfterSeconds = Math.max(1, Math.ceil(verdict.retryAfterMs / 1_000));
    const message = `Too many requests: ${compiler.label} lets ${capacity} through in ${windowMs / 1_000}s; try again in ${retryAfterSeconds}s`;
    note(true, { code: 'rate_limited', message });
    if (!enforce) return undefined;
    throw new GatewayError('rate_limited', message, { retryAfterSeconds });
  };
};

/** What requests are counted under: never in clear, for a bucket may be named after a credential. */
function bucketOf({ caller }: PolicyRun, place: string, name: string, bucketKey: string[]): string {
  const parts = [caller.accountId, caller.endpoint.id, place, name, ...bucketKey];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : toJson(value);
}

/** Values of different types are different: an absent header is not the text "null". */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'null';
}
