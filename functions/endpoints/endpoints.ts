import { z } from 'zod';
import { isId, newId } from '../core/ids.ts';
import { createOnce } from '../management/create-once.ts';
import { descriptionField, metadataField, page, pageAnswer, pageQuery, replayedField } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import type { EndpointName } from '../store/endpoint-names.ts';
import {
  changeEndpoint,
  countEndpoints,
  createEndpoint,
  deleteEndpoint,
  type EndpointChanges,
  findEndpoint,
  listEndpoints,
} from '../store/endpoints.ts';
import { readEventSettings } from '../store/event-settings.ts';
import { compilePolicy } from './compile-policy.ts';
import { endpointAnswer, notFound, path, requireEndpoint, revisionOf, stale, toAnswer, toWire } from './endpoint.ts';
import {
  eventDestinationsField,
  hostsField,
  inspectorHoursField,
  slugField,
  trafficPolicyField,
} from './endpoint-fields.ts';

/** Counted before an endpoint is made: endpoints made at the same moment can pass it by a few. */
const endpointsMax = 500;

const createBody = z
  .strictObject({
    slug: slugField,
    hosts: hostsField.default([]),
    traffic_policy: trafficPolicyField,
    description: descriptionField.default(''),
    metadata: metadataField.default(''),
    inspector: z.boolean().default(false),
    inspector_retention_hours: inspectorHoursField.optional(),
    event_destination_ids: eventDestinationsField.default([]),
  })
  .meta({ id: 'EndpointCreate' });

const createdAnswer = endpointAnswer.extend(replayedField).meta({ id: 'EndpointCreated' });

const updateBody = z
  .strictObject({
    slug: slugField.optional(),
    hosts: hostsField.optional(),
    traffic_policy: trafficPolicyField.optional(),
    description: descriptionField.optional(),
    metadata: metadataField.optional(),
    inspector: z.boolean().optional(),
    inspector_retention_hours: inspectorHoursField.optional(),
    event_destination_ids: eventDestinationsField.optional(),
  })
  .meta({ id: 'EndpointUpdate' });

export const endpointRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    role: 'admin',
    summary: 'Create an endpoint',
    body: createBody,
    answer: createdAnswer,
    idempotent: true,
    auditNote: inspectorNote,
    async handle(request, management) {
      const { body, caller, account, origin } = request;
      const { store, now, randomBytes } = management;
      const policy = compilePolicy(body.traffic_policy, management);
      const result = await createOnce(request, management, {
        name: path,
        newId: () => newId('ep', now(), randomBytes),
        async check() {
          await requireDestinations(account.id, body.event_destination_ids, management);
          if ((await countEndpoints(store, account.id)) < endpointsMax) return;
          throw new ManagementError('limit_reached', `The account has ${endpointsMax} endpoints; delete some`);
        },
        find: id => findEndpoint(store, account.id, id),
        async create(id) {
          const nowMs = now();
          const endpoint = {
            id,
            accountId: account.id,
            slug: body.slug,
            hosts: body.hosts,
            ...policy,
            description: body.description,
            metadata: body.metadata,
            inspector: body.inspector,
            inspectorHours: body.inspector_retention_hours,
            eventDestinationIds: body.event_destination_ids,
            createdAt: new Date(nowMs).toISOString(),
            createdBy: caller.id,
          };
          const created = await createEndpoint(store, endpoint, { claimId: newId('op', nowMs, randomBytes), nowMs });
          if (created.status === 'taken') throw taken(created.name);
          return created.endpoint;
        },
      });
      if ('created' in result) return toAnswer(201, result.created, origin);
      const { status, headers, body: standing } = toAnswer(201, result.existing, origin);
      return { status, headers, body: { ...standing, replayed: true } };
    },
  }),
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'List the endpoints of the account',
    query: pageQuery,
    answer: pageAnswer('endpoints', endpointAnswer),
    async handle({ query: { limit, before_id }, caller, origin }, { store }) {
      const { endpoints, more } = await listEndpoints(store, caller.accountId, { beforeId: before_id, limit });
      const items = endpoints.map(endpoint => toWire(endpoint, origin));
      return { status: 200, body: page('endpoints', items, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    role: 'viewer',
    summary: 'Show an endpoint',
    answer: endpointAnswer,
    async handle({ parameters, caller, origin }, management) {
      return toAnswer(200, await requireEndpoint(caller.accountId, parameters.id, management), origin);
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Change an endpoint; another policy is another version',
    body: updateBody,
    answer: endpointAnswer,
    locked: true,
    auditNote: inspectorNote,
    async handle({ parameters, body, caller, origin, ifMatch }, management) {
      const { id } = await requireEndpoint(caller.accountId, parameters.id, management);
      await requireDestinations(caller.accountId, body.event_destination_ids ?? [], management);
      const changes: EndpointChanges = {
        ...(body.traffic_policy !== undefined && compilePolicy(body.traffic_policy, management)),
        slug: body.slug,
        hosts: body.hosts,
        description: body.description,
        metadata: body.metadata,
        inspector: body.inspector,
        inspectorHours: body.inspector_retention_hours,
        eventDestinationIds: body.event_destination_ids,
      };
      return change({ id, changes, caller, origin, ifMatch }, management);
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Delete an endpoint for good; its keys open nothing any more',
    answer: undefined,
    locked: true,
    async handle({ parameters: { id = '' }, caller, ifMatch }, { store, now }) {
      if (!isId('ep', id)) throw notFound(id);
      const endpoint = { accountId: caller.accountId, id };
      const result = await deleteEndpoint(store, endpoint, { nowMs: now(), ifRevision: revisionOf(ifMatch) });
      if (result === 'absent') throw notFound(id);
      if (result === 'stale') throw stale(ifMatch);
      return { status: 204 };
    },
  }),
];

/** Whoever turns the Traffic Inspector on lets others read prompts and answers. */
function inspectorNote({
  inspector,
  inspector_retention_hours: hours,
}: Pick<z.output<typeof updateBody>, 'inspector' | 'inspector_retention_hours'>): string | undefined {
  const told = [
    ...(inspector === undefined ? [] : [`Traffic Inspector ${inspector ? 'on' : 'off'}`]),
    ...(hours === undefined ? [] : [`requests kept for ${hours} hours`]),
  ];
  return told.length > 0 ? told.join(', ') : undefined;
}

/** Changes an endpoint that was there a moment ago, and answers it as it now is. */
export async function change(
  request: {
    id: string;
    changes: EndpointChanges;
    caller: { id: string; accountId: string };
    origin: string;
    ifMatch: string | undefined;
  },
  { store, now, randomBytes }: Pick<Management, 'store' | 'now' | 'randomBytes'>,
) {
  const { id, changes, caller, origin, ifMatch } = request;
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const nowMs = now();
  const result = await changeEndpoint(store, { accountId: caller.accountId, id }, given, {
    nowMs,
    claimId: newId('op', nowMs, randomBytes),
    changedBy: caller.id,
    ifRevision: revisionOf(ifMatch),
  });
  if (result.status === 'absent') throw notFound(id);
  if (result.status === 'stale') throw stale(ifMatch);
  if (result.status === 'taken') throw taken(result.name);
  return toAnswer(200, result.endpoint, origin);
}

/** @throws ManagementError naming the first that the account does not have */
async function requireDestinations(
  accountId: string,
  ids: readonly string[],
  { store }: Pick<Management, 'store'>,
): Promise<void> {
  if (ids.length === 0) return;
  const { destinations } = await readEventSettings(store, accountId);
  const unknown = ids.find(id => !destinations.some(destination => destination.id === id));
  if (unknown === undefined) return;
  throw new ManagementError(
    'ERR_NGROK_215',
    `"event_destination_ids" names "${unknown}", which is no event destination; POST /event_destinations makes one`,
  );
}

function taken({ kind, value }: EndpointName): ManagementError {
  return new ManagementError(
    'already_exists',
    `The ${kind} "${value}" belongs to another endpoint, or was claimed a moment ago; choose another one`,
  );
}
