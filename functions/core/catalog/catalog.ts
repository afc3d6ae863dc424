import type { Price } from './price.ts';
import { type PriceData, toPrice } from './price-data.ts';

/** What a model can be called with. Each belongs to one wire format: `messages` to anthropic, the rest to openai. */
export type Surface = 'chat-completions' | 'completions' | 'responses' | 'embeddings' | 'messages';
export type Format = 'openai' | 'anthropic';
export type Modality = 'text' | 'image' | 'audio' | 'video' | 'file';

/** Who made a model, which is not always who serves it. */
export interface Author {
  id: string;
  aliases: readonly string[];
  displayName: string;
}

export interface Provider {
  id: string;
  aliases: readonly string[];
  displayName: string;
  /** Null when the provider publishes none: then an endpoint's policy must name it. */
  baseUrl: string | null;
  formats: readonly Format[];
  /** Whether deployments offer keys of their own for it by default. */
  managed: boolean;
  /** The member of a chat request that limits its answer when the client used none; most providers know `max_tokens`. */
  outputLimit: 'max_tokens' | 'max_completion_tokens';
  /** How its keys begin, where that tells them from others': a client's key goes to no other provider. */
  keyPrefixes: readonly string[];
  /** Members that every request on managed keys gets, so that nothing is stored and the listed price is what it costs. */
  managedMembers?: Partial<Record<Surface, Readonly<Record<string, unknown>>>>;
  /** Members of a body that a surface takes; all others are left out. Absent: nothing is left out. */
  supportedParams?: Partial<Record<Surface, readonly string[]>>;
  /** What an endpoint's policy says about it, for strategies; never sent anywhere. */
  metadata?: Record<string, unknown>;
  /** Added by an endpoint's policy. */
  custom?: boolean;
  /** Comes after all others when nobody chooses, whatever its name. */
  lastResort?: boolean;
}

export interface Model {
  /** The name the provider knows it by. */
  id: string;
  aliases: readonly string[];
  providerId: string;
  authorId: string | null;
  displayName: string;
  /** The provider has announced its retirement, or retired it: kept so that old names resolve. */
  deprecated: boolean;
  inputModalities: readonly Modality[];
  outputModalities: readonly Modality[];
  /** `tool-calling`, `reasoning`, `vision`, `coding`. */
  features: readonly string[];
  /** Tokens of input and output together. */
  contextWindow: number | null;
  /** The most tokens that one answer can have; 0 for embeddings. */
  outputTokensMax: number | null;
  surfaces: readonly Surface[];
  /** Null when not known; such a model cannot be used with managed keys. */
  price: Price | null;
  /** Upper bound of what one picture costs in input tokens; null when the provider states none. */
  imageTokensMax: number | null;
  /** Members of a body that the model refuses, and that are therefore left out. */
  unsupportedParams?: readonly string[];
  description?: string;
  /** What an endpoint's policy says about it, for strategies; never sent anywhere. */
  metadata?: Record<string, unknown>;
  /** Defined by an endpoint's policy. */
  custom?: boolean;
  /** False for a name that a client passes through to a provider; absent means true. */
  known?: boolean;
  /** What only strategies ask for. */
  traits?: ModelTraits;
}

/** Absent ones are not known. */
export interface ModelTraits {
  parameterCount?: number;
  /** Such as `fp8`. */
  quantization?: string;
  dataTrainingPolicy?: string;
  dataRetentionPolicy?: string;
  dataRetentionDays?: number;
  datacenters?: readonly Datacenter[];
}

export interface Datacenter {
  /** ISO 3166 alpha-2. */
  countryCode: string;
  /** Such as `us-east-1`. */
  region: string;
}

/** A provider and its models as plain JSON: what the generated file and configurations hold. Only `id`s are required. */
export interface ProviderData extends Partial<Omit<Provider, 'id'>> {
  id: string;
  models?: readonly ModelData[];
}

export interface ModelData extends Partial<Omit<Model, 'id' | 'providerId' | 'price'>> {
  id: string;
  price?: PriceData | null;
}

export interface CatalogData {
  /** Digest of everything else in it. */
  version: string;
  authors: readonly Author[];
  providers: readonly ProviderData[];
}

/** Providers and models by name. Names are ids and aliases; case does not matter. */
export interface Catalog {
  version: string;
  authors: readonly Author[];
  providers: readonly Provider[];
  /** Provider by provider; within one, first what the provider recommends, last what it retires. */
  models: readonly Model[];
  provider(name: string): Provider | undefined;
  /** Models of that name over all providers, in catalog order. */
  modelsNamed(name: string): readonly Model[];
  model(providerName: string, name: string): Model | undefined;
}

/** Two things that one name would mean. */
export class CatalogCollision extends Error {
  override readonly name = 'CatalogCollision';
}

export const surfacesOfFormat: Record<Format, readonly Surface[]> = {
  openai: ['chat-completions', 'completions', 'responses', 'embeddings'],
  anthropic: ['messages'],
};

/** @throws CatalogCollision when a name means two providers, or two models of one provider */
export function createCatalog(data: CatalogData): Catalog {
  const empty: Catalog = {
    version: data.version,
    authors: data.authors,
    providers: [],
    models: [],
    provider: () => undefined,
    modelsNamed: () => [],
    model: () => undefined,
  };
  return extendCatalog(empty, data.providers);
}

/**
 * A catalog with more providers, after those it has. Costs only what the added ones cost; the given catalog stays as it is.
 * @throws CatalogCollision when a name means two providers, or two models of one provider
 */
export function extendCatalog(catalog: Catalog, extraProviders: readonly ProviderData[]): Catalog {
  const providers = new Map<string, Provider>();
  const modelsByProvider = new Map<string, Map<string, Model>>();
  const modelsByName = new Map<string, Model[]>();
  const added = extraProviders.map(data => ({ provider: toProvider(data), models: data.models ?? [] }));
  for (const { provider } of added) {
    for (const name of namesOf(provider)) {
      const other = providers.get(name) ?? catalog.provider(name);
      if (other) throw new CatalogCollision(collision(`providers "${other.id}" and "${provider.id}"`, name));
      providers.set(name, provider);
    }
  }
  const models = added.flatMap(({ provider, models }) => {
    const named = new Map<string, Model>();
    modelsByProvider.set(provider.id, named);
    return models.map(data => {
      const model = toModel(data, provider);
      for (const name of namesOf(model)) {
        const other = named.get(name);
        if (other)
          throw new CatalogCollision(collision(`models "${other.id}" and "${model.id}" of "${provider.id}"`, name));
        named.set(name, model);
        const sameName = modelsByName.get(name);
        if (sameName) sameName.push(model);
        else modelsByName.set(name, [model]);
      }
      return model;
    });
  });
  return {
    version: catalog.version,
    authors: catalog.authors,
    providers: [...catalog.providers, ...added.map(({ provider }) => provider)],
    models: [...catalog.models, ...models],
    provider: name => providers.get(name.toLowerCase()) ?? catalog.provider(name),
    modelsNamed: name => [...catalog.modelsNamed(name), ...(modelsByName.get(name.toLowerCase()) ?? [])],
    model(providerName, name) {
      const provider = providers.get(providerName.toLowerCase());
      if (!provider) return catalog.model(providerName, name);
      return modelsByProvider.get(provider.id)?.get(name.toLowerCase());
    },
  };
}

/** Id and aliases in lower case, each once: an alias may differ from its own id in case only. */
export function namesOf({ id, aliases }: { id: string; aliases: readonly string[] }): Set<string> {
  return new Set([id, ...aliases].map(name => name.toLowerCase()));
}

function collision(things: string, name: string): string {
  return `${things} share the name "${name}"; rename one, or drop its alias`;
}

/** A provider with defaults for everything but its id. */
export function toProvider(data: ProviderData): Provider {
  const { models: _, ...rest } = data;
  return {
    ...rest,
    id: data.id,
    aliases: data.aliases ?? [],
    displayName: data.displayName ?? data.id,
    baseUrl: data.baseUrl ?? null,
    formats: data.formats ?? ['openai'],
    managed: data.managed ?? false,
    outputLimit: data.outputLimit ?? 'max_tokens',
    keyPrefixes: data.keyPrefixes ?? [],
  };
}

/** A model with defaults for everything but its id. */
export function toModel(data: ModelData, provider: Provider): Model {
  return {
    ...data,
    id: data.id,
    aliases: data.aliases ?? [],
    providerId: provider.id,
    authorId: data.authorId ?? null,
    displayName: data.displayName ?? data.id,
    deprecated: data.deprecated ?? false,
    inputModalities: data.inputModalities ?? ['text'],
    outputModalities: data.outputModalities ?? ['text'],
    features: data.features ?? [],
    contextWindow: data.contextWindow ?? null,
    outputTokensMax: data.outputTokensMax ?? null,
    surfaces: data.surfaces ?? provider.formats.flatMap(format => surfacesOfFormat[format]),
    price: data.price ? toPrice(data.price) : null,
    imageTokensMax: data.imageTokensMax ?? null,
    description: data.description,
    known: data.known,
    custom: data.custom,
    metadata: data.metadata,
    traits: data.traits,
  };
}
