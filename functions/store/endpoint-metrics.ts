import type { Model } from '../core/catalog/catalog.ts';
import type { Clock } from '../core/clock.ts';
import type { ModelMetrics } from '../core/metrics.ts';
import type { Scope } from './aggregates.ts';
import { Cache } from './cache.ts';
import type { Store } from './dynamo.ts';
import type { Endpoint } from './endpoints.ts';
import { findSnapshot, type MetricSnapshot } from './metric-snapshots.ts';

type Identity = Pick<Endpoint, 'id' | 'accountId'>;

/** What strategies know of an endpoint. */
interface Known {
  global: MetricSnapshot | undefined;
  account: MetricSnapshot | undefined;
  endpoint: MetricSnapshot | undefined;
}

export interface EndpointMetricsParts {
  store: Store;
  now: Clock;
  cacheLifetimeMs: number;
  report(message: string, error: unknown): void;
}

/**
 * How models did lately, for the strategies of endpoints: the snapshots that the rollup writes, each read as often as
 * configurations are. No request fails for want of metrics: a fault of the store is reported, and what was known stays.
 */
export class EndpointMetrics {
  private readonly known = new Map<string, Known>();
  private readonly parts: EndpointMetricsParts;
  /** Shared by all endpoints. */
  private readonly global: Cache<MetricSnapshot | undefined>;

  constructor(parts: EndpointMetricsParts) {
    this.parts = parts;
    this.global = new Cache(() => this.find({ kind: 'global' }), parts.cacheLifetimeMs, parts.now);
  }

  /** Reads them again. */
  async refresh({ id: endpointId, accountId }: Identity): Promise<void> {
    try {
      const [global, account, endpoint] = await Promise.all([
        this.global.get(''),
        this.find({ kind: 'account', accountId }),
        this.find({ kind: 'endpoint', accountId, endpointId }),
      ]);
      if (this.known.size >= endpointsMax) this.known.clear();
      this.known.set(endpointId, { global, account, endpoint });
    } catch (error) {
      this.parts.report(`reading the metrics of ${endpointId} failed`, error);
    }
  }

  /** As they were read last. */
  of({ id }: Identity): (model: Model) => ModelMetrics | undefined {
    return ({ providerId, id: modelId }) => {
      const known = this.known.get(id);
      return known && toModelMetrics(known, `${providerId}:${modelId}`);
    };
  }

  private find(scope: Scope): Promise<MetricSnapshot | undefined> {
    return findSnapshot(this.parts.store, scope, this.parts.now());
  }
}

const endpointsMax = 10_000;

/**
 * A deployment is in one Region. A provider or model of the account's own is known to nobody else, so that its account is
 * all the world.
 */
function toModelMetrics({ global, account, endpoint }: Known, model: string): ModelMetrics {
  const everywhere = ownValue(global?.models, model) ?? ownValue(account?.models, model);
  return {
    global: everywhere,
    region: everywhere,
    account: ownValue(account?.models, model),
    endpoint: ownValue(endpoint?.models, model),
    api_keys: ownValue(endpoint?.keys, model),
  };
}

/** Models may be called `constructor`. */
function ownValue<Value>(values: Record<string, Value> | undefined, name: string): Value | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined;
}
