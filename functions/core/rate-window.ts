/** At most `capacity` requests within any `windowMs`. */
export interface RateLimit {
  capacity: number;
  windowMs: number;
}

export type RateVerdict = { isLimited: false } | { isLimited: true; retryAfterMs: number };

/**
 * The requests of a bucket that count, by slots of time. Only the newest slot, the head, ever gets more, so that what is
 * known of the older ones stays true as long as the head is the same.
 */
export interface RateWindow {
  /** Number of the newest slot since 1970. */
  head: number;
  /** The sum of all counts. */
  used: number;
  /** Requests by slot, see `slotName`. */
  counts: ReadonlyMap<string, number>;
}

/**
 * A window has so many slots, and what is asked is a whole number of times ten seconds, so that slots are whole
 * milliseconds. More of them would be finer, and the item would cost two write units: a test measures it.
 */
const slotsPerWindow = 50;

/** How far the clocks of two processes may be apart. A request counts so much longer than its window. */
const clockDifferenceMs = 3_000;

/** What counting one more request takes. */
export type RateStep =
  | { kind: 'refuse'; retryAfterMs: number }
  /** There is no window, or nothing in it counts any more, or it is from a clock that was far ahead. */
  | { kind: 'begin'; after: RateWindow }
  /** The head is the newest slot there is. */
  | { kind: 'add'; after: RateWindow }
  /** Time has come to a newer slot, which becomes the head; slots that no longer count are forgotten. */
  | { kind: 'move'; after: RateWindow; forgotten: readonly string[] };

/**
 * Decides by one process's clock. A slot no longer counts when it ended a whole window, and the difference of clocks,
 * before the newest began: a request counts for its window at least, and for three slots longer at most, or where slots
 * are short for two and the difference of clocks.
 * @param window as it was last seen
 */
export function takeRate(window: RateWindow | undefined, nowMs: number, limit: RateLimit): RateStep {
  const slotMs = limit.windowMs / slotsPerWindow;
  const slotsKept = slotsPerWindow + Math.ceil(clockDifferenceMs / slotMs);
  const slot = Math.floor(nowMs / slotMs);
  const begin: RateStep = { kind: 'begin', after: countIn(slot, new Map(), 0) };
  if (!window || window.head > slot + slotsKept) return begin;

  const head = Math.max(slot, window.head);
  const slots = [...window.counts].map(([name, requests]) => ({ name, slot: slotNumber(name), requests }));
  const forgotten = slots.filter(each => each.slot < head - slotsKept);
  const used = window.used - forgotten.reduce((sum, { requests }) => sum + requests, 0);
  if (used >= limit.capacity) {
    const counting = slots.filter(each => each.slot >= head - slotsKept).sort((a, b) => a.slot - b.slot);
    return {
      kind: 'refuse',
      retryAfterMs: (firstRoom(counting, used - limit.capacity) + slotsKept + 1) * slotMs - nowMs,
    };
  }
  if (forgotten.length === slots.length) return begin;
  const counts = new Map(window.counts);
  for (const { name } of forgotten) counts.delete(name);
  const after = countIn(head, counts, used);
  return head === window.head
    ? { kind: 'add', after }
    : { kind: 'move', after, forgotten: forgotten.map(({ name }) => name) };
}

/** @returns the slot that makes room for a request when it is forgotten with all before it */
function firstRoom(slots: readonly { slot: number; requests: number }[], excess: number): number {
  let left = excess;
  for (const { slot, requests } of slots) {
    left -= requests;
    if (left < 0) return slot;
  }
  throw new RangeError('the counts of a window are its sum, and a capacity is at least 1');
}

function countIn(head: number, counts: Map<string, number>, used: number): RateWindow {
  const name = slotName(head);
  return { head, used: used + 1, counts: counts.set(name, (counts.get(name) ?? 0) + 1) };
}

/** When nothing that counts now counts any more. */
export function windowEndMs({ head }: RateWindow, { windowMs }: RateLimit): number {
  return ((head + 1) / slotsPerWindow) * windowMs + windowMs + 2 * clockDifferenceMs;
}

/** Short, because every write pays for the size of the item. */
export function slotName(slot: number): string {
  return slot.toString(36);
}

function slotNumber(name: string): number {
  return Number.parseInt(name, 36);
}
