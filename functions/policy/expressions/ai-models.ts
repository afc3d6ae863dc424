import assert from 'node:assert/strict';
import type { Author, Model, Provider } from '../../core/catalog/catalog.ts';
import type { ModelMetrics } from '../../core/metrics.ts';
import { toCelValue } from './metadata.ts';
import { type UsdPrices, usdPrices } from './pricing-types.ts';

/** How a model did lately; undefined for one without history, which reads as zero everywhere. */
export type MetricsOf = (model: Model) => ModelMetrics | undefined;

/** What a strategy can choose from. */
export interface AiModelsParts {
  models: readonly Model[];
  /** At least those of the models. */
  providers: readonly Provider[];
  authors: readonly Author[];
  metrics: MetricsOf;
  /** From 0 up to but not including 1. */
  random: () => number;
}

/** The variable `ai` of a model selection strategy. */
export class AiModels {
  readonly models: readonly ModelView[];
  readonly metrics: MetricsOf;
  readonly random: () => number;
  private readonly parts: AiModelsParts;

  constructor(parts: AiModelsParts) {
    const providers = new Map(parts.providers.map(provider => [provider.id, provider]));
    const authors = new Map(parts.authors.map(author => [author.id, author]));
    this.models = parts.models.map(model => {
      const provider = providers.get(model.providerId);
      assert(provider, `model ${model.id} comes without its provider ${model.providerId}`);
      return new ModelView(factsOf(model, provider, authors.get(model.authorId ?? '')), this);
    });
    this.metrics = parts.metrics;
    this.random = parts.random;
    this.parts = parts;
  }

  get providers(): ProviderView[] {
    return this.parts.providers.map(provider => new ProviderView(provider, this));
  }

  get authors(): AuthorView[] {
    return this.parts.authors.map(author => new AuthorView(author, this));
  }
}

/**
 * Prepares models for strategies. What is the same for every request is computed once per model and provider and
 * remembered, so that 500 models cost well under 0.1 ms here; metrics are asked for when a strategy reads them.
 */
export function createAiModels(parts: AiModelsParts): AiModels {
  return new AiModels(parts);
}

/** A model as expressions see it: `m` in `ai.models.filter(m, …)`. */
export class ModelView {
  readonly facts: ModelFacts;
  readonly ai: AiModels;

  constructor(facts: ModelFacts, ai: AiModels) {
    this.facts = facts;
    this.ai = ai;
  }

  get names(): ReadonlySet<string> {
    return this.facts.names;
  }
}

export class ProviderView {
  readonly provider: Provider;
  readonly ai: AiModels;

  constructor(provider: Provider, ai: AiModels) {
    this.provider = provider;
    this.ai = ai;
  }

  get names(): ReadonlySet<string> {
    return namesOf(this.provider);
  }
}

export class AuthorView {
  readonly author: Author;
  readonly ai: AiModels;

  constructor(author: Author, ai: AiModels) {
    this.author = author;
    this.ai = ai;
  }

  get names(): ReadonlySet<string> {
    return namesOf(this.author);
  }
}

/** What is known of a model without its metrics. Names are ids and aliases in lower case. */
export interface ModelFacts {
  model: Model;
  names: ReadonlySet<string>;
  provider: Provider;
  providerNames: ReadonlySet<string>;
  author: Author | undefined;
  authorNames: ReadonlySet<string>;
  usd: UsdPrices;
  /** The provider's, with the model's own keys in their place. */
  metadata: unknown;
}

const factsByProvider = new WeakMap<Provider, WeakMap<Model, ModelFacts>>();

function factsOf(model: Model, provider: Provider, author: Author | undefined): ModelFacts {
  const ofProvider = factsByProvider.get(provider) ?? new WeakMap<Model, ModelFacts>();
  const known = ofProvider.get(model);
  if (known && known.author === author) return known;
  const facts: ModelFacts = {
    model,
    names: namesOf(model),
    provider,
    providerNames: namesOf(provider),
    author,
    authorNames: author ? namesOf(author) : new Set(model.authorId ? [model.authorId.toLowerCase()] : []),
    usd: usdPrices(model.price),
    metadata: toCelValue({ ...provider.metadata, ...model.metadata }),
  };
  factsByProvider.set(provider, ofProvider.set(model, facts));
  return facts;
}

function namesOf({ id, aliases }: { id: string; aliases: readonly string[] }): ReadonlySet<string> {
  return new Set([id, ...aliases].map(name => name.toLowerCase()));
}
