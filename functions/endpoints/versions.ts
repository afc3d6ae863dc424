import { z } from 'zod';
import { page, pageAnswer, pageQuery, reference, referenceAnswer, timestampAnswer } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Route, route } from '../management/route.ts';
import { findVersion, listVersions, type PolicyVersion } from '../store/endpoint-versions.ts';
import type { Endpoint } from '../store/endpoints.ts';
import { compilePolicy } from './compile-policy.ts';
import { endpointAnswer, path, requireEndpoint } from './endpoint.ts';
import { change } from './endpoints.ts';

const versionsPath = `${path}/{id}/versions`;

const versionAnswer = z
  .strictObject({
    id: z.string().describe('The version as text, for before_id'),
    uri: z.url(),
    version: z.int(),
    created_at: timestampAnswer,
    created_by: referenceAnswer,
    traffic_policy: z.string(),
  })
  .meta({ id: 'EndpointVersion' });

const rollbackBody = z
  .strictObject({ version: z.int().min(1).max(9_999_999_999).describe('Whose policy becomes the newest version') })
  .meta({ id: 'EndpointRollback' });

/** Every policy that an endpoint ever had. */
export const versionRoutes: Route[] = [
  route({
    method: 'GET',
    path: versionsPath,
    role: 'viewer',
    summary: 'List the versions of an endpoint’s policy',
    query: pageQuery.extend({
      before_id: z
        .string()
        .regex(/^\d{1,10}$/, 'is not a version')
        .optional(),
    }),
    answer: pageAnswer('versions', versionAnswer),
    async handle({ parameters, query: { limit, before_id }, caller, origin }, management) {
      const endpoint = await requireEndpoint(caller.accountId, parameters.id, management);
      const beforeVersion = before_id === undefined ? undefined : Number(before_id);
      const { versions, more } = await listVersions(management.store, endpoint, { beforeVersion, limit });
      const items = versions.map(version => toWire(version, endpoint, origin));
      const listPath = `${path}/${endpoint.id}/versions`;
      return { status: 200, body: page('versions', items, { origin, path: listPath, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${versionsPath}/{version}`,
    role: 'viewer',
    summary: 'Show a version of an endpoint’s policy',
    answer: versionAnswer,
    async handle({ parameters, caller, origin }, management) {
      const endpoint = await requireEndpoint(caller.accountId, parameters.id, management);
      const { version: text = '' } = parameters;
      const version = /^\d{1,10}$/.test(text) ? await findVersion(management.store, endpoint, Number(text)) : undefined;
      if (!version) throw noVersion(endpoint, text);
      return { status: 200, body: toWire(version, endpoint, origin) };
    },
  }),
  route({
    method: 'POST',
    path: `${path}/{id}/rollback`,
    role: 'admin',
    summary: 'Make a new version with the policy of an old one',
    body: rollbackBody,
    answer: endpointAnswer,
    locked: true,
    async handle({ parameters, body, caller, origin, ifMatch }, management) {
      const endpoint = await requireEndpoint(caller.accountId, parameters.id, management);
      const version = await findVersion(management.store, endpoint, body.version);
      if (!version) throw noVersion(endpoint, body.version);
      const changes = compilePolicy(version.trafficPolicy, management);
      return change({ id: endpoint.id, changes, caller, origin, ifMatch }, management);
    },
  }),
];

function toWire(version: PolicyVersion, { id }: Endpoint, origin: string): z.output<typeof versionAnswer> {
  return {
    id: String(version.version),
    uri: `${origin}${path}/${id}/versions/${version.version}`,
    version: version.version,
    created_at: version.createdAt,
    created_by: reference(origin, '/api_keys', version.createdBy),
    traffic_policy: version.trafficPolicy,
  };
}

function noVersion({ id, policyVersion }: Endpoint, version: unknown): ManagementError {
  return new ManagementError('not_found', `Endpoint "${id}" has no version "${version}"; it has 1 to ${policyVersion}`);
}
