/**
 * Names one hold. A hold whose outcome is unknown is never repeated: the request takes a new attempt, and the sweep
 * finds the old one. The id leads to the usage record that decides it: partition by request, sort key by attempt.
 */
export interface HoldId {
  /** `rq_` and 15 characters. */
  requestId: string;
  attempt: number;
}

/** The hold's key inside the balance item, kept short because every write pays for the item's size. */
export function holdKey({ requestId, attempt }: HoldId): string {
  return requestId.slice('rq_'.length) + (attempt === 0 ? '' : attempt);
}

export function parseHoldKey(key: string): HoldId {
  return { requestId: `rq_${key.slice(0, 15)}`, attempt: Number(key.slice(15) || 0) };
}
