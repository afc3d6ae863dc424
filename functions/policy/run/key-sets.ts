import type { JSONWebKeySet, LocalJWKSet } from 'jose';
import { CallFailed, type PolicyServices } from './policy-run.ts';
import { readJson } from './read-json.ts';

/** How long the keys of a URL are used before they are fetched again. */
const freshMs = 15 * 60_000;

/** How often a URL is fetched at most: neither unknown keys in tokens nor its own faults may make it more. */
const fetchEveryMs = 60_000;

/** The same while no keys are known, and every request is refused for it. */
const retryMs = 5_000;

/** How long keys go on being used while their URL does not answer. */
const staleMs = 24 * 3_600_000;

const timeoutMs = 5_000;
const keysMax = 100;

/** No key set could be had. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

interface Known {
  keys: LocalJWKSet | undefined;
  fetchedAtMs: number;
  triedAtMs: number;
  failure: CallFailed | undefined;
}

type Services = Pick<PolicyServices, 'call' | 'now' | 'report'>;

/** The keys of some URLs, remembered in this process. */
export class KeySets {
  private readonly urls: readonly string[];
  private readonly known = new Map<string, Known>();
  private readonly fetches = new Map<string, Promise<void>>();

  constructor(urls: readonly string[]) {
    this.urls = urls;
  }

  /** Every set that can be had, fetched where what is known is too old. @throws KeysUnavailable when there is none */
  async all(services: Services): Promise<LocalJWKSet[]> {
    await Promise.all(this.urls.map(url => this.refresh(url, freshMs, services)));
    const sets = this.urls.flatMap(url => this.known.get(url)?.keys ?? []);
    if (sets.length > 0) return sets;
    throw this.unavailable();
  }

  /** The sets after a key was not in them: fetched again unless that was less than a minute ago. */
  async again(services: Services): Promise<LocalJWKSet[]> {
    await Promise.all(this.urls.map(url => this.refresh(url, fetchEveryMs, services)));
    return this.all(services);
  }

  /** Why a key that is in no set may be in one that could not be had; undefined when all are fresh. */
  missing(): KeysUnavailable | undefined {
    return [...this.known.values()].some(({ failure }) => failure) ? this.unavailable() : undefined;
  }

  private unavailable(): KeysUnavailable {
    const failure = [...this.known.values()].find(({ failure }) => failure)?.failure;
    return new KeysUnavailable(failure?.message ?? 'no key set is known', { cause: failure });
  }

  private async refresh(url: string, olderThanMs: number, services: Services): Promise<void> {
    const known = this.known.get(url);
    const nowMs = services.now();
    if (known?.keys && nowMs - known.fetchedAtMs < olderThanMs && !known.failure) return;
    if (known && nowMs - known.triedAtMs < (known.keys ? fetchEveryMs : retryMs)) return;
    const begun = this.fetches.get(url);
    if (begun) return begun;
    const fetching = this.fetch(url, services).finally(() => this.fetches.delete(url));
    this.fetches.set(url, fetching);
    return fetching;
  }

  private async fetch(url: string, services: Services): Promise<void> {
    const nowMs = services.now();
    try {
      const keys = await fetchKeys(url, services);
      this.known.set(url, { keys, fetchedAtMs: nowMs, triedAtMs: nowMs, failure: undefined });
    } catch (failure) {
      if (!(failure instanceof CallFailed)) throw failure;
      services.report('the keys of a jwt-validation action could not be fetched', failure);
      const known = this.known.get(url);
      const keys = known && nowMs - known.fetchedAtMs < staleMs ? known.keys : undefined;
      this.known.set(url, { keys, fetchedAtMs: known?.fetchedAtMs ?? 0, triedAtMs: nowMs, failure });
    }
  }
}

async function fetchKeys(text: string, { call }: Services): Promise<LocalJWKSet> {
  const url = new URL(text);
  const headers = { accept: 'application/json' };
  const answer = await call({ url, method: 'GET', headers, body: undefined, timeoutMs });
  if (answer.status !== 200) throw new CallFailed(`${url.host} answered with status ${answer.status}`);
  const set = readJson(answer.body.toString('utf8')) as JSONWebKeySet | undefined;
  const keys: unknown[] = Array.isArray(set?.keys) ? set.keys : [];
  if (keys.length === 0 || keys.length > keysMax) {
    throw new CallFailed(`what ${url.host} answered is not a key set of 1 to ${keysMax} keys`);
  }
  const { createLocalJWKSet, errors } = await import('jose');
  try {
    return createLocalJWKSet({ keys } as JSONWebKeySet);
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause;
    throw new CallFailed(`what ${url.host} answered is not a key set`, { cause });
  }
}
