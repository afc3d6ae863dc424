import { z } from 'zod';
import { isId } from '../core/ids.ts';
import { roles } from '../core/roles.ts';
import { page, pageAnswer, pageQuery, timestampAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { type AuditEvent, findAuditEvent, listAuditEvents } from '../store/audit.ts';

const path = '/audit_events';

const eventAnswer = z
  .strictObject({
    id: z.string().regex(/^ae_/),
    uri: z.url(),
    created_at: timestampAnswer,
    finished_at: timestampAnswer.nullable(),
    actor: z
      .strictObject({
        api_key_id: z.string().nullable(),
        account_id: z.string().nullable(),
        role: z.enum([...roles, 'stripe']),
      })
      .describe('A management key; or Stripe, which has neither key nor account'),
    operation: z.string().describe('The operation’s id in this description'),
    method: z.string(),
    path: z.string(),
    object_id: z.string().nullable(),
    source_ip: z.string(),
    operation_id: z.string().describe('Leads to the access log; error answers carry it too'),
    note: z.string().nullable().describe('What was changed, in words, where that is not for the digests alone to tell'),
    outcome: z
      .enum(['changed', 'unchanged', 'refused', 'failed', 'unknown'])
      .describe(
        'After failed the change may have happened, and after unknown too: it is under way, or its function died',
      ),
    status_code: z.int().nullable(),
    error_code: z.string().nullable(),
    before_digest: z.string().nullable().describe('Of the object as it was read just before'),
    after_digest: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent' });

/** Who changed what in an account, from where. */
export const auditEventRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'List the changes of the account',
    query: pageQuery,
    answer: pageAnswer('audit_events', eventAnswer),
    async handle({ query: { limit, before_id }, caller, origin }, { store }) {
      const { events, more } = await listAuditEvents(store, caller.accountId, { beforeId: before_id, limit });
      const items = events.map(event => toWire(event, origin));
      return { status: 200, body: page('audit_events', items, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    role: 'viewer',
    summary: 'Show a change',
    answer: eventAnswer,
    async handle({ parameters: { id = '' }, caller, origin }, { store }) {
      const event = isId('ae', id) ? await findAuditEvent(store, caller.accountId, id) : undefined;
      if (!event) throw new ManagementError('not_found', `There is no audit event "${id}"`);
      return { status: 200, body: toWire(event, origin) };
    },
  }),
];

function toWire(event: AuditEvent, origin: string): z.output<typeof eventAnswer> {
  return {
    id: event.id,
    uri: `${origin}${path}/${event.id}`,
    created_at: event.createdAt,
    finished_at: event.finishedAt ?? null,
    actor: toActor(event),
    operation: event.operation,
    method: event.method,
    path: event.path,
    object_id: event.objectId ?? null,
    source_ip: event.sourceIp,
    operation_id: event.operationId,
    note: event.note ?? null,
    outcome: event.outcome ?? 'unknown',
    status_code: event.statusCode ?? null,
    error_code: event.errorCode ?? null,
    before_digest: event.beforeDigest ?? null,
    after_digest: event.afterDigest ?? null,
  };
}

function toActor({ actor }: AuditEvent): z.output<typeof eventAnswer>['actor'] {
  if (actor === 'stripe') return { api_key_id: null, account_id: null, role: 'stripe' };
  return { api_key_id: actor.keyId, account_id: actor.accountId, role: actor.role };
}
