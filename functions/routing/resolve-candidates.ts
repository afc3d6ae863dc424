import type { Catalog, Model, Provider } from '../core/catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';
import type { Surface } from '../providers/surface.ts';
import type { ModelCall } from './model-call.ts';

/** A provider and a model that may answer. */
export interface Candidate {
  provider: Provider;
  /** The name sent to the provider. */
  modelId: string;
  /** What the catalog knows of the model; undefined for names passed through as `provider:name`. */
  model: Model | undefined;
}

/**
 * The candidates for a call, best first: what the client named, in its order; without a name, everything that can answer.
 * @throws GatewayError ERR_NGROK_3804 for names that nothing matches, ERR_NGROK_3813 when nothing speaks the surface
 */
export function resolveCandidates(call: ModelCall, catalog: Catalog): Candidate[] {
  const known =
    call.modelNames.length > 0
      ? call.modelNames.flatMap(name => candidatesNamed(name, catalog))
      : catalog.models.map(model => toCandidate(model, catalog));
  if (known.length === 0) throw unknownModel(call.modelNames);
  const able = known.filter(candidate => speaks(candidate, call.surface));
  if (able.length === 0) {
    const names = call.modelNames.map(name => `"${name}"`).join(', ');
    throw new GatewayError(
      'ERR_NGROK_3813',
      `No provider of ${names || 'this endpoint'} speaks the ${call.surface.format} format of ${call.surface.name}; use another path or model`,
    );
  }
  return withoutDoubles(able);
}

/** `provider:name` where the left side is a provider (the name may hold colons itself), else an id or alias. */
function candidatesNamed(name: string, catalog: Catalog): Candidate[] {
  const colon = name.indexOf(':');
  const provider = colon > 0 ? catalog.provider(name.slice(0, colon)) : undefined;
  if (!provider) return catalog.modelsNamed(name).map(model => toCandidate(model, catalog));
  const bareName = name.slice(colon + 1);
  const model = catalog.model(provider.id, bareName);
  if (model) return [toCandidate(model, catalog)];
  return bareName === '' ? [] : [{ provider, modelId: bareName, model: undefined }];
}

function toCandidate(model: Model, catalog: Catalog): Candidate {
  return { provider: catalog.provider(model.providerId) as Provider, modelId: model.id, model };
}

function speaks({ provider, model }: Candidate, surface: Surface): boolean {
  if (model && surface.requires) return model.surfaces.includes(surface.requires);
  return provider.formats.includes(surface.format);
}

function withoutDoubles(candidates: Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return candidates.filter(({ provider, modelId }) => {
    const name = `${provider.id}:${modelId}`;
    return !seen.has(name) && seen.add(name);
  });
}

function unknownModel(names: string[]): GatewayError {
  if (names.length === 0) return new GatewayError('ERR_NGROK_3804', 'This endpoint has no models');
  const listed = names.map(name => `"${name}"`).join(', ');
  return new GatewayError(
    'ERR_NGROK_3804',
    `No model matches ${listed}; GET /v1/models lists them, and provider:name passes any name on to a known provider`,
  );
}
