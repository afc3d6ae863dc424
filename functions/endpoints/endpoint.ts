import { z } from 'zod';
import { isId } from '../core/ids.ts';
import { inspectionHoursDefault } from '../core/inspection-hours.ts';
import { timestampAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import type { Management, ManagementAnswer } from '../management/route.ts';
import { type Endpoint, findEndpoint } from '../store/endpoints.ts';

export const path = '/endpoints';

export const endpointAnswer = z
  .strictObject({
    id: z.string().regex(/^ep_/),
    uri: z.url(),
    created_at: timestampAnswer,
    updated_at: timestampAnswer,
    slug: z.string().describe('Names the endpoint in the path: /e/{slug}/v1/…'),
    hosts: z.array(z.string()).describe('Name the endpoint in the Host header'),
    description: z.string(),
    metadata: z.string(),
    traffic_policy: z.string(),
    policy_version: z.int().describe('Counts policy changes from 1'),
    inspector: z.boolean().describe('Whether the Traffic Inspector keeps bodies for a while'),
    inspector_retention_hours: z.int(),
    event_destination_ids: z.array(z.string()),
    revision: z.int().describe('Counts all changes from 1; the ETag is this number in quotes'),
  })
  .meta({ id: 'Endpoint' });

export function toWire(endpoint: Endpoint, origin: string): z.output<typeof endpointAnswer> {
  return {
    id: endpoint.id,
    uri: `${origin}${path}/${endpoint.id}`,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
    slug: endpoint.slug,
    hosts: endpoint.hosts,
    description: endpoint.description,
    metadata: endpoint.metadata,
    traffic_policy: endpoint.trafficPolicy,
    policy_version: endpoint.policyVersion,
    inspector: endpoint.inspector,
    inspector_retention_hours: endpoint.inspectorHours ?? inspectionHoursDefault,
    event_destination_ids: endpoint.eventDestinationIds,
    revision: endpoint.revision,
  };
}

export function toAnswer(status: 200 | 201, endpoint: Endpoint, origin: string): ManagementAnswer {
  return { status, body: toWire(endpoint, origin), headers: { etag: `"${endpoint.revision}"` } };
}

/**
 * The revision that `If-Match` names; undefined when any will do.
 * @throws ManagementError precondition_failed for what can be no ETag of ours
 */
export function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  const revision = /^"(\d{1,15})"$/.exec(ifMatch)?.[1];
  if (revision === undefined) throw stale(ifMatch);
  return Number(revision);
}

export function stale(ifMatch: string | undefined): ManagementError {
  return new ManagementError(
    'precondition_failed',
    `The endpoint is not at the revision that If-Match names (${ifMatch}); read it again and repeat the change`,
  );
}

export async function requireEndpoint(
  accountId: string,
  id: string | undefined,
  { store }: Pick<Management, 'store'>,
): Promise<Endpoint> {
  const endpoint = id && isId('ep', id) ? await findEndpoint(store, accountId, id) : undefined;
  if (!endpoint) throw notFound(id);
  return endpoint;
}

export function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no endpoint "${id}"`);
}
