import type { Clock } from '../core/clock.ts';

/** What a provider last said about a key's limits; null when it said nothing. */
export interface KeyQuota {
  remaining_requests: number | null;
  remaining_tokens: number | null;
  limit_requests: number | null;
  limit_tokens: number | null;
}

/** Shares of the last attempts with a key that failed, 0 to 1; `client` is 4xx without 429. */
export interface KeyErrorRate {
  total: number;
  timeout: number;
  rate_limit: number;
  client: number;
  server: number;
}

export type KeyFailure = Exclude<keyof KeyErrorRate, 'total'>;

interface History {
  quota: KeyQuota;
  attempts: { atMs: number; failure: KeyFailure | undefined }[];
}

const attemptsMax = 100;
const windowMs = 5 * 60_000;
const keysMax = 10_000;
const unknownQuota: KeyQuota = {
  remaining_requests: null,
  remaining_tokens: null,
  limit_requests: null,
  limit_tokens: null,
};

/** How provider keys fared in this process in the last five minutes: what key selection strategies see. */
export class KeyHealth {
  private readonly histories = new Map<string, History>();
  private readonly now: Clock;

  constructor(now: Clock) {
    this.now = now;
  }

  /** Notes one attempt: its failure, and the rate-limit headers of the answer, if there was one. */
  note(keyId: string, failure: KeyFailure | undefined, headers: Readonly<Record<string, string>> = {}): void {
    const history = this.histories.get(keyId) ?? { quota: unknownQuota, attempts: [] };
    this.histories.delete(keyId);
    this.histories.set(keyId, history);
    history.quota = quotaFrom(headers) ?? history.quota;
    history.attempts.push({ atMs: this.now(), failure });
    if (history.attempts.length > attemptsMax) history.attempts.shift();
    const [oldest] = this.histories.keys();
    if (this.histories.size > keysMax && oldest !== undefined) this.histories.delete(oldest);
  }

  of(keyId: string): { quota: KeyQuota; error_rate: KeyErrorRate } {
    const history = this.histories.get(keyId);
    const since = this.now() - windowMs;
    const recent = (history?.attempts ?? []).filter(({ atMs }) => atMs >= since);
    const share = (counts: (failure: KeyFailure | undefined) => boolean) =>
      recent.length === 0 ? 0 : recent.filter(({ failure }) => counts(failure)).length / recent.length;
    return {
      quota: history?.quota ?? unknownQuota,
      error_rate: {
        total: share(failure => failure !== undefined),
        timeout: share(failure => failure === 'timeout'),
        rate_limit: share(failure => failure === 'rate_limit'),
        client: share(failure => failure === 'client'),
        server: share(failure => failure === 'server'),
      },
    };
  }
}

/**
 * What an answer says about the limits of the key it was called with, if anything.
 * @see https://platform.openai.com/docs/guides/rate-limits for `x-ratelimit-…`, which Groq and others send too
 * @see https://platform.claude.com/docs/en/api/rate-limits for `anthropic-ratelimit-…`
 */
export function quotaFrom(headers: Readonly<Record<string, string>>): KeyQuota | undefined {
  const read = (...names: string[]): number | null => {
    const text = names.map(name => headers[name]).find(value => value !== undefined);
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
  };
  const quota: KeyQuota = {
    remaining_requests: read('x-ratelimit-remaining-requests', 'anthropic-ratelimit-requests-remaining'),
    remaining_tokens: read('x-ratelimit-remaining-tokens', 'anthropic-ratelimit-tokens-remaining'),
    limit_requests: read('x-ratelimit-limit-requests', 'anthropic-ratelimit-requests-limit'),
    limit_tokens: read('x-ratelimit-limit-tokens', 'anthropic-ratelimit-tokens-limit'),
  };
  return Object.values(quota).some(value => value !== null) ? quota : undefined;
}
