import type { ErrorRate, Quota } from '../../core/metrics.ts';
import { extendBase } from './base-environment.ts';
import { type CelType, declareType } from './cel-type.ts';
import { type Dialect, nothingSparse } from './dialect.ts';
import { ErrorRateView, errorRate, QuotaView, quota } from './metrics-types.ts';
import { registerRandom } from './pick-random.ts';
import { registerSortBy } from './sort-by.ts';

/** A key of the provider that is tried now. */
export interface KeyView {
  /** A hash, safe to log. */
  id: string;
  /** The key itself. */
  value: string;
  quota: Quota;
  error_rate: ErrorRate;
}

/** The variable `ai` of a key selection strategy. */
export class AiKeys {
  readonly keys: readonly KeyElement[];
  readonly random: () => number;

  constructor(keys: readonly KeyView[], random: () => number) {
    this.keys = keys.map(key => new KeyElement(key, this));
    this.random = random;
  }
}

/** `k` in `ai.keys.filter(k, …)`. */
export class KeyElement {
  readonly key: KeyView;
  readonly ai: AiKeys;

  constructor(key: KeyView, ai: AiKeys) {
    this.key = key;
    this.ai = ai;
  }
}

const types: readonly CelType[] = [
  errorRate,
  quota,
  declareType('Key', 'a key', KeyElement, {
    id: ['string', ({ key }) => key.id],
    value: ['string', ({ key }) => key.value],
    quota: ['Quota', ({ key }) => new QuotaView(key.quota)],
    error_rate: ['ErrorRate', ({ key }) => new ErrorRateView(key.error_rate)],
  }),
  { name: 'AiKeys', label: 'ai', wrapper: AiKeys, fields: { keys: 'list<Key>' } },
];

const environment = extendBase(types).registerVariable('ai', 'AiKeys');
registerRandom(environment, ['Key']);
registerSortBy(environment);
environment.registerOperator('Key == Key', (a: KeyElement, b: KeyElement) => a.key === b.key);

/** What `api_key_selection.strategy` is written in. */
export const keyDialect: Dialect = {
  environment,
  variables: ['ai'],
  types,
  functions: ['random', 'randomize', 'sortBy'],
  sparse: nothingSparse,
};
