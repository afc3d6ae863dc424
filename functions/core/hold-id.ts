/**
 * Names one hold. A hold whose outcome is unknown is never repeated: the request takes a new attempt, and the sweep
 * finds the old one. The id leads to the usage record that decides it: a request has one record for all its holds.
 */
export interface HoldId {
  /** `rq_` and 13 characters. */
  requestId: string;
  attempt: number;
  /** The shard that has the hold. It never changes, however many shards there are later. */
  shard: number;
}

const requestLength = 13;

/** The hold's key inside its item, kept short because every write pays for the item's size. */
export function holdKey({ requestId, attempt }: Pick<HoldId, 'requestId' | 'attempt'>): string {
  return requestId.slice('rq_'.length) + (attempt === 0 ? '' : attempt);
}

export function parseHoldKey(key: string): Pick<HoldId, 'requestId' | 'attempt'> {
  return { requestId: `rq_${key.slice(0, requestLength)}`, attempt: Number(key.slice(requestLength) || 0) };
}
