import { z } from 'zod';
import { isId } from '../core/ids.ts';
import { reference, referenceAnswer, timestampAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import type { Management } from '../management/route.ts';
import type { DeliveryState } from '../store/delivery-states.ts';
import { type EventDestination, findDestination } from '../store/event-settings.ts';
import { targetAnswer, toTargetAnswer } from './target-fields.ts';

export const path = '/event_destinations';

export const destinationAnswer = z
  .strictObject({
    id: z.string().regex(/^ed_/),
    uri: z.url(),
    created_at: timestampAnswer,
    updated_at: timestampAnswer,
    description: z.string(),
    metadata: z.string(),
    created_by: referenceAnswer,
    last_updated_by: referenceAnswer,
    target: targetAnswer,
    paused: z.boolean().describe('A paused destination gets nothing, and nothing is kept for it'),
    paused_at: timestampAnswer.nullable(),
    pause_reason: z.string().nullable(),
  })
  .meta({ id: 'EventDestination' });

export const deliveryAnswer = z
  .strictObject({
    last_success_at: timestampAnswer.nullable(),
    last_error_at: timestampAnswer.nullable(),
    last_error: z.string().nullable(),
    failures: z.int().describe('Since the last success'),
    failing_since: timestampAnswer.nullable(),
    next_attempt_at: timestampAnswer.nullable(),
    pending_events: z.int(),
    pending_more: z.boolean().describe('There are more than could be counted'),
    delivered_events: z.int(),
    dropped_events: z.int().describe('Given up after 24 hours; see dead_letters'),
  })
  .meta({ id: 'EventDelivery' });

export function toWire(destination: EventDestination, origin: string): z.output<typeof destinationAnswer> {
  return {
    id: destination.id,
    uri: `${origin}${path}/${destination.id}`,
    created_at: destination.createdAt,
    updated_at: destination.updatedAt,
    description: destination.description,
    metadata: destination.metadata,
    created_by: reference(origin, '/api_keys', destination.createdBy),
    last_updated_by: reference(origin, '/api_keys', destination.lastUpdatedBy),
    target: toTargetAnswer(destination.target),
    paused: destination.isPaused,
    paused_at: destination.pausedAt ?? null,
    pause_reason: destination.pauseReason ?? null,
  };
}

export function toDeliveryWire(
  state: DeliveryState,
  pending: { events: number; more: boolean },
): z.output<typeof deliveryAnswer> {
  const isoOrNull = (timeMs: number | undefined) => (timeMs ? new Date(timeMs).toISOString() : null);
  return {
    last_success_at: state.lastSuccessAt ?? null,
    last_error_at: state.lastErrorAt ?? null,
    last_error: state.lastError ?? null,
    failures: state.failures,
    failing_since: isoOrNull(state.failingSinceMs),
    next_attempt_at: isoOrNull(state.nextAttemptAtMs),
    pending_events: pending.events,
    pending_more: pending.more,
    delivered_events: state.deliveredEvents,
    dropped_events: state.droppedEvents,
  };
}

export async function requireDestination(
  accountId: string,
  id: string | undefined,
  { store }: Pick<Management, 'store'>,
): Promise<EventDestination> {
  const destination = id && isId('ed', id) ? await findDestination(store, accountId, id) : undefined;
  if (!destination) throw noDestination(id);
  return destination;
}

export function noDestination(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no event destination "${id}"`);
}
