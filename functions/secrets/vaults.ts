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
import { type Vault, vaultsMax } from '../store/vaults.ts';
import { vaultsOf } from './open-vaults.ts';
import { changing, nameField, refuseMaking, replayedMark, toReplayableRequest } from './shared.ts';

const path = '/vaults';

const createBody = z
  .strictObject({
    name: nameField,
    description: descriptionField.default(''),
    metadata: metadataField.default(''),
  })
  .meta({ id: 'VaultCreate' });

const updateBody = z
  .strictObject({
    name: nameField.optional(),
    description: descriptionField.optional(),
    metadata: metadataField.optional(),
  })
  .meta({ id: 'VaultUpdate' });

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
};

const vaultAnswer = z.strictObject(fields).meta({ id: 'Vault' });

const createdAnswer = z.strictObject({ ...fields, ...replayedField }).meta({ id: 'VaultCreated' });

export const vaultRoutes: Route[] = [
  route({
    method: 'POST',
    path,
    summary: 'Make a vault',
    idempotent: true,
    role: 'admin',
    body: createBody,
    answer: createdAnswer,
    async handle(request, management) {
      const { body, caller, origin } = request;
      const made = await changing(
        vaultsOf(management).createVault(caller.accountId, {
          ...body,
          createdBy: caller.id,
          request: await toReplayableRequest(request, path, management),
        }),
      );
      if ('vault' in made)
        return { status: 201, body: { ...toWire(made.vault, origin), ...replayedMark(made.status) } };
      throw refuseMaking(made.status, {
        already_exists: `There is a vault "${body.name}" already; choose another name`,
        limit_reached: `An account has at most ${vaultsMax} vaults; delete one first`,
      });
    },
  }),
  route({
    method: 'GET',
    path,
    summary: 'List vaults, newest first',
    role: 'viewer',
    query: pageQuery,
    answer: pageAnswer('vaults', vaultAnswer),
    async handle({ query: { limit, before_id }, caller, origin }, management) {
      const { vaults: found, more } = await vaultsOf(management).listVaults(caller.accountId, {
        beforeId: before_id,
        limit,
      });
      const items = found.map(vault => toWire(vault, origin));
      return { status: 200, body: page('vaults', items, { origin, path, limit, more }) };
    },
  }),
  route({
    method: 'GET',
    path: `${path}/{id}`,
    summary: 'Show a vault',
    role: 'viewer',
    answer: vaultAnswer,
    async handle({ parameters, caller, origin }, management) {
      const id = requireId(parameters.id);
      const vault = await vaultsOf(management).findVault(caller.accountId, id);
      if (!vault) throw notFound(id);
      return { status: 200, body: toWire(vault, origin) };
    },
  }),
  route({
    method: 'PATCH',
    path: `${path}/{id}`,
    summary: 'Change a vault; policies name its secrets by the new name from then on',
    role: 'admin',
    body: updateBody,
    answer: vaultAnswer,
    async handle({ parameters, body, caller, origin }, management) {
      const id = requireId(parameters.id);
      const update = { ...body, updatedBy: caller.id };
      const changed = await changing(vaultsOf(management).updateVault(caller.accountId, id, update));
      if (changed.status === 'changed') return { status: 200, body: toWire(changed.vault, origin) };
      if (changed.status === 'not_found') throw notFound(id);
      throw new ManagementError('already_exists', `There is a vault "${body.name}" already; choose another name`);
    },
  }),
  route({
    method: 'DELETE',
    path: `${path}/{id}`,
    summary: 'Delete a vault that holds no secrets',
    role: 'admin',
    answer: undefined,
    async handle({ parameters, caller }, management) {
      const id = requireId(parameters.id);
      const deleted = await changing(vaultsOf(management).deleteVault(caller.accountId, id));
      if (deleted.status === 'not_found') throw notFound(id);
      if (deleted.status === 'not_empty') {
        throw new ManagementError(
          'vault_not_empty',
          `The vault holds ${deleted.secrets} secrets; delete them first (GET /secrets lists them)`,
        );
      }
      return { status: 204 };
    },
  }),
];

function toWire(vault: Vault, origin: string): z.output<typeof vaultAnswer> {
  return {
    id: vault.id,
    uri: `${origin}${path}/${vault.id}`,
    created_at: vault.createdAt,
    updated_at: vault.updatedAt,
    name: vault.name,
    description: vault.description,
    metadata: vault.metadata,
    created_by: reference(origin, '/api_keys', vault.createdBy),
    last_updated_by: reference(origin, '/api_keys', vault.lastUpdatedBy),
  };
}

function requireId(id: string | undefined): string {
  if (id === undefined || !isId('vault', id)) throw notFound(id);
  return id;
}

function notFound(id: string | undefined): ManagementError {
  return new ManagementError('not_found', `There is no vault "${id}"`);
}
