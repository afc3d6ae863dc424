import { newId } from '../core/ids.ts';
import { toAlertEvent } from '../events/alert-event.ts';
import { type AuditIntent, recordIntent, recordOutcome } from '../store/audit.ts';
import type { DeliveryState } from '../store/delivery-states.ts';
import { type EventDestination, pauseDestination } from '../store/event-settings.ts';
import type { DeliveryParts } from './deliver.ts';

/** Who acts in the audit log when no management key does. */
const ownActor = 'tollgate';

/**
 * Pauses a destination that has failed for long, and says so: to the account's other destinations, to the alert topic and
 * in the audit log.
 * @returns false when it was paused already
 */
export async function pauseFailing(
  destination: EventDestination,
  { failingSinceMs = 0, failures, lastError }: DeliveryState,
  { store, writer, now, randomBytes }: Pick<DeliveryParts, 'store' | 'writer' | 'now' | 'randomBytes'>,
): Promise<boolean> {
  const { id, accountId } = destination;
  const at = new Date(now()).toISOString();
  const since = new Date(failingSinceMs).toISOString();
  const reason = `every try has failed since ${since}: ${lastError}`;
  const intent: AuditIntent = {
    id: newId('ae', now(), randomBytes),
    accountId,
    createdAt: at,
    actor: { keyId: ownActor, accountId, role: 'operator' },
    operation: 'pauseEventDestination',
    method: 'PATCH',
    path: `/event_destinations/${id}`,
    objectId: id,
    sourceIp: '',
    operationId: newId('op', now(), randomBytes),
  };
  await recordIntent(store, intent);
  const event = toAlertEvent('event_destination_paused.v0', accountId, now(), `${id} ${since}`, {
    event_destination: { id },
    failing_since: since,
    failures,
    last_error: lastError ?? null,
  });
  await writer.alert(event);
  const isPaused = await pauseDestination(store, destination, { at, reason });
  await recordOutcome(store, intent, {
    outcome: isPaused ? 'changed' : 'unchanged',
    statusCode: 200,
    finishedAt: new Date(now()).toISOString(),
  });
  return isPaused;
}
