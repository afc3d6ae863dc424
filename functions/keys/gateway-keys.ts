import { z } from 'zod';
import { digestToken, newToken, redactToken } from '../core/credential.ts';
import { isId, newId } from '../core/ids.ts';
import { descriptionField, metadataField, page, pageQuery } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import {
  createAccessKey,
  deleteAccessKey,
  findAccessKey,
  type GatewayKey,
  listAccessKeys,
  updateGatewayKey,
} from '../store/access-keys.ts';
import { findAccount } from '../store/accounts.ts';
import { findEndpoint } from '../store/endpoints.ts';
import { readPepper } from '../store/pepper.ts';

const path = '/ai_gateway_api_keys';

const createBody = z.strictObject({
  endpoint_id: z.string(),
  description: descriptionField.default(''),
  metadata: metadataField.default(''),
});

const updateBody = z.strictObject({
  endpoint_id: z.string().optional(),
  description: descriptionField.optional(),
  metadata: metadataField.optional(),
});

export const gatewayKeyRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    role: 'admin',
    body: createBody,
    async handle({ body, caller, origin }, management) {
      const { now, randomBytes, store } = management;
      await requireGatewayPlan(caller.accountId, management);
      await requireEndpoint(caller.accountId, body.endpoint_id, management);
      const token = newToken('gateway_key', randomBytes);
      const createdAt = new Date(now()).toISOString();
      const key: GatewayKey = {
        id: newId('aigk', now(), randomBytes),
        accountId: caller.accountId,
        endpointId: body.endpoint_id,
        digest: digestToken(token, await readPepper(management.secrets, management.pepperSecret)),
        displayName: redactToken(token),
        description: body.description,
        metadata: body.metadata,
        createdAt,
        updatedAt: createdAt,
        createdBy: caller.id,
        lastUpdatedBy: caller.id,
      };
      await createAccessKey(store, 'gateway_key', key);
      return { status: 201, body: { ...toWire(key, origin), token } };
    },
  }),
  route({
    method: 'GET',
    path,
    role: 'viewer',
    query: pageQuery,
    async handle({ query: { limit, before_id }, caller, origin }, { store }) {
      const { keys, more } = await listAccessKeys(store, 'gateway_key', caller.accountId, {
        beforeId: before_id,
        limit,
      });
      const items = keys.map(key => toWire(key, origin));
      return { status: 200, body: page('ai_gateway_api_keys', items, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    role: 'viewer',
    async handle({ parameters, caller, origin }, management) {
      return { status: 200, body: toWire(await requireKey(caller.accountId, parameters.id, management), origin) };
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    role: 'admin',
    body: updateBody,
    async handle({ parameters, body, caller, origin }, management) {
      const key = await requireKey(caller.accountId, parameters.id, management);
      if (body.endpoint_id !== undefined) await requireEndpoint(caller.accountId, body.endpoint_id, management);
      const updated = await updateGatewayKey(management.store, key, {
        description: body.description,
        metadata: body.metadata,
        endpointId: body.endpoint_id,
        updatedAt: new Date(management.now()).toISOString(),
        lastUpdatedBy: caller.id,
      });
      if (!updated) throw notFound(key.id);
      return { status: 200, body: toWire(updated, origin) };
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/{id}`,
    role: 'admin',
    async handle({ parameters, caller }, management) {
      const key = await requireKey(caller.accountId, parameters.id, management);
      await deleteAccessKey(management.store, 'gateway_key', key);
      return { status: 204 };
    },
  }),
];

/** The public form of a key. The token is not part of it: it is shown once, by the answer that creates it. */
function toWire(key: GatewayKey, origin: string) {
  return {
    id: key.id,
    uri: `${origin}${path}/${key.id}`,
    created_at: key.createdAt,
    updated_at: key.updatedAt,
    description: key.description,
    metadata: key.metadata,
    created_by: { id: key.createdBy, uri: `${origin}/api_keys/${key.createdBy}` },
    last_updated_by: { id: key.lastUpdatedBy, uri: `${origin}/api_keys/${key.lastUpdatedBy}` },
    endpoint: { id: key.endpointId, uri: `${origin}/endpoints/${key.endpointId}` },
    display_name: key.displayName,
    last_used: key.lastUsed ?? null,
  };
}

async function requireGatewayPlan(accountId: string, { store }: Management): Promise<void> {
  const account = await findAccount(store, accountId);
  if (account?.plan === 'payg') return;
  throw new ManagementError(
    'ERR_NGROK_27001',
    `The plan "${account?.plan}" does not include AI Gateway API keys; switch the account to "payg"`,
  );
}

async function requireEndpoint(accountId: string, endpointId: string, { store }: Management): Promise<void> {
  if (isId('ep', endpointId) && (await findEndpoint(store, accountId, endpointId))) return;
  throw new ManagementError('ERR_NGROK_27002', `There is no endpoint "${endpointId}"`);
}

async function requireKey(accountId: string, id: string | undefined, { store }: Management): Promise<GatewayKey> {
  const key = id && isId('aigk', id) ? await findAccessKey(store, 'gateway_key', accountId, id) : undefined;
  if (!key) throw notFound(id);
  return key;
}

function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no AI Gateway API key "${id}"`);
}
