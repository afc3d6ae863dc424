/** When a breaker opens, and for how long. */
export interface CircuitLimits {
  /** The part of requests that must have failed. */
  errorThreshold: number;
  /** How many requests there must have been. */
  volumeThreshold: number;
  windowMs: number;
  trippedMs: number;
}

/** A part of the window; there are as many places for them as a window has parts, used in turn. */
export interface CircuitSlot {
  /** Number of the part since 1970. */
  slot: number;
  requests: number;
  failures: number;
}

export const circuitSlots = 10;

export interface Circuit {
  slots: readonly CircuitSlot[];
  /** Undefined when it was never open. */
  openUntilMs: number | undefined;
}

export function slotAt(nowMs: number, { windowMs }: Pick<CircuitLimits, 'windowMs'>): number {
  return Math.floor((nowMs * circuitSlots) / windowMs);
}

/** @returns undefined while closed, else how long it stays open */
export function openForMs(
  { openUntilMs = 0 }: Circuit,
  nowMs: number,
  { trippedMs }: CircuitLimits,
): number | undefined {
  const leftMs = openUntilMs - nowMs;
  // What is further away was written by a clock far ahead, or for a longer time than the policy has now.
  return leftMs > 0 && leftMs <= trippedMs + clockDifferenceMs ? leftMs : undefined;
}

const clockDifferenceMs = 5_000;

/** Whether so many requests of the window have failed that the circuit is to open. */
export function isFailing(circuit: Circuit, nowMs: number, limits: CircuitLimits): boolean {
  const newest = slotAt(nowMs, limits);
  const current = circuit.slots.filter(({ slot }) => slot > newest - circuitSlots && slot <= newest);
  const requests = current.reduce((sum, slot) => sum + slot.requests, 0);
  const failures = current.reduce((sum, slot) => sum + slot.failures, 0);
  return requests >= limits.volumeThreshold && failures >= limits.errorThreshold * requests;
}
