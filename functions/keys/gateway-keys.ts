import { z } from 'zod';
import { digestToken, newToken, redactToken } from '../core/credential.ts';
import { isId, newId } from '../core/ids.ts';
import { formatUsd } from '../core/money.ts';
import { createOnce } from '../management/create-once.ts';
import {
  descriptionField,
  metadataField,
  momentField,
  page,
  pageAnswer,
  pageQuery,
  positiveUsdField,
  reference,
  referenceAnswer,
  replayedField,
  timestampAnswer,
  usdAnswer,
} from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Management, type Route, route } from '../management/route.ts';
import {
  countAccessKeys,
  createAccessKey,
  deleteAccessKey,
  findAccessKey,
  type GatewayKey,
  listAccessKeys,
  type SpendLimit,
  updateAccessKey,
} from '../store/access-keys.ts';
import type { Account } from '../store/accounts.ts';
import { findEndpoint } from '../store/endpoints.ts';
import { readPepper } from '../store/pepper.ts';

const path = '/ai_gateway_api_keys';

/** Counted before a key is made: keys made at the same moment can pass it by a few. */
const keysMax = 10_000;

const spendLimitField = z
  .strictObject({ amount_usd: positiveUsdField, period: z.enum(['total', 'daily', 'monthly']) })
  .describe('The most that the key may spend of the credits, in all or in each day or month (UTC)');

const createBody = z
  .strictObject({
    endpoint_id: z.string().describe('The endpoint that the key works on, and the only one'),
    description: descriptionField.default(''),
    metadata: metadataField.default(''),
    expires_at: momentField.optional().describe('From then on the key is refused; in the future'),
    spend_limit: spendLimitField.optional(),
  })
  .meta({ id: 'AiGatewayApiKeyCreate' });

const updateBody = z
  .strictObject({
    endpoint_id: z.string().optional(),
    description: descriptionField.optional(),
    metadata: metadataField.optional(),
    expires_at: momentField.nullish().describe('Null: the key does not expire'),
    spend_limit: spendLimitField.nullish().describe('Null: no limit but the balance'),
  })
  .meta({ id: 'AiGatewayApiKeyUpdate' });

const fields = {
  id: z.string().regex(/^aigk_/),
  uri: z.url(),
  created_at: timestampAnswer,
  updated_at: timestampAnswer,
  description: z.string(),
  metadata: z.string(),
  created_by: referenceAnswer,
  last_updated_by: referenceAnswer,
  endpoint: referenceAnswer,
  display_name: z.string().describe('The token, redacted'),
  last_used: timestampAnswer.nullable().describe('To the minute'),
  expires_at: timestampAnswer.nullable(),
  spend_limit: z.strictObject({ amount_usd: usdAnswer, period: z.string() }).nullable(),
};

export const gatewayKeyAnswer = z.strictObject(fields).meta({ id: 'AiGatewayApiKey' });

const createdAnswer = z
  .strictObject({
    ...fields,
    token: z.string().nullable().describe('Shown here and never again; null when the request was replayed'),
    ...replayedField,
  })
  .meta({ id: 'AiGatewayApiKeyCreated' });

export const gatewayKeyRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    role: 'admin',
    summary: 'Create a key that calls models through one endpoint',
    body: createBody,
    answer: createdAnswer,
    idempotent: true,
    async handle(request, management) {
      const { body, caller, account, origin } = request;
      const { now, randomBytes, store } = management;
      const result = await createOnce(request, management, {
        name: path,
        newId: () => newId('aigk', now(), randomBytes),
        async check() {
          checkPlan(account);
          checkExpiry(body.expires_at, management);
          await requireEndpoint(account.id, body.endpoint_id, management);
          await checkCount(account.id, management);
        },
        find: id => findAccessKey(store, 'gateway_key', account.id, id),
        async create(id) {
          const token = newToken('gateway_key', randomBytes);
          const createdAt = new Date(now()).toISOString();
          const key: GatewayKey = {
            id,
            accountId: account.id,
            endpointId: body.endpoint_id,
            digest: digestToken(token, await readPepper(management.secrets, management.pepperSecret)),
            displayName: redactToken(token),
            description: body.description,
            metadata: body.metadata,
            expiresAt: body.expires_at,
            spendLimit: body.spend_limit && toSpendLimit(body.spend_limit),
            createdAt,
            updatedAt: createdAt,
            createdBy: caller.id,
            lastUpdatedBy: caller.id,
          };
          await createAccessKey(store, 'gateway_key', key);
          return { key, token };
        },
      });
      if ('existing' in result) {
        return { status: 201, body: { ...toWire(result.existing, origin), token: null, replayed: true } };
      }
      return { status: 201, body: { ...toWire(result.created.key, origin), token: result.created.token } };
    },
  }),
  route({
    method: 'GET',
    path,
    role: 'viewer',
    summary: 'List the keys of the account',
    query: pageQuery,
    answer: pageAnswer('ai_gateway_api_keys', gatewayKeyAnswer),
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
    summary: 'Show a key',
    answer: gatewayKeyAnswer,
    async handle({ parameters, caller, origin }, management) {
      return { status: 200, body: toWire(await requireKey(caller.accountId, parameters.id, management), origin) };
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Change a key, or move it to another endpoint',
    body: updateBody,
    answer: gatewayKeyAnswer,
    async handle({ parameters, body, caller, origin }, management) {
      const key = await requireKey(caller.accountId, parameters.id, management);
      checkExpiry(body.expires_at, management);
      if (body.endpoint_id !== undefined) await requireEndpoint(caller.accountId, body.endpoint_id, management);
      const updated = await updateAccessKey(management.store, 'gateway_key', key, {
        description: body.description,
        metadata: body.metadata,
        endpointId: body.endpoint_id,
        expiresAt: body.expires_at,
        spendLimit: body.spend_limit && toSpendLimit(body.spend_limit),
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
    summary: 'Delete a key for good',
    answer: undefined,
    async handle({ parameters, caller }, management) {
      const key = await requireKey(caller.accountId, parameters.id, management);
      await deleteAccessKey(management.store, 'gateway_key', key);
      return { status: 204 };
    },
  }),
];

/** The public form of a key. The token is not part of it: it is shown once, by the answer that creates it. */
function toWire(key: GatewayKey, origin: string): z.output<typeof gatewayKeyAnswer> {
  const { spendLimit } = key;
  return {
    id: key.id,
    uri: `${origin}${path}/${key.id}`,
    created_at: key.createdAt,
    updated_at: key.updatedAt,
    description: key.description,
    metadata: key.metadata,
    created_by: reference(origin, '/api_keys', key.createdBy),
    last_updated_by: reference(origin, '/api_keys', key.lastUpdatedBy),
    endpoint: reference(origin, '/endpoints', key.endpointId),
    display_name: key.displayName,
    last_used: key.lastUsed ?? null,
    expires_at: key.expiresAt ?? null,
    spend_limit: spendLimit
      ? { amount_usd: formatUsd(BigInt(spendLimit.amountNanoUsd)), period: spendLimit.period }
      : null,
  };
}

function toSpendLimit({ amount_usd, period }: z.output<typeof spendLimitField>): SpendLimit {
  return { amountNanoUsd: amount_usd.toString(), period };
}

function checkPlan({ plan }: Account): void {
  if (plan === 'payg') return;
  throw new ManagementError(
    'ERR_NGROK_27001',
    `The plan "${plan}" does not include AI Gateway API keys; switch the account to "payg"`,
  );
}

function checkExpiry(expiresAt: string | null | undefined, { now }: Management): void {
  if (!expiresAt || Date.parse(expiresAt) > now()) return;
  throw new ManagementError(
    'ERR_NGROK_215',
    `Invalid value of "expires_at": ${expiresAt} has passed; choose a later time`,
  );
}

async function checkCount(accountId: string, { store }: Management): Promise<void> {
  if ((await countAccessKeys(store, 'gateway_key', accountId)) < keysMax) return;
  throw new ManagementError('limit_reached', `The account has ${keysMax} AI Gateway API keys; delete some`);
}

async function requireEndpoint(accountId: string, endpointId: string, { store }: Management): Promise<void> {
  const endpoint = isId('ep', endpointId) ? await findEndpoint(store, accountId, endpointId) : undefined;
  if (!endpoint) throw new ManagementError('ERR_NGROK_27002', `There is no endpoint "${endpointId}"`);
  if (endpoint.callsModels) return;
  throw new ManagementError(
    'ERR_NGROK_27003',
    `The traffic policy of endpoint "${endpointId}" has no ai-gateway action; add one, or choose another endpoint`,
  );
}

async function requireKey(accountId: string, id: string | undefined, { store }: Management): Promise<GatewayKey> {
  const key = id && isId('aigk', id) ? await findAccessKey(store, 'gateway_key', accountId, id) : undefined;
  if (!key) throw notFound(id);
  return key;
}

function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no AI Gateway API key "${id}"`);
}
