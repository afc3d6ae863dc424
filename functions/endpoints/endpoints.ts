import { z } from 'zod';
import { isId } from '../core/ids.ts';
import { descriptionField, metadataField } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import { type Endpoint, findEndpoint, updateEndpoint } from '../store/endpoints.ts';

const path = '/endpoints/{id}';

const updateBody = z.strictObject({
  traffic_policy: z.string().optional(),
  description: descriptionField.optional(),
  metadata: metadataField.optional(),
});

export const endpointRoutes: Route[] = [
  route({
    method: 'GET',
    path,
    role: 'viewer',
    async handle({ parameters, caller, origin }, management) {
      return { status: 200, body: toWire(await requireEndpoint(caller.accountId, parameters.id, management), origin) };
    },
  }),
  route({
    method: 'PATCH',
    path,
    role: 'admin',
    body: updateBody,
    async handle({ parameters, body, caller, origin }, management) {
      const endpoint = await requireEndpoint(caller.accountId, parameters.id, management);
      const policy = body.traffic_policy === undefined ? {} : compile(body.traffic_policy, management);
      const changes = { ...policy, description: body.description, metadata: body.metadata };
      const updatedAt = new Date(management.now()).toISOString();
      const updated = await updateEndpoint(management.store, endpoint, changes, updatedAt);
      if (!updated) throw notFound(endpoint.id);
      return { status: 200, body: toWire(updated, origin) };
    },
  }),
];

function compile(trafficPolicy: string, { allowLoopback }: Management) {
  const parsed = parsePolicy(trafficPolicy, { allowLoopback });
  if ('policy' in parsed) return { trafficPolicy, compiledPolicy: JSON.stringify(parsed.policy) };
  const { problems } = parsed;
  const [first] = problems;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new ManagementError('invalid_policy', `${first?.code} at "${first?.path}": ${first?.message}${more}`, {
    details: { problems },
  });
}

function toWire(endpoint: Endpoint, origin: string) {
  return {
    id: endpoint.id,
    uri: `${origin}/endpoints/${endpoint.id}`,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
    slug: endpoint.slug,
    description: endpoint.description,
    metadata: endpoint.metadata,
    traffic_policy: endpoint.trafficPolicy,
    policy_version: endpoint.policyVersion,
  };
}

async function requireEndpoint(accountId: string, id: string | undefined, { store }: Management): Promise<Endpoint> {
  const endpoint = id && isId('ep', id) ? await findEndpoint(store, accountId, id) : undefined;
  if (!endpoint) throw notFound(id);
  return endpoint;
}

function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no endpoint "${id}"`);
}
