import type { EventSettingsAccess, Management } from '../management/route.ts';

/** @throws Error when the function was not told where the secrets of destinations lie */
export function requireEvents({ events }: Management): EventSettingsAccess {
  if (!events) throw new Error('this function is not told where the secrets of event destinations lie');
  return events;
}

/** A page of what an account has few of. @param items oldest first, as ids sort */
export function newestFirst<Item extends { id: string }>(
  items: readonly Item[],
  beforeId: string | undefined,
  limit: number,
): { items: Item[]; more: boolean } {
  const rest = items.toReversed().filter(({ id }) => beforeId === undefined || id < beforeId);
  return { items: rest.slice(0, limit), more: rest.length > limit };
}
