import type { ModelData, ProviderData } from '../catalog.ts';

/**
 * What people keep by hand: which providers and models the catalog has, and everything about them but prices.
 *
 * Limits are upper bounds, because money is set aside by them: where the product's own table and the provider's
 * page differ, the larger number stands. Nothing is guessed: what no page states is left out.
 * Models stand in the order in which they are tried when nobody chooses: first what the provider recommends to start with,
 * last what it has retired or announced to retire.
 */
export interface OverlayProvider extends ProviderData {
  models: readonly OverlayModel[];
}

export interface OverlayModel extends Omit<ModelData, 'price'> {
  /** True when no price is known; otherwise a model without one fails the generation. */
  unpriced?: boolean;
}

/** Models that share facts: each may replace what it does not share. */
export function family(shared: Omit<OverlayModel, 'id'>, models: OverlayModel[]): OverlayModel[] {
  return models.map(model => ({ ...shared, ...model }));
}
