import data from './catalog.generated.json' with { type: 'json' };
import { type CatalogData, createCatalog } from './catalog.ts';

/** The providers and models that every endpoint knows without configuration. */
export const builtInCatalog = createCatalog(data as CatalogData);
