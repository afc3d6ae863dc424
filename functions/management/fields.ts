import { z } from 'zod';

/** Fields that many resources share. A message that starts with a code answers with that code. */
export const descriptionField = z
  .string()
  .max(255, 'ERR_NGROK_27004: "description" is over 255 characters; shorten it');
export const metadataField = z.string().max(4096, 'ERR_NGROK_27005: "metadata" is over 4096 characters; shorten it');

export const pageQuery = z.strictObject({
  limit: z.coerce.number('must be a number from 1 to 100').int().min(1).max(100).default(100),
  before_id: z.string().optional(),
});

/** A list answer: newest first, with the address of the next page or null. */
export function page<Item extends { id: string }>(
  name: string,
  items: Item[],
  { origin, path, limit, more }: { origin: string; path: string; limit: number; more: boolean },
): object {
  const last = items.at(-1);
  const nextPage = more && last ? `${origin}${path}?limit=${limit}&before_id=${last.id}` : null;
  return { [name]: items, uri: `${origin}${path}`, next_page_uri: nextPage };
}
