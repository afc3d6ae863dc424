import type { AlertType } from './event-types.ts';
import { derivedEventId, type GatewayEvent } from './gateway-event.ts';

/**
 * @param occasion what makes it this alert and no other: the same occasion gives the same id
 */
export function toAlertEvent(
  type: AlertType,
  accountId: string,
  timeMs: number,
  occasion: string,
  object: Record<string, unknown>,
): GatewayEvent {
  return {
    event_id: derivedEventId(accountId, type, occasion),
    event_type: type,
    event_timestamp: new Date(timeMs).toISOString(),
    account_id: accountId,
    principal: null,
    object,
  };
}
