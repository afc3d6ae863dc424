import { type StoredTally, Tally } from './tally.ts';

/**
 * What an aggregate tells apart, and how many groups of each it keeps: items have room for 400 KB, and every write pays for
 * the whole item. Groups beyond share one.
 */
const groupsMax = {
  provider: 100,
  model: 200,
  key: 200,
  endpoint: 200,
  /** Attempts by `provider:model`, with latencies. */
  attempts: 50,
  /** The same of each gateway key, as `<key id> <provider:model>`. */
  keyAttempts: 60,
} as const;

export type Dimension = keyof typeof groupsMax;

/** Whatever found no group of its own, because there were too many. No id and no model has parentheses around it. */
export const otherGroup = '(other)';
/** What has no such property: a request that no provider was called for, or without a gateway key. */
export const noGroup = '(none)';

const nameCharactersMax = 128;

/** A total, and the same by one or more dimensions. */
export class Aggregate {
  readonly total = new Tally();
  private readonly dimensions = new Map<Dimension, Map<string, Tally>>();

  /** @param text what `JSON.stringify` made of one */
  static parse(text: string): Aggregate {
    const stored = JSON.parse(text) as { total: StoredTally; by: Record<Dimension, Record<string, StoredTally>> };
    const aggregate = new Aggregate();
    aggregate.total.merge(Tally.from(stored.total));
    for (const [dimension, groups] of Object.entries(stored.by)) {
      const tallies = Object.entries(groups).map(([name, tally]) => [name, Tally.from(tally)] as const);
      aggregate.dimensions.set(dimension as Dimension, new Map(tallies));
    }
    return aggregate;
  }

  /** The tally of one group: its own, or the one of all that are too many. */
  group(dimension: Dimension, name: string): Tally {
    const groups = this.dimensions.get(dimension) ?? new Map<string, Tally>();
    this.dimensions.set(dimension, groups);
    const short = name.slice(0, nameCharactersMax) || noGroup;
    const hasRoom = groups.has(short) || groups.size < groupsMax[dimension];
    const key = hasRoom ? short : otherGroup;
    const tally = groups.get(key) ?? new Tally();
    groups.set(key, tally);
    return tally;
  }

  groups(dimension: Dimension): ReadonlyMap<string, Tally> {
    return this.dimensions.get(dimension) ?? new Map();
  }

  merge(other: Aggregate): void {
    this.total.merge(other.total);
    for (const [dimension, groups] of other.dimensions) {
      for (const [name, tally] of groups) this.group(dimension, name).merge(tally);
    }
  }

  toJSON(): object {
    const by = [...this.dimensions].map(([dimension, groups]) => [dimension, Object.fromEntries(groups)]);
    return { total: this.total, by: Object.fromEntries(by) };
  }
}
