import { z } from 'zod';
import { isId } from '../core/ids.ts';
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
import { type Route, route } from '../management/route.ts';
import { type Secret, secretsMax, valueBytesMax } from '../store/vaults.ts';
import { vaultsOf } from './open-vaults.ts';
import { changing, nameField, refuseMaking, replayedMark, toReplayableRequest } from './shared.ts';

const path = '/secrets';

const tooLong = `is longer than ${valueBytesMax} bytes; shorten it`;

const valueField = z
  .string()
  .min(1, 'is empty; give the secret itself')
  .max(valueBytesMax, tooLong)
  .refine(value => Buffer.byteLength(value) <= valueBytesMax, tooLong);

const createBody = z
  .strictObject({
    name: nameField,
    value: valueField,
    description: descriptionField.default(''),
    metadata: metadataField.default(''),
    vault_id: z.string().optional(),
    vault_name: nameField.optional(),
  })
  .refine(({ vault_id, vault_name }) => vault_id !== undefined || vault_name !== undefined, {
    path: ['vault_id'],
    message: 'ERR_NGROK_27006: "vault_id" and "vault_name" are missing; give one of them',
  })
  .refine(({ vault_id, vault_name }) => vault_id === undefined || vault_name === undefined, {
    path: ['vault_name'],
    message: 'both "vault_id" and "vault_name" are given; leave one out',
  })
  .meta({ id: 'SecretCreate' });

const updateBody = z
  .strictObject({
    name: nameField.optional(),
    value: valueField.optional(),
    description: descriptionField.optional(),
    metadata: metadataField.optional(),
  })
  .meta({ id: 'SecretUpdate' });

const fields = {
  id: z.string(),
  uri: z.url(),
  created_at: timestampAnswer,
  updated_at: timestampAnswer,
  name: z.string(),
  description: z.string(),
  metadata: z.string(),
  created_by: referenceAnswer,
  last_updated_by: referenceAnswer,
  vault: referenceAnswer,
  vault_name: z.string(),
};

const secretAnswer = z.strictObject(fields).meta({ id: 'Secret' });

const createdAnswer = z.strictObject({ ...fields, ...replayedField }).meta({ id: 'SecretCreated' });

/** Values come in and never go out: no answer, message or log line holds one. */
export const secretRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    summary: 'Make a secret in a vault; its value is never shown again',
    idempotent: true,
    role: 'admin',
    body: createBody,
    answer: createdAnswer,
    async handle(request, management) {
      const { body, caller, origin } = request;
      const { vault_id, vault_name = '', ...wanted } = body;
      if (vault_id !== undefined && !isId('vault', vault_id)) throw noVault(vault_id);
      const made = await changing(
        vaultsOf(management).createSecret(caller.accountId, {
          ...wanted,
          vault: vault_id === undefined ? { name: vault_name } : { id: vault_id },
          createdBy: caller.id,
          request: await toReplayableRequest(request, path, management),
        }),
      );
      if ('secret' in made)
        return { status: 201, body: { ...toWire(made.secret, origin), ...replayedMark(made.status) } };
      if (made.status === 'no_vault') throw noVault(vault_id ?? vault_name);
      throw refuseMaking(made.status, {
        already_exists: `The vault holds a secret "${body.name}" already; PATCH its value to rotate it, or choose another name`,
        limit_reached: `An account has at most ${secretsMax} secrets; delete one first`,
      });
    },
  }),
  route({
    method: 'GET',
    path,
    summary: 'List secrets of all vaults, newest first, without their values',
    role: 'viewer',
    query: pageQuery,
    answer: pageAnswer('secrets', secretAnswer),
    async handle({ query: { limit, before_id }, caller, origin }, management) {
      const { secrets, more } = await vaultsOf(management).listSecrets(caller.accountId, {
        beforeId: before_id,
        limit,
      });
      const items = secrets.map(secret => toWire(secret, origin));
      return { status: 200, body: page('secrets', items, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    summary: 'Show a secret without its value',
    role: 'viewer',
    answer: secretAnswer,
    async handle({ parameters, caller, origin }, management) {
      const id = requireId(parameters.id);
      const secret = await vaultsOf(management).findSecret(caller.accountId, id);
      if (!secret) throw notFound(id);
      return { status: 200, body: toWire(secret, origin) };
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Change a secret; a new value rotates it, and running gateways take it up within the cache bound',
    role: 'admin',
    body: updateBody,
    answer: secretAnswer,
    async handle({ parameters, body, caller, origin }, management) {
      const id = requireId(parameters.id);
      const update = { ...body, updatedBy: caller.id };
      const changed = await changing(vaultsOf(management).updateSecret(caller.accountId, id, update));
      if (changed.status === 'changed') return { status: 200, body: toWire(changed.secret, origin) };
      if (changed.status === 'not_found') throw notFound(id);
      throw new ManagementError(
        'already_exists',
        `The vault holds a secret "${body.name}" already; choose another name`,
      );
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Delete a secret and its value for good',
    role: 'admin',
    answer: undefined,
    async handle({ parameters, caller }, management) {
      const id = requireId(parameters.id);
      const deleted = await changing(vaultsOf(management).deleteSecret(caller.accountId, id));
      if (deleted.status === 'not_found') throw notFound(id);
      return { status: 204 };
    },
  }),
];

function toWire(secret: Secret, origin: string): z.output<typeof secretAnswer> {
  return {
    id: secret.id,
    uri: `${origin}${path}/${secret.id}`,
    created_at: secret.createdAt,
    updated_at: secret.updatedAt,
    name: secret.name,
    description: secret.description,
    metadata: secret.metadata,
    created_by: reference(origin, '/api_keys', secret.createdBy),
    last_updated_by: reference(origin, '/api_keys', secret.lastUpdatedBy),
    vault: reference(origin, '/vaults', secret.vaultId),
    vault_name: secret.vaultName,
  };
}

function requireId(id: string | undefined): string {
  if (id === undefined || !isId('secret', id)) throw notFound(id);
  return id;
}

function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no secret "${id}"`);
}

function noVault(idOrName: string): ManagementError {
  return new ManagementError('not_found', `There is no vault "${idOrName}"; POST /vaults makes one`);
}
