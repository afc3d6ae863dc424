import { type ZodType, z } from 'zod';

/** Fields that many resources share. A message that starts with a code answers with that code. */
export const descriptionField = z
  .string()
  .max(255, 'ERR_NGROK_27004: "description" is over 255 characters; shorten it');
export const metadataField = z.string().max(4096, 'ERR_NGROK_27005: "metadata" is over 4096 characters; shorten it');

export const pageQuery = z.strictObject({
  limit: z.coerce.number('must be a number from 1 to 100').int().min(1).max(100).default(100),
  before_id: z.string().optional(),
});

export const timestampAnswer = z.iso.datetime();
export const usdAnswer = z
  .string()
  .regex(/^-?\d+\.\d{2,9}$/)
  .describe('USD as a decimal string');

/** An object that another one names. */
export const referenceAnswer = z.strictObject({ id: z.string(), uri: z.url() }).meta({ id: 'Reference' });

export function reference(origin: string, path: string, id: string): z.output<typeof referenceAnswer> {
  return { id, uri: `${origin}${path}/${id}` };
}

/** The schema of `page`'s answers. */
export function pageAnswer(name: string, item: ZodType): ZodType {
  return z.strictObject({
    [name]: z.array(item),
    uri: z.url(),
    next_page_uri: z.url().nullable().describe('The next page, with the same filters'),
  });
}

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
