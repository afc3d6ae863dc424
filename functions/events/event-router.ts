import type { Clock } from '../core/clock.ts';
import { compileEventFilter, type EventFilter } from '../policy/expressions/event-filter.ts';
import { EvaluationError, ExpressionError } from '../policy/expressions/expression-error.ts';
import { StepBudget } from '../policy/expressions/meter.ts';
import { Cache } from '../store/cache.ts';
import type { Store } from '../store/dynamo.ts';
import { findEndpoint } from '../store/endpoints.ts';
import { type EventSettings, readEventSettings } from '../store/event-settings.ts';
import { requestType } from './event-types.ts';
import type { GatewayEvent } from './gateway-event.ts';

/** How long new settings may take to count. */
const settingsLifetimeMs = 10_000;

interface Subscriptions {
  /** Destinations that are not paused. */
  destinationIds: ReadonlySet<string>;
  /** By event type. */
  byType: ReadonlyMap<string, { subscriptionId: string; filter: EventFilter | undefined; destinationIds: string[] }[]>;
  /** Whose filters have failed, so that the log says it once and not for every event. */
  failing: Set<string>;
}

/** Says which destinations get an event. */
export class EventRouter {
  private readonly settings: Cache<Subscriptions>;
  private readonly endpoints: Cache<string[]>;
  private readonly report: (message: string, error: unknown) => void;

  constructor({
    store,
    now,
    report,
  }: {
    store: Store;
    now: Clock;
    report(message: string, error: unknown): void;
  }) {
    const load = async (accountId: string) => toSubscriptions(await readEventSettings(store, accountId));
    this.settings = new Cache(load, settingsLifetimeMs, now);
    const loadEndpoint = async (key: string) => {
      const [accountId = '', endpointId = ''] = key.split(' ');
      return (await findEndpoint(store, accountId, endpointId))?.eventDestinationIds ?? [];
    };
    this.endpoints = new Cache(loadEndpoint, settingsLifetimeMs, now);
    this.report = report;
  }

  /** Whether an account has a destination that is not paused. */
  async hasDestinations(accountId: string): Promise<boolean> {
    return (await this.settings.get(accountId)).destinationIds.size > 0;
  }

  /**
   * Ids of the destinations that get it, each once. A subscription whose filter fails does not want it. All filters of an
   * account share one allowance, so that many of them do not hold up the counting of everybody's requests.
   */
  async route(event: GatewayEvent): Promise<string[]> {
    const { destinationIds, byType, failing } = await this.settings.get(event.account_id);
    if (destinationIds.size === 0) return [];
    const wanted = new Set<string>();
    const budget = new StepBudget();
    for (const { subscriptionId, filter, destinationIds: ids } of byType.get(event.event_type) ?? []) {
      if (!filter || this.matches(filter, event, { subscriptionId, budget, failing }))
        for (const id of ids) wanted.add(id);
    }
    if (event.event_type === requestType) for (const id of await this.ofEndpoint(event)) wanted.add(id);
    return [...wanted].filter(id => destinationIds.has(id)).sort();
  }

  /** An endpoint's own destinations get all of its requests. */
  private async ofEndpoint({ account_id, object }: GatewayEvent): Promise<string[]> {
    const { id } = object.endpoint as { id: string };
    return id === '' ? [] : this.endpoints.get(`${account_id} ${id}`);
  }

  private matches(
    filter: EventFilter,
    event: GatewayEvent,
    { subscriptionId, budget, failing }: { subscriptionId: string; budget: StepBudget; failing: Set<string> },
  ): boolean {
    try {
      return filter.matches(event, budget);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (!failing.has(subscriptionId)) {
        this.report(`the filter of ${subscriptionId} failed on ${event.event_id}, which is not sent`, error);
      }
      failing.add(subscriptionId);
      return false;
    }
  }
}

function toSubscriptions({ destinations, subscriptions }: EventSettings): Subscriptions {
  const byType = new Map<
    string,
    { subscriptionId: string; filter: EventFilter | undefined; destinationIds: string[] }[]
  >();
  for (const { id: subscriptionId, sources, destinationIds } of subscriptions) {
    for (const { type, filter } of sources) {
      const compiled = filter === undefined ? undefined : compileSaved(filter);
      byType.set(type, [...(byType.get(type) ?? []), { subscriptionId, filter: compiled, destinationIds }]);
    }
  }
  const active = destinations.filter(({ isPaused }) => !isPaused);
  return { destinationIds: new Set(active.map(({ id }) => id)), byType, failing: new Set() };
}

/** A saved filter has compiled once. One that a newer version refuses matches nothing, and says why each time. */
function compileSaved(source: string): EventFilter {
  try {
    return compileEventFilter(source);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const failure = new EvaluationError(error.message, { cause: error });
    return {
      source,
      matches() {
        throw failure;
      },
    };
  }
}
