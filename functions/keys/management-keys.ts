import { z } from 'zod';
import { digestToken, newToken, redactToken } from '../core/credential.ts';
import { isId, newId } from '../core/ids.ts';
import { mayAct, roles } from '../core/roles.ts';
import { createOnce } from '../management/create-once.ts';
import {
  descriptionField,
  metadataField,
  page,
  pageAnswer,
  pageQuery,
  reference,
  referenceAnswer,
  replayedField,
  timestampAnswer,
} from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';
import { type Caller, type Management, type Route, route } from '../management/route.ts';
import {
  countAccessKeys,
  createAccessKey,
  deleteManagementKey,
  findAccessKey,
  listAccessKeys,
  type ManagementKey,
  type Role,
  updateAccessKey,
} from '../store/access-keys.ts';
import { readPepper } from '../store/pepper.ts';

const path = '/api_keys';

/** Counted before a key is made: keys made at the same moment can pass it by a few. */
const keysMax = 100;

const createBody = z
  .strictObject({
    role: z
      .enum(roles)
      .describe('viewer reads, admin changes, operator also runs the deployment. Never above the caller’s own'),
    description: descriptionField.default(''),
    metadata: metadataField.default(''),
  })
  .meta({ id: 'ApiKeyCreate' });

const updateBody = z
  .strictObject({ description: descriptionField.optional(), metadata: metadataField.optional() })
  .meta({ id: 'ApiKeyUpdate' });

const fields = {
  id: z.string().regex(/^ak_/),
  uri: z.url(),
  created_at: timestampAnswer,
  updated_at: timestampAnswer,
  role: z.enum(roles),
  description: z.string(),
  metadata: z.string(),
  created_by: referenceAnswer,
  last_updated_by: referenceAnswer,
  display_name: z.string().describe('The token, redacted'),
};

const keyAnswer = z.strictObject(fields).meta({ id: 'ApiKey' });

const createdAnswer = z
  .strictObject({
    ...fields,
    token: z.string().nullable().describe('Shown here and never again; null when the request was replayed'),
    ...replayedField,
  })
  .meta({ id: 'ApiKeyCreated' });

/** A key's role stays what it is: whoever needs another one makes another key. */
export const managementKeyRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    role: 'admin',
    summary: 'Create a key for the management API',
    body: createBody,
    answer: createdAnswer,
    idempotent: true,
    async handle(request, management) {
      const { body, caller, account, origin } = request;
      const { now, randomBytes, store } = management;
      const result = await createOnce(request, management, {
        name: path,
        newId: () => newId('ak', now(), randomBytes),
        async check() {
          checkGrant(body.role, caller);
          if ((await countAccessKeys(store, 'management_key', account.id)) < keysMax) return;
          throw new ManagementError('limit_reached', `The account has ${keysMax} management keys; delete some`);
        },
        find: id => findAccessKey(store, 'management_key', account.id, id),
        async create(id) {
          const token = newToken('management_key', randomBytes);
          const createdAt = new Date(now()).toISOString();
          const key: ManagementKey = {
            id,
            accountId: account.id,
            role: body.role,
            digest: digestToken(token, await readPepper(management.secrets, management.pepperSecret)),
            displayName: redactToken(token),
            description: body.description,
            metadata: body.metadata,
            createdAt,
            updatedAt: createdAt,
            createdBy: caller.id,
            lastUpdatedBy: caller.id,
          };
          await createAccessKey(store, 'management_key', key);
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
    summary: 'List the management keys of the account',
    query: pageQuery,
    answer: pageAnswer('api_keys', keyAnswer),
    async handle({ query: { limit, before_id }, caller, origin }, { store }) {
      const { keys, more } = await listAccessKeys(store, 'management_key', caller.accountId, {
        beforeId: before_id,
        limit,
      });
      const items = keys.map(key => toWire(key, origin));
      return { status: 200, body: page('api_keys', items, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    role: 'viewer',
    summary: 'Show a management key',
    answer: keyAnswer,
    async handle({ parameters, caller, origin }, management) {
      return { status: 200, body: toWire(await requireKey(caller.accountId, parameters.id, management), origin) };
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    role: 'admin',
    summary: 'Change the description or the metadata of a management key',
    body: updateBody,
    answer: keyAnswer,
    async handle({ parameters, body, caller, origin }, management) {
      const key = await requireKey(caller.accountId, parameters.id, management);
      checkMayChange(key, caller);
      const updated = await updateAccessKey(management.store, 'management_key', key, {
        ...body,
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
    summary: 'Delete a management key for good; the last one that may do as much stays',
    answer: undefined,
    async handle({ parameters, caller }, management) {
      const key = await requireKey(caller.accountId, parameters.id, management);
      checkMayChange(key, caller);
      if ((await deleteManagementKey(management.store, key)) === 'deleted') return { status: 204 };
      throw new ManagementError(
        'last_key',
        `"${key.id}" is the account's last key with role "${key.role}" or above; create another one first`,
      );
    },
  }),
];

function toWire(key: ManagementKey, origin: string): z.output<typeof keyAnswer> {
  return {
    id: key.id,
    uri: `${origin}${path}/${key.id}`,
    created_at: key.createdAt,
    updated_at: key.updatedAt,
    role: key.role,
    description: key.description,
    metadata: key.metadata,
    created_by: reference(origin, path, key.createdBy),
    last_updated_by: reference(origin, path, key.lastUpdatedBy),
    display_name: key.displayName,
  };
}

/** Nobody gives what they do not have, and only the operators' own account has operators. */
function checkGrant(role: Role, caller: Caller): void {
  if (!mayAct(caller.role, role)) {
    throw new ManagementError(
      'permission_denied',
      `A key with role "${caller.role}" cannot make one with role "${role}"; choose "${caller.role}" or less`,
    );
  }
  if (role === 'operator' && caller.accountId !== caller.homeAccountId) {
    throw new ManagementError('permission_denied', 'Only the operators’ own account has operators; choose "admin"');
  }
}

function checkMayChange(key: ManagementKey, caller: Caller): void {
  if (mayAct(caller.role, key.role)) return;
  throw new ManagementError(
    'permission_denied',
    `A key with role "${caller.role}" cannot change one with role "${key.role}"`,
  );
}

async function requireKey(accountId: string, id: string | undefined, { store }: Management): Promise<ManagementKey> {
  const key = id && isId('ak', id) ? await findAccessKey(store, 'management_key', accountId, id) : undefined;
  if (!key) throw notFound(id);
  return key;
}

function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no management key "${id}"`);
}
