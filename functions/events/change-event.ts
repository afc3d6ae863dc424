import type { AuditEvent } from '../store/audit.ts';
import { changeTypes } from './event-types.ts';
import { eventIdOf, type GatewayEvent } from './gateway-event.ts';

const verbs: Record<string, string> = { create: 'created', update: 'updated', delete: 'deleted' };

/**
 * The event about an entry of the audit log: `updateAiGatewayApiKey` is `ai_gateway_api_key_updated.v0`.
 * @returns undefined when nothing was changed, or it is no change that can be subscribed to
 */
export function toChangeEvent(entry: AuditEvent): GatewayEvent | undefined {
  const event_type = changeTypeOf(entry.operation);
  if (entry.outcome !== 'changed' || event_type === undefined) return undefined;
  const { actor } = entry;
  return {
    event_id: eventIdOf(entry.id),
    event_type,
    event_timestamp: entry.finishedAt ?? entry.createdAt,
    account_id: entry.accountId,
    principal: actor === 'stripe' ? null : { api_key_id: actor.keyId, account_id: actor.accountId },
    object: {
      id: entry.objectId ?? null,
      audit_event_id: entry.id,
      operation: entry.operation,
      path: entry.path,
      role: actor === 'stripe' ? actor : actor.role,
      source_ip: entry.sourceIp,
      status_code: entry.statusCode ?? null,
      before_digest: entry.beforeDigest ?? null,
      after_digest: entry.afterDigest ?? null,
    },
  };
}

export function changeTypeOf(operation: string): string | undefined {
  const [, verb = '', noun = ''] = /^(create|update|delete)([A-Z]\w*)$/.exec(operation) ?? [];
  const thing = noun.replaceAll(/(?<!^)[A-Z]/g, letter => `_${letter}`).toLowerCase();
  const type = `${thing}_${verbs[verb]}.v0`;
  return changeTypes.includes(type) ? type : undefined;
}
