/** What is listed out of several partitions, each of which is in order. */
export interface NewestFirst<Entry> {
  shards: readonly string[];
  /** Sort keys: from the oldest wanted to the newest, without the latter. */
  from: string;
  before: string;
  /** Entries a page may have. */
  limit: number;
  keyOf(entry: Entry): string;
  isWanted(entry: Entry): boolean;
  /** The newest entries of a partition, and the key down to which it was read; undefined when that was to its end. */
  readShard(
    shard: string,
    range: { from: string; before: string; limit: number },
  ): Promise<{ items: Entry[]; readTo: string | undefined }>;
}

/** Where a page begins: its cursor, unless that lies after the end of what is listed. */
export function earlierOf(cursor: string | undefined, end: string): string {
  return cursor !== undefined && cursor < end ? cursor : end;
}

/** Each partition is asked for so many at once: about a page at first, more where few of them are wanted. */
const readAtOnceMin = 25;
const readAtOnceMax = 200;
/** Where few are wanted, a page is left short after so many looks at all partitions; its cursor leads on. */
const looksMax = 10;

/**
 * One page, newest first. The partitions are read side by side, and what is older than the oldest that all of them have
 * shown waits for the next look.
 * @returns `cursor`: the key before which the next page begins; undefined after the last
 */
export async function readNewestFirst<Entry>(
  list: NewestFirst<Entry>,
): Promise<{ items: Entry[]; cursor: string | undefined }> {
  const { shards, from, limit, keyOf, isWanted, readShard } = list;
  const items: Entry[] = [];
  let { before } = list;
  for (let looks = 0; looks < looksMax && from <= before; looks++) {
    const readAtOnce = looks === 0 ? Math.min(Math.max(limit, readAtOnceMin), readAtOnceMax) : readAtOnceMax;
    const range = { from, before, limit: readAtOnce };
    const pages = await Promise.all(shards.map(shard => readShard(shard, range)));
    const horizon = pages.map(({ readTo }) => readTo ?? '').reduce((one, other) => (one > other ? one : other));
    const complete = pages
      .flatMap(page => page.items)
      .filter(entry => keyOf(entry) >= horizon)
      .sort((one, other) => (keyOf(one) < keyOf(other) ? 1 : -1));
    for (const entry of complete) {
      if (items.length === limit) return { items, cursor: keyOf(items.at(-1) as Entry) };
      if (isWanted(entry)) items.push(entry);
    }
    if (horizon === '') return { items, cursor: undefined };
    before = horizon;
  }
  return { items, cursor: from <= before ? before : undefined };
}
