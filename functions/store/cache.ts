import type { Clock } from '../core/clock.ts';

interface Entry<Value> {
  value: Promise<Value>;
  freshUntilMs: number;
}

/**
 * Remembers what a look-up answered, `undefined` included, for a bounded time and a bounded number of keys.
 * Callers that ask at once share one look-up; a failed one is forgotten. The time is the stated bound on revocation.
 */
export class Cache<Value> {
  private readonly entries = new Map<string, Entry<Value>>();
  private readonly load: (key: string) => Promise<Value>;
  private readonly lifetimeMs: number;
  private readonly now: Clock;
  private readonly entriesMax: number;

  constructor(load: (key: string) => Promise<Value>, lifetimeMs: number, now: Clock, entriesMax = 10_000) {
    this.load = load;
    this.lifetimeMs = lifetimeMs;
    this.now = now;
    this.entriesMax = entriesMax;
  }

  get(key: string): Promise<Value> {
    const known = this.entries.get(key);
    if (known && known.freshUntilMs > this.now()) return known.value;
    return this.refresh(key);
  }

  /** Looks a key up again, whatever is remembered. */
  refresh(key: string): Promise<Value> {
    const entry = { value: this.load(key), freshUntilMs: this.now() + this.lifetimeMs };
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.value.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    if (this.entries.size > this.entriesMax) {
      const [oldest] = this.entries.keys();
      this.entries.delete(oldest as string);
    }
    return entry.value;
  }
}
