import { useRef } from 'preact/hooks';
import { api, type UsageEvent } from '../api.ts';
import { useAction, useLoad } from '../load.ts';

type UsageQuery = NonNullable<NonNullable<Parameters<typeof api.getUsage>[0]>['query']>;

/** What the list of requests is narrowed to. */
export interface RequestFilter {
  /** What the API narrows it to. */
  query: Omit<UsageQuery, 'startTime' | 'cursor' | 'limit'>;
  /** In the id, the model, the provider, the error code or the surface; the page itself looks for it. */
  text: string;
  /** Epoch ms. */
  startMs: number;
}

interface Found {
  key: string;
  /** Newest first. */
  requests: UsageEvent[];
  /** Where older ones begin; null after the last. */
  cursor: string | null;
  /** How many were looked through for the text. */
  looked: number;
}

const pageSize = 50;
/** A search for a text that rarely occurs stops here and asks whether to go on. */
const pagesAtOnce = 4;
const refreshMs = 2_500;
/** Requests are listed when they are over, by when they began. */
const longestRequestMs = 20 * 60_000;

/**
 * The account's requests, newest first. Those that come to an end while the page is open appear by themselves; what was
 * loaded before stays.
 * @param key another one begins anew
 */
export function useRequests(filter: RequestFilter, key: string) {
  const found = useRef<Found | undefined>(undefined);
  const list = useLoad(
    async () => {
      if (found.current?.key !== key) found.current = { key, ...(await search(filter, undefined)) };
      else await addNewer(found, filter);
      return found.current;
    },
    [key],
    filter.query.endTime === undefined ? refreshMs : undefined,
  );
  const next = useAction(async () => {
    const before = found.current;
    if (!before || before.cursor === null) return;
    const older = await search(filter, before.cursor);
    if (found.current?.key !== before.key) return;
    found.current = {
      key: before.key,
      requests: merge(found.current.requests, older.requests),
      cursor: older.cursor,
      looked: found.current.looked + older.looked,
    };
    list.reload();
  });
  return {
    ...list,
    more: list.data !== undefined && list.data.cursor !== null,
    loadMore: next.run,
    isLoadingMore: next.isBusy,
    moreError: next.error,
  };
}

/** Reads on until a page is full, all was read, or it was enough for once. */
async function search(filter: RequestFilter, from: string | undefined): Promise<Omit<Found, 'key'>> {
  const requests: UsageEvent[] = [];
  let cursor: string | null | undefined = from;
  let looked = 0;
  for (let pages = 0; pages < pagesAtOnce && requests.length < pageSize && cursor !== null; pages++) {
    const page: Awaited<ReturnType<typeof api.getUsage>> = await api.getUsage({
      query: {
        ...filter.query,
        startTime: new Date(filter.startMs).toISOString(),
        limit: filter.text === '' ? pageSize : 100,
        ...(cursor !== undefined && { cursor }),
      },
    });
    requests.push(...page.usage.filter(request => hasText(request, filter.text)));
    looked += page.usage.length;
    cursor = page.cursor;
  }
  return { requests, cursor: cursor ?? null, looked };
}

async function addNewer(found: { current: Found | undefined }, filter: RequestFilter): Promise<void> {
  const startMs = Math.max(filter.startMs, Date.now() - longestRequestMs);
  const before = found.current;
  const newer = await search({ ...filter, startMs }, undefined);
  if (!before || found.current?.key !== before.key) return;
  const known = new Set(found.current.requests.map(({ id }) => id));
  const isGap = newer.cursor !== null && !newer.requests.some(({ id }) => known.has(id));
  // More came than is read at once: beginning anew leaves nothing out.
  if (isGap) found.current = { key: before.key, ...newer };
  else found.current = { ...found.current, requests: merge(found.current.requests, newer.requests) };
}

/** Ids are ordered by when a request began. */
function merge(some: readonly UsageEvent[], others: readonly UsageEvent[]): UsageEvent[] {
  const byId = new Map([...some, ...others].map(request => [request.id, request]));
  return [...byId.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
}

function hasText({ id, model, provider, error_code, surface }: UsageEvent, text: string): boolean {
  if (text === '') return true;
  const texts = [id, model, provider, `${provider}:${model}`, error_code, surface];
  return texts.some(one => one?.toLowerCase().includes(text.toLowerCase()) === true);
}
