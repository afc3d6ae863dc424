import {
  type Catalog,
  CatalogCollision,
  type Model,
  namesOf,
  type Provider,
  type Surface,
  surfacesOfFormat,
  toModel,
  toProvider,
} from '../core/catalog/catalog.ts';
import type { AiGatewayConfig, ModelConfig, ProviderConfig } from '../policy/ai-gateway-config.ts';

/** A provider as an endpoint knows it. */
export interface EndpointProvider {
  provider: Provider;
  models: readonly Model[];
  /** What the policy says about it. */
  config: ProviderConfig | undefined;
}

/**
 * The catalog's providers with what a policy says of them, and those it adds: configured ones first, in the policy's
 * order, the others by alphabet.
 * @throws CatalogCollision when two entries mean one provider, or one name means two models of a provider
 */
export function orderProviders(catalog: Catalog, { providers }: AiGatewayConfig): EndpointProvider[] {
  const configured = providers.map(config => configure(config, catalog));
  const seen = new Map<string, string>();
  for (const { provider, config } of configured) {
    const other = seen.get(provider.id);
    if (other !== undefined) {
      throw new CatalogCollision(
        `providers "${other}" and "${config?.id}" are the same provider "${provider.id}"; merge the two entries`,
      );
    }
    seen.set(provider.id, config?.id ?? provider.id);
  }
  const others = catalog.providers
    .filter(({ id }) => !seen.has(id))
    .sort((a, b) => Number(a.lastResort ?? false) - Number(b.lastResort ?? false) || (a.id < b.id ? -1 : 1))
    .map(provider => ({ provider, models: modelsOf(provider, catalog), config: undefined }));
  return [...configured, ...others];
}

function configure(config: ProviderConfig, catalog: Catalog): EndpointProvider {
  const known = catalog.provider(config.id);
  const provider = known ? changedProvider(known, config) : toProvider(customProvider(config));
  const models = mergeModels(known ? modelsOf(known, catalog) : [], config.models ?? [], provider).map(model =>
    withSurfaces(model, known?.formats ?? [], config),
  );
  return { provider, models, config };
}

function modelsOf({ id }: Provider, catalog: Catalog): Model[] {
  return catalog.models.filter(model => model.providerId === id);
}

function changedProvider(known: Provider, config: ProviderConfig): Provider {
  return {
    ...known,
    aliases: [...known.aliases, ...(config.id_aliases ?? [])],
    displayName: config.display_name ?? known.displayName,
    baseUrl: config.base_url ?? known.baseUrl,
    formats: formatsOf(config) ?? known.formats,
    supportedParams: supportedParams(config) ?? known.supportedParams,
    metadata: config.metadata ?? known.metadata,
  };
}

function customProvider(config: ProviderConfig) {
  return {
    id: config.id,
    aliases: config.id_aliases,
    displayName: config.display_name,
    baseUrl: config.base_url,
    formats: formatsOf(config),
    supportedParams: supportedParams(config),
    metadata: config.metadata,
    custom: true,
  };
}

/** Models of the catalog as the policy changes them, then those it adds. */
function mergeModels(known: readonly Model[], configs: readonly ModelConfig[], provider: Provider): Model[] {
  const configOf = (model: Model) => configs.find(({ id }) => namesOf(model).has(id.toLowerCase()));
  const changed = known.map(model => {
    const config = configOf(model);
    return config ? withConfig(model, config) : model;
  });
  const added = configs.filter(({ id }) => !known.some(model => namesOf(model).has(id.toLowerCase())));
  const models = [
    ...added.map(config => withConfig({ ...toModel({ id: config.id }, provider), custom: true }, config)),
    ...changed,
  ];
  refuseSharedNames(models, provider);
  return models;
}

function withConfig(model: Model, config: ModelConfig): Model {
  return {
    ...model,
    aliases: [...model.aliases, ...(config.id_aliases ?? [])],
    authorId: config.author_id ?? model.authorId,
    displayName: config.display_name ?? model.displayName,
    description: config.description ?? model.description,
    metadata: config.metadata ?? model.metadata,
    inputModalities: (config.input_modalities as Model['inputModalities'] | undefined) ?? model.inputModalities,
    outputModalities: (config.output_modalities as Model['outputModalities'] | undefined) ?? model.outputModalities,
    contextWindow: config.max_context_window ?? model.contextWindow,
    outputTokensMax: config.max_output_tokens ?? model.outputTokensMax,
    features: config.supported_features ?? model.features,
    unsupportedParams: config.unsupported_params ?? model.unsupportedParams,
  };
}

function refuseSharedNames(models: readonly Model[], provider: Provider): void {
  const seen = new Map<string, Model>();
  for (const model of models) {
    for (const name of namesOf(model)) {
      const other = seen.get(name);
      if (other) {
        throw new CatalogCollision(
          `models "${other.id}" and "${model.id}" of "${provider.id}" share the name "${name}"; rename one, or drop its alias`,
        );
      }
      seen.set(name, model);
    }
  }
}

type SurfaceConfig = NonNullable<ProviderConfig['supported_api_surfaces']>[number];

function formatsOf({ supported_api_surfaces }: ProviderConfig): Provider['formats'] | undefined {
  if (!supported_api_surfaces || supported_api_surfaces.length === 0) return undefined;
  return [...new Set(supported_api_surfaces.map(({ format }) => format))];
}

function supportedParams({ supported_api_surfaces = [] }: ProviderConfig): Provider['supportedParams'] {
  const listed = supported_api_surfaces.flatMap(({ surface, supported_params }) =>
    surface && supported_params && supported_params.length > 0 ? [[surface, supported_params] as const] : [],
  );
  return listed.length > 0 ? Object.fromEntries(listed) : undefined;
}

/** Surfaces that a policy can declare; the others follow the format. */
const declarable: readonly Surface[] = ['chat-completions', 'responses', 'messages'];

/** What the policy declares: all surfaces of a format it names alone, else of the declarable ones only those it names. */
function declaredSurfaces(surfaces: readonly SurfaceConfig[]): Set<Surface> {
  const declared = new Set<Surface>();
  for (const { format, surface } of surfaces) {
    for (const candidate of surfacesOfFormat[format]) {
      if (surface === undefined || surface === candidate || !declarable.includes(candidate)) declared.add(candidate);
    }
  }
  return declared;
}

/** A model of the catalog keeps to its own surfaces, but for those of a format that its provider had not before. */
function withSurfaces(
  model: Model,
  knownFormats: Provider['formats'],
  { supported_api_surfaces }: ProviderConfig,
): Model {
  if (!supported_api_surfaces || supported_api_surfaces.length === 0) return model;
  const newSurfaces = supported_api_surfaces
    .filter(({ format }) => !knownFormats.includes(format))
    .flatMap(({ format }) => surfacesOfFormat[format]);
  const possible = model.custom ? Object.values(surfacesOfFormat).flat() : [...model.surfaces, ...newSurfaces];
  const declared = declaredSurfaces(supported_api_surfaces);
  return { ...model, surfaces: possible.filter(surface => declared.has(surface)) };
}
