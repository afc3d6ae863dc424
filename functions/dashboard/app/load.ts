import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Loaded<Data> {
  data: Data | undefined;
  error: unknown;
  isLoading: boolean;
  /** Loads again and keeps showing what there is. */
  reload(): void;
}

/**
 * Loads what a page shows, and again whenever one of `keys` changes. Answers that come after newer ones are dropped.
 * @param refreshMs loads again in this interval while the page can be seen
 */
export function useLoad<Data>(load: () => Promise<Data>, keys: readonly unknown[], refreshMs?: number): Loaded<Data> {
  const [state, setState] = useState<{ data?: Data | undefined; error?: unknown; isLoading: boolean }>({
    isLoading: true,
  });
  const turn = useRef(0);
  const latest = useRef(load);
  latest.current = load;
  const run = useCallback(() => {
    const own = ++turn.current;
    setState(before => ({ ...before, isLoading: true }));
    latest
      .current()
      .then(data => own === turn.current && setState({ data, isLoading: false }))
      .catch(error => own === turn.current && setState(({ data }) => ({ data, error, isLoading: false })));
  }, []);
  useEffect(() => {
    setState({ isLoading: true });
    run();
    return () => {
      turn.current++;
    };
  }, keys);
  useEffect(() => {
    if (refreshMs === undefined) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && run(), refreshMs);
    return () => clearInterval(timer);
  }, [refreshMs]);
  return { data: state.data, error: state.error, isLoading: state.isLoading, reload: run };
}

/** Something a person asked for: one at a time, with its error until the next try. */
export function useAction<Input extends unknown[]>(act: (...input: Input) => Promise<unknown>) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const busy = useRef(false);
  const run = async (...input: Input): Promise<void> => {
    if (busy.current) return;
    busy.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await act(...input);
    } catch (failure) {
      setError(failure);
    } finally {
      busy.current = false;
      setBusy(false);
    }
  };
  return { run, isBusy, error, clear: () => setError(undefined) };
}

/** A list that the API gives in pages, newest first. */
export function usePages<Item extends { id: string }>(
  loadPage: (beforeId: string | undefined) => Promise<{ items: Item[]; more: boolean }>,
  keys: readonly unknown[],
) {
  const first = useLoad(() => loadPage(undefined), keys);
  const [rest, setRest] = useState<{ items: Item[]; more: boolean } | undefined>();
  useEffect(() => setRest(undefined), [first.data]);
  const items = [...(first.data?.items ?? []), ...(rest?.items ?? [])];
  const next = useAction(async () => {
    const page = await loadPage(items.at(-1)?.id);
    setRest({ items: [...(rest?.items ?? []), ...page.items], more: page.more });
  });
  return {
    ...first,
    data: first.data && items,
    more: rest?.more ?? first.data?.more ?? false,
    loadMore: next.run,
    isLoadingMore: next.isBusy,
    moreError: next.error,
  };
}

/** All pages of a list, for what has to be seen whole. @param onProgress told how many there are so far */
export async function loadAll<Item extends { id: string }>(
  loadPage: (beforeId: string | undefined) => Promise<{ items: Item[]; more: boolean }>,
  onProgress: (count: number) => void = () => {},
): Promise<Item[]> {
  const all: Item[] = [];
  for (;;) {
    const { items, more } = await loadPage(all.at(-1)?.id);
    all.push(...items);
    onProgress(all.length);
    if (!more) return all;
  }
}
