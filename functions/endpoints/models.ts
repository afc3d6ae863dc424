import { z } from 'zod';
import { builtInCatalog } from '../core/catalog/built-in-catalog.ts';
import { type Catalog, extendCatalog, type Model, type Surface } from '../core/catalog/catalog.ts';
import type { PriceClasses } from '../core/catalog/price.ts';
import { formatUsd } from '../core/money.ts';
import { page, pageAnswer, pageQuery, usdAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';

const path = '/models';

const surfaces = [
  'chat-completions',
  'completions',
  'responses',
  'embeddings',
  'messages',
] as const satisfies readonly Surface[];

const query = pageQuery.extend({
  before_id: z
    .string()
    .regex(/^[\x21-\x7e]{1,300}$/, 'is not an id')
    .optional(),
  id: z.string().max(300).optional().describe('A name or alias, with or without its provider: "openai:gpt-5-mini"'),
  provider: z.string().max(100).optional().describe('A provider’s id or alias'),
  surface: z.enum(surfaces).optional(),
  feature: z.string().max(100).optional().describe('Such as tool-calling, reasoning, vision or coding'),
});

const price = usdAnswer.nullable();
const prices = {
  input: price,
  cached_input: price,
  cache_write: price,
  cache_write_1h: price,
  input_audio: price,
  cached_input_audio: price,
  output: price,
  output_audio: price,
};

const modelAnswer = z
  .strictObject({
    id: z.string().describe('Names this model of this provider, and no other'),
    provider: z.string(),
    model: z.string(),
    aliases: z.array(z.string()),
    display_name: z.string(),
    author: z.string().nullable(),
    deprecated: z.boolean(),
    managed: z.boolean().describe('Whether deployments have keys of their own for it, paid for with credits'),
    surfaces: z.array(z.enum(surfaces)),
    features: z.array(z.string()),
    input_modalities: z.array(z.string()),
    output_modalities: z.array(z.string()),
    context_window: z.int().nullable(),
    max_output_tokens: z.int().nullable(),
    pricing: z
      .strictObject({
        ...prices,
        tiers: z.array(z.strictObject({ above_input_tokens: z.int(), ...prices })),
      })
      .nullable()
      .describe('USD per million tokens; a class without a price costs what the tokens it is part of cost'),
  })
  .meta({ id: 'Model' });

/** The catalog: what every endpoint can call before its policy adds to it. */
export const modelRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'List the models of the catalog, with prices and what they can do',
    query,
    answer: pageAnswer('models', modelAnswer),
    async handle({ query: { limit, before_id, ...filters }, origin }, management) {
      const catalog = catalogOf(management);
      const wanted = select(catalog, filters);
      const start = before_id === undefined ? 0 : wanted.findIndex(model => nameOf(model) === before_id) + 1;
      if (start === 0 && before_id !== undefined) {
        throw new ManagementError('ERR_NGROK_215', `Invalid value of "before_id": "${before_id}" is not in the list`);
      }
      const items = wanted.slice(start, start + limit).map(model => toWire(model, catalog));
      const more = start + limit < wanted.length;
      return { status: 200, body: page('models', items, { origin, path, limit, more, filters }) };
    },
  }),
];

const catalogs = new WeakMap<object, Catalog>();

/** The deployment's catalog. */
export function catalogOf(management: Pick<Management, 'extraProviders'>): Catalog {
  const catalog = catalogs.get(management) ?? extendCatalog(builtInCatalog, management.extraProviders);
  catalogs.set(management, catalog);
  return catalog;
}

function select(
  catalog: Catalog,
  { id, provider, surface, feature }: { id?: string; provider?: string; surface?: Surface; feature?: string },
): readonly Model[] {
  const providerId = provider === undefined ? undefined : catalog.provider(provider)?.id;
  if (provider !== undefined && providerId === undefined) return [];
  return (id === undefined ? catalog.models : named(catalog, id)).filter(
    model =>
      (providerId === undefined || model.providerId === providerId) &&
      (surface === undefined || model.surfaces.includes(surface)) &&
      (feature === undefined || model.features.includes(feature)),
  );
}

/** `openai:gpt-5-mini` is one model; `gpt-5-mini` is that of every provider that has it. */
function named(catalog: Catalog, id: string): readonly Model[] {
  const colon = id.indexOf(':');
  if (colon > 0 && catalog.provider(id.slice(0, colon))) {
    const model = catalog.model(id.slice(0, colon), id.slice(colon + 1));
    return model ? [model] : [];
  }
  return catalog.modelsNamed(id);
}

function nameOf({ providerId, id }: Model): string {
  return `${providerId}:${id}`;
}

function toWire(model: Model, catalog: Catalog): z.output<typeof modelAnswer> {
  return {
    id: nameOf(model),
    provider: model.providerId,
    model: model.id,
    aliases: [...model.aliases],
    display_name: model.displayName,
    author: model.authorId,
    deprecated: model.deprecated,
    managed: catalog.provider(model.providerId)?.managed ?? false,
    surfaces: [...model.surfaces],
    features: [...model.features],
    input_modalities: [...model.inputModalities],
    output_modalities: [...model.outputModalities],
    context_window: model.contextWindow,
    max_output_tokens: model.outputTokensMax,
    pricing: model.price && {
      ...toPrices(model.price),
      tiers: model.price.tiers.map(tier => ({ above_input_tokens: tier.aboveInputTokens, ...toPrices(tier) })),
    },
  };
}

function toPrices(classes: PriceClasses) {
  const show = (amount: bigint | undefined) => (amount === undefined ? null : formatUsd(amount));
  return {
    input: show(classes.input),
    cached_input: show(classes.cachedInput),
    cache_write: show(classes.cacheWrite),
    cache_write_1h: show(classes.cacheWriteLong),
    input_audio: show(classes.inputAudio),
    cached_input_audio: show(classes.cachedInputAudio),
    output: show(classes.output),
    output_audio: show(classes.outputAudio),
  };
}
