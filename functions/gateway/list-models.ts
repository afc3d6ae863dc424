import { GatewayError } from '../core/errors.ts';
import { formatUsd } from '../core/money.ts';
import { type Candidate, candidateName, type EndpointCatalog } from '../routing/endpoint-catalog.ts';
import type { GatewayRequest } from './gateway.ts';

const path = '/v1/models';

export function isModelsPath(requestPath: string): boolean {
  return requestPath === path || requestPath.startsWith(`${path}/`);
}

/**
 * `GET /v1/models` and `GET /v1/models/{id}` in OpenAI's shapes, with what helps to choose: what the endpoint's policy
 * allows. Prices are USD per million tokens.
 */
export function answerModels({ method }: GatewayRequest, requestPath: string, catalog: EndpointCatalog): object {
  if (method !== 'GET') throw new GatewayError('method_not_allowed', `${path} takes GET, not ${method}`);
  if (requestPath === path) {
    const allowed = catalog.candidates.filter(({ exclusion }) => !exclusion);
    return {
      object: 'list',
      data: allowed.map(candidate => toWire(candidate, catalog.candidatesNamed(candidate.model.id))),
    };
  }
  const name = decodeName(requestPath.slice(path.length + 1));
  const matches = catalog.candidatesNamed(name).filter(({ model, exclusion }) => !exclusion && model.known !== false);
  const [first] = matches;
  if (!first) {
    throw new GatewayError('ERR_NGROK_3804', `model unknown: nothing matches "${name}"; GET ${path} lists what does`);
  }
  return toWire(first, catalog.candidatesNamed(first.model.id));
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

/** A model that several providers have is named with its provider, so that choosing it means this one. */
function toWire(candidate: Candidate, sameName: readonly Candidate[]): object {
  const { provider, model } = candidate;
  return {
    id: sameName.length > 1 ? candidateName(candidate) : model.id,
    object: 'model',
    created: 0,
    owned_by: model.authorId ?? provider.id,
    provider: provider.id,
    display_name: model.displayName,
    context_window: model.contextWindow,
    max_output_tokens: model.outputTokensMax,
    surfaces: model.surfaces,
    deprecated: model.deprecated,
    pricing: model.price && { input: formatUsd(model.price.input), output: formatUsd(model.price.output) },
  };
}
