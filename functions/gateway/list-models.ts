import type { Model } from '../core/catalog/catalog.ts';
import { GatewayError } from '../core/errors.ts';
import { formatUsd } from '../core/money.ts';
import type { Caller } from './authenticate.ts';
import type { GatewayRequest } from './gateway.ts';

/** The models of an endpoint in OpenAI's list shape, with what helps to choose. Prices are USD per million tokens. */
export function listModels({ method }: GatewayRequest, { endpoint }: Caller): object {
  if (method !== 'GET') throw new GatewayError('method_not_allowed', `/v1/models takes GET, not ${method}`);
  const { models } = endpoint.catalog;
  const isShared = (model: Model) => models.some(other => other !== model && other.id === model.id);
  return {
    object: 'list',
    data: models.map(model => ({
      id: isShared(model) ? `${model.providerId}:${model.id}` : model.id,
      object: 'model',
      created: 0,
      owned_by: model.authorId ?? model.providerId,
      provider: model.providerId,
      context_window: model.contextWindow,
      max_output_tokens: model.outputTokensMax,
      deprecated: model.deprecated,
      pricing: model.price && { input: formatUsd(model.price.input), output: formatUsd(model.price.output) },
    })),
  };
}
