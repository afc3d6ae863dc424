import type { Catalog, ProviderData } from '../core/catalog/catalog.ts';
import type { AiGatewayConfig } from './ai-gateway-config.ts';

/** The providers that a policy adds to the catalog; those that only configure a built-in one are left out. */
export function toCatalogProviders({ providers }: AiGatewayConfig, catalog: Catalog): ProviderData[] {
  const custom = providers.filter(({ id }) => catalog.provider(id) === undefined);
  return custom.map(({ id, id_aliases, base_url, models = [] }) => ({
    id,
    aliases: id_aliases ?? [],
    baseUrl: base_url ?? null,
    models: models.map(model => ({ id: model.id, aliases: model.id_aliases ?? [] })),
  }));
}
