import { type ZodType, z } from 'zod';
import { formatUsd, parseUsd } from '../core/money.ts';

/** Fields that many resources share. A message that starts with a code answers with that code. */
export const descriptionField = z
  .string()
  .max(255, 'ERR_NGROK_27004: "description" is over 255 characters; shorten it');
export const metadataField = z.string().max(4096, 'ERR_NGROK_27005: "metadata" is over 4096 characters; shorten it');

/** A positive amount as a decimal string; nano-USD inside. */
export const positiveUsdField = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,9})?$/, 'write USD as a decimal string such as "5.00"')
  .transform((text, context) => {
    const amountNanoUsd = parseUsd(text);
    if (amountNanoUsd !== undefined && amountNanoUsd > 0n) return amountNanoUsd;
    context.addIssue({ code: 'custom', message: `"${text}" is not a positive amount` });
    return z.NEVER;
  });

/** A moment with any offset; RFC 3339 in UTC inside, which has four digits for the year. */
export const momentField = z.iso
  .datetime({ offset: true, error: 'write it as RFC 3339, such as "2027-01-31T00:00:00Z"' })
  .transform((text, context) => {
    const moment = new Date(text).toISOString();
    if (/^\d{4}-/.test(moment)) return moment;
    context.addIssue({ code: 'custom', message: 'is not in the years 0 to 9999 in UTC' });
    return z.NEVER;
  });

/** How lists are read: newest first, `before_id` being the last id of the page before. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number('must be a number from 1 to 100').int().min(1).max(100).default(100),
  before_id: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'is not an id')
    .optional(),
});

export const timestampAnswer = z.iso.datetime();
export const usdAnswer = z
  .string()
  .regex(/^-?\d+\.\d{2,9}$/)
  .describe('USD as a decimal string');

export const nanoUsdAnswer = z
  .string()
  .regex(/^-?\d+$/)
  .describe('Whole nano-USD');

/** Part of what creations answer that take `Idempotency-Key`. */
export const replayedField = {
  replayed: z.literal(true).optional().describe('An earlier request with this Idempotency-Key made it'),
};

/** An object that another one names. */
export const referenceAnswer = z.strictObject({ id: z.string(), uri: z.url() }).meta({ id: 'Reference' });

export function reference(origin: string, path: string, id: string): z.output<typeof referenceAnswer> {
  return { id, uri: `${origin}${path}/${id}` };
}

/** `"1.50"`, or null for none. */
export function usdOrNull(amountNanoUsd: string | undefined): string | null {
  return amountNanoUsd === undefined ? null : formatUsd(BigInt(amountNanoUsd));
}

/** The schema of `page`'s answers. */
export function pageAnswer(name: string, item: ZodType): ZodType {
  return z.strictObject({
    [name]: z.array(item),
    uri: z.url(),
    next_page_uri: z.url().nullable().describe('The next page, with the same filters'),
  });
}

/**
 * A list answer: newest first, with the address of the next page or null.
 * @param options.filters query parameters that chose the items, so that the next page follows them too
 */
export function page<Item extends { id: string }>(
  name: string,
  items: Item[],
  options: {
    origin: string;
    path: string;
    limit: number;
    more: boolean;
    filters?: Record<string, string | undefined>;
  },
): object {
  const { origin, path, limit, more, filters = {} } = options;
  const last = items.at(-1);
  let nextPage: string | null = null;
  if (more && last) {
    const query = new URLSearchParams({ limit: String(limit) });
    for (const [filter, value] of Object.entries(filters)) if (value !== undefined) query.set(filter, value);
    query.set('before_id', last.id);
    nextPage = `${origin}${path}?${query}`;
  }
  return { [name]: items, uri: `${origin}${path}`, next_page_uri: nextPage };
}
