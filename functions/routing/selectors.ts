import type { Model } from '../core/catalog/catalog.ts';
import type { ProviderKey } from './provider-keys.ts';

/** One model selection strategy of a policy, compiled. */
export interface ModelSelector {
  source: string;
  /**
   * The models it chooses among these, best first.
   * @throws EvaluationError or WrongResultError of `policy/expressions`
   */
  select(models: readonly Model[]): readonly Model[];
}

/** One key selection strategy of a policy, compiled; throws like a model's. */
export interface KeySelector {
  source: string;
  select(keys: readonly ProviderKey[]): readonly ProviderKey[];
}
