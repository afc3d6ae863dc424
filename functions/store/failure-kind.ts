import type { FailureKind } from '../core/tally.ts';
import type { AttemptRecord, UsageRecord } from './usage.ts';

/** How an attempt failed before it was committed to; undefined when it answered. No answer at all counts as the server's. */
export function failureKind({ failure, status }: Pick<AttemptRecord, 'failure' | 'status'>): FailureKind | undefined {
  if (failure === undefined) return undefined;
  if (failure === 'timeout' || failure === 'total_timeout') return 'timeout';
  return failure === 'http' ? kindOfStatus(status) : 'server';
}

/** How a request failed as its client saw it; an answer that broke off is the server's fault. */
export function requestFailureKind({ outcome, status }: Pick<UsageRecord, 'outcome' | 'status'>) {
  if (outcome === 'succeeded') return undefined;
  return status === 504 ? 'timeout' : kindOfStatus(status);
}

function kindOfStatus(status: number): FailureKind {
  if (status === 429) return 'rateLimit';
  return status >= 300 && status < 500 ? 'client' : 'server';
}
