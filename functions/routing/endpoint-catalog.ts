import { type Catalog, type Model, namesOf, type Provider, toModel } from '../core/catalog/catalog.ts';
import type { AiGatewayConfig } from '../policy/ai-gateway-config.ts';
import type { Surface } from '../providers/surface.ts';
import { type EndpointProvider, orderProviders } from './endpoint-providers.ts';

/** A provider and one of its models: what a request can be sent to. */
export interface Candidate {
  provider: Provider;
  /** `model.id` is the name sent to the provider; `known: false` marks names passed through as `provider:name`. */
  model: Model;
  /** Why the endpoint's policy rules it out. */
  exclusion: Exclusion | undefined;
}

export type Exclusion = 'disabled' | 'provider_not_allowed' | 'model_not_allowed';

/** Candidates, and their models in the same order. */
export interface Available {
  candidates: readonly Candidate[];
  models: readonly Model[];
  candidateOf: ReadonlyMap<Model, Candidate>;
}

/** `openai:gpt-4o`: how candidates are named in messages, records and prefixes. */
export function candidateName({ provider, model }: Candidate): string {
  return `${provider.id}:${model.id}`;
}

/** Paths that the gateway does not know are a question of format. So is the legacy one, for models that are named. */
export function speaks({ provider, model }: Candidate, { requires, format }: Surface, isNamed = false): boolean {
  if (requires === undefined || (isNamed && requires === 'completions')) return provider.formats.includes(format);
  return model.surfaces.includes(requires);
}

/**
 * The providers and models of one endpoint: the catalog with what its policy adds, changes and rules out. Built once for
 * each version of a policy. Configured providers come first, in the policy's order, the others by alphabet.
 */
export class EndpointCatalog {
  /** Every model there is, excluded ones included, in the order they are tried when nobody chooses. */
  readonly candidates: readonly Candidate[];
  readonly providers: readonly EndpointProvider[];
  readonly authors: Catalog['authors'];
  private readonly config: AiGatewayConfig;
  private readonly byProviderId = new Map<string, EndpointProvider>();
  private readonly providersByName = new Map<string, EndpointProvider[]>();
  private readonly availableOn = new Map<string, Available>();
  private readonly candidatesByName = new Map<string, Candidate[]>();

  /** @throws CatalogCollision when a name means two things that cannot be told apart */
  constructor(catalog: Catalog, config: AiGatewayConfig) {
    this.config = config;
    this.authors = catalog.authors;
    this.providers = orderProviders(catalog, config);
    for (const entry of this.providers) {
      this.byProviderId.set(entry.provider.id, entry);
      for (const name of namesOf(entry.provider)) addTo(this.providersByName, name, entry);
    }
    this.candidates = this.providers.flatMap(entry =>
      entry.models.map(model => ({ provider: entry.provider, model, exclusion: this.exclusionOf(entry, model) })),
    );
    for (const candidate of this.candidates) {
      for (const name of namesOf(candidate.model)) addTo(this.candidatesByName, name, candidate);
    }
  }

  provider(id: string): EndpointProvider | undefined {
    return this.byProviderId.get(id);
  }

  /**
   * What a client's name can mean, best first: `provider:name` where the left side is a provider (the name may hold
   * colons itself), else an id or alias of any provider. Case does not matter. A name that a provider does not list is
   * passed through to it.
   */
  candidatesNamed(name: string): readonly Candidate[] {
    const colon = name.indexOf(':');
    const prefixed = colon > 0 ? (this.providersByName.get(name.slice(0, colon).toLowerCase()) ?? []) : [];
    const modelName = name.slice(colon + 1);
    const listed = this.candidatesByName.get(name.toLowerCase()) ?? [];
    if (prefixed.length === 0 || modelName === '') return listed;
    const named = prefixed.flatMap(entry => this.candidateOf(entry, modelName));
    return named.every(({ model }) => model.known === false) && listed.length > 0 ? listed : named;
  }

  /** What can answer on a surface when nobody names a model; the same object every time. */
  available(surface: Surface): Available {
    const key = surface.requires ?? surface.format;
    let available = this.availableOn.get(key);
    if (!available) {
      const candidates = this.candidates.filter(candidate => !candidate.exclusion && speaks(candidate, surface));
      const candidateOf = new Map(candidates.map(candidate => [candidate.model, candidate]));
      available = { candidates, models: [...candidateOf.keys()], candidateOf };
      this.availableOn.set(key, available);
    }
    return available;
  }

  /** A candidate that leaves the model to the provider, for paths on which a request need not name one. */
  withoutModel(entry: EndpointProvider): Candidate {
    return this.passedThrough(entry, '');
  }

  private candidateOf(entry: EndpointProvider, modelName: string): Candidate {
    const named = this.candidatesByName.get(modelName.toLowerCase()) ?? [];
    return named.find(({ provider }) => provider === entry.provider) ?? this.passedThrough(entry, modelName);
  }

  private passedThrough(entry: EndpointProvider, modelName: string): Candidate {
    const model: Model = { ...toModel({ id: modelName }, entry.provider), known: false };
    return { provider: entry.provider, model, exclusion: this.exclusionOf(entry, model) };
  }

  private exclusionOf({ config }: EndpointProvider, model: Model): Exclusion | undefined {
    const listed = config?.models?.find(({ id }) => namesOf(model).has(id.toLowerCase()));
    if (config?.disabled || listed?.disabled) return 'disabled';
    if (this.config.only_allow_configured_providers && !config) return 'provider_not_allowed';
    if (this.config.only_allow_configured_models && !listed) return 'model_not_allowed';
    return undefined;
  }
}

function addTo<Value>(map: Map<string, Value[]>, name: string, value: Value): void {
  const values = map.get(name);
  if (values) values.push(value);
  else map.set(name, [value]);
}
