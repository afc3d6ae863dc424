import { newId } from '../core/ids.ts';
import { valueKey } from './account-secrets.ts';
import { requestLifetimeSeconds, VaultChanges, type VaultParts } from './vault-changes.ts';
import {
  type Details,
  type DetailsKind,
  detailsAsOf,
  findDetails,
  listDetails,
  type StoredDetails,
} from './vault-details.ts';
import { type Directory, readDirectory, type VaultEntry } from './vault-directory.ts';
import type { Draft } from './vault-draft.ts';

export interface Vault extends Details {
  name: string;
}

/** All of a secret but its value, which only the gateway reads. */
export interface Secret extends Details {
  name: string;
  vaultId: string;
  vaultName: string;
}

/** An idempotency key and the request it came with, both as digests. */
export interface ReplayableRequest {
  key: string;
  digest: string;
}

export interface NewVault {
  name: string;
  description: string;
  metadata: string;
  createdBy: string;
  request: ReplayableRequest | undefined;
}

export interface NewSecret extends NewVault {
  vault: { id: string } | { name: string };
  value: string;
}

export interface VaultUpdate {
  name?: string | undefined;
  description?: string | undefined;
  metadata?: string | undefined;
  updatedBy: string;
}

export interface SecretUpdate extends VaultUpdate {
  /** Rotates the secret. */
  value?: string | undefined;
}

/**
 * Why something was not made. `conflict`: its idempotency key came with another request before; `deleted`: what the key
 * had made is gone.
 */
export type MakeRefusal = { status: 'already_exists' | 'limit_reached' | 'conflict' | 'deleted' | 'no_vault' };

export type ChangeRefusal = { status: 'already_exists' | 'not_found' };

/** `replayed`: an earlier request with the same idempotency key made it. */
export type Made = 'made' | 'replayed';

type Outcome = MakeRefusal | { status: Made; id: string };

interface PageWanted {
  beforeId: string | undefined;
  limit: number;
}

/** What an account may have, on the plan that has the gateway. */
export const vaultsMax = 5;
export const secretsMax = 500;

/** Long enough for a private key or a service account's JSON. */
export const valueBytesMax = 4_096;

/**
 * Vaults and secrets of accounts. Names are unique: of vaults in an account, of secrets in a vault.
 * Every change may throw what `VaultChanges.submit` does.
 */
export class Vaults {
  private readonly parts: VaultParts;
  private readonly changes: VaultChanges;

  constructor(parts: VaultParts) {
    this.parts = parts;
    this.changes = new VaultChanges(parts);
  }

  async findVault(accountId: string, id: string): Promise<Vault | undefined> {
    const { directory, details } = await this.find('vault', accountId, id);
    return details && toVault(directory, details);
  }

  async findSecret(accountId: string, id: string): Promise<Secret | undefined> {
    const { directory, details } = await this.find('secret', accountId, id);
    return details && toSecret(directory, details);
  }

  /** One page, newest first. */
  async listVaults(accountId: string, wanted: PageWanted): Promise<{ vaults: Vault[]; more: boolean }> {
    const { directory, details, more } = await this.list('vault', accountId, wanted);
    return { vaults: details.map(one => toVault(directory, one)).filter(vault => vault !== undefined), more };
  }

  /** One page, newest first. */
  async listSecrets(accountId: string, wanted: PageWanted): Promise<{ secrets: Secret[]; more: boolean }> {
    const { directory, details, more } = await this.list('secret', accountId, wanted);
    return { secrets: details.map(one => toSecret(directory, one)).filter(secret => secret !== undefined), more };
  }

  async createVault(accountId: string, wanted: NewVault): Promise<MakeRefusal | { status: Made; vault: Vault }> {
    const outcome = await this.changes.submit<Outcome>(accountId, async draft => {
      const { directory } = draft;
      const known = this.recall(directory, wanted);
      if (known) return known;
      if (vaultNamed(directory, wanted.name)) return { status: 'already_exists' };
      if (Object.keys(directory.vaults).length >= vaultsMax) return { status: 'limit_reached' };
      const id = this.addDetails(draft, 'vault', wanted);
      directory.vaults[id] = { name: wanted.name };
      return { status: 'made', id };
    });
    if (!('id' in outcome)) return outcome;
    const vault = await this.findVault(accountId, outcome.id);
    return vault ? { status: outcome.status, vault } : { status: 'deleted' };
  }

  async createSecret(accountId: string, wanted: NewSecret): Promise<MakeRefusal | { status: Made; secret: Secret }> {
    const outcome = await this.changes.submit<Outcome>(accountId, async draft => {
      const { directory } = draft;
      const known = this.recall(directory, wanted);
      if (known) return known;
      const vaultId = 'id' in wanted.vault ? wanted.vault.id : vaultNamed(directory, wanted.vault.name);
      const vault = vaultId === undefined ? undefined : directory.vaults[vaultId];
      if (vaultId === undefined || !vault) return { status: 'no_vault' };
      if (secretNamed(directory, vaultId, wanted.name)) return { status: 'already_exists' };
      if (Object.keys(directory.secrets).length >= secretsMax) return { status: 'limit_reached' };
      const shard = await draft.add(valueKey(vault.name, wanted.name), wanted.value);
      const id = this.addDetails(draft, 'secret', wanted);
      directory.secrets[id] = { vaultId, name: wanted.name, shard };
      return { status: 'made', id };
    });
    if (!('id' in outcome)) return outcome;
    const secret = await this.findSecret(accountId, outcome.id);
    return secret ? { status: outcome.status, secret } : { status: 'deleted' };
  }

  async updateVault(
    accountId: string,
    id: string,
    update: VaultUpdate,
  ): Promise<ChangeRefusal | { status: 'changed'; vault: Vault }> {
    return this.changes.submit(accountId, async draft => {
      const { directory } = draft;
      const vault = directory.vaults[id];
      const stored = await this.detailsIn(draft, 'vault', accountId, id);
      if (!vault || !stored) return { status: 'not_found' as const };
      const { name = vault.name } = update;
      if ((vaultNamed(directory, name) ?? id) !== id) return { status: 'already_exists' as const };
      if (name !== vault.name) {
        for (const secret of secretsIn(directory, id)) {
          const key = valueKey(name, secret.name);
          secret.shard = await draft.change(secret.shard, valueKey(vault.name, secret.name), { key, value: undefined });
        }
        vault.name = name;
      }
      const changed = this.changeDetails(draft, 'vault', { stored, entry: vault }, update);
      return { status: 'changed' as const, vault: { ...changed, name } };
    });
  }

  async updateSecret(
    accountId: string,
    id: string,
    update: SecretUpdate,
  ): Promise<ChangeRefusal | { status: 'changed'; secret: Secret }> {
    return this.changes.submit(accountId, async draft => {
      const { directory } = draft;
      const secret = directory.secrets[id];
      const vault = secret && directory.vaults[secret.vaultId];
      const stored = await this.detailsIn(draft, 'secret', accountId, id);
      if (!secret || !vault || !stored) return { status: 'not_found' as const };
      const { vaultId } = secret;
      const { name = secret.name, value } = update;
      if ((secretNamed(directory, vaultId, name) ?? id) !== id) return { status: 'already_exists' as const };
      if (name !== secret.name || value !== undefined) {
        const key = valueKey(vault.name, name);
        secret.shard = await draft.change(secret.shard, valueKey(vault.name, secret.name), { key, value });
        secret.name = name;
      }
      const changed = this.changeDetails(draft, 'secret', { stored, entry: secret }, update);
      return { status: 'changed' as const, secret: { ...changed, name, vaultId, vaultName: vault.name } };
    });
  }

  async deleteVault(
    accountId: string,
    id: string,
  ): Promise<{ status: 'deleted' | 'not_found' } | { status: 'not_empty'; secrets: number }> {
    return this.changes.submit(accountId, async ({ directory, detailsDeleted }) => {
      if (!directory.vaults[id]) return { status: 'not_found' as const };
      const secrets = secretsIn(directory, id).length;
      if (secrets > 0) return { status: 'not_empty' as const, secrets };
      delete directory.vaults[id];
      detailsDeleted.push({ kind: 'vault', id });
      return { status: 'deleted' as const };
    });
  }

  async deleteSecret(accountId: string, id: string): Promise<{ status: 'deleted' | 'not_found' }> {
    return this.changes.submit(accountId, async draft => {
      const { directory, detailsDeleted } = draft;
      const secret = directory.secrets[id];
      const vault = secret && directory.vaults[secret.vaultId];
      if (!secret || !vault) return { status: 'not_found' as const };
      await draft.remove(secret.shard, valueKey(vault.name, secret.name));
      delete directory.secrets[id];
      detailsDeleted.push({ kind: 'secret', id });
      return { status: 'deleted' as const };
    });
  }

  private async find(kind: DetailsKind, accountId: string, id: string) {
    const { store } = this.parts;
    const directory = await readDirectory(store, accountId);
    return { directory, details: await findDetails(store, kind, accountId, id) };
  }

  private async list(kind: DetailsKind, accountId: string, wanted: PageWanted) {
    const { store } = this.parts;
    const directory = await readDirectory(store, accountId);
    return { directory, ...(await listDetails(store, kind, accountId, wanted)) };
  }

  /** What an idempotency key has made, if it came before. */
  private recall({ requests }: Directory, { request }: NewVault): Outcome | undefined {
    const known = request && requests[request.key];
    if (!known || known.atSeconds + requestLifetimeSeconds <= this.parts.now() / 1000) return undefined;
    return known.digest === request.digest ? { status: 'replayed', id: known.id } : { status: 'conflict' };
  }

  private addDetails(draft: Draft, kind: DetailsKind, wanted: NewVault): string {
    const { now, randomBytes } = this.parts;
    const { description, metadata, createdBy, request } = wanted;
    const nowMs = now();
    const id = newId(kind, nowMs, randomBytes);
    const createdAt = new Date(nowMs).toISOString();
    const details = { id, description, metadata, createdAt, updatedAt: createdAt, createdBy, lastUpdatedBy: createdBy };
    draft.detailsPut.push({ kind, details });
    if (request) {
      const { requests } = draft.directory;
      delete requests[request.key]; // so that it goes to the end
      requests[request.key] = { id, digest: request.digest, atSeconds: Math.floor(nowMs / 1000) };
    }
    return id;
  }

  /** @param entry what the directory says of it */
  private changeDetails(
    draft: Draft,
    kind: DetailsKind,
    { stored, entry }: { stored: StoredDetails; entry: VaultEntry },
    update: VaultUpdate,
  ): Details {
    const details = detailsAsOf(stored, entry);
    const changed = {
      ...details,
      description: update.description ?? details.description,
      metadata: update.metadata ?? details.metadata,
      updatedAt: new Date(this.parts.now()).toISOString(),
      lastUpdatedBy: update.updatedBy,
    };
    const before = stored.changeId === draft.changeId ? stored.before : details;
    draft.detailsPut.push({ kind, details: { ...changed, changeId: draft.changeId, ...(before && { before }) } });
    entry.changeId = draft.changeId;
    return changed;
  }

  private async detailsIn(draft: Draft, kind: DetailsKind, accountId: string, id: string) {
    return draft.findDetails(id) ?? (await findDetails(this.parts.store, kind, accountId, id));
  }
}

function vaultNamed({ vaults }: Directory, name: string): string | undefined {
  return Object.keys(vaults).find(id => vaults[id]?.name === name);
}

function secretNamed({ secrets }: Directory, vaultId: string, name: string): string | undefined {
  return Object.keys(secrets).find(id => secrets[id]?.vaultId === vaultId && secrets[id]?.name === name);
}

function secretsIn({ secrets }: Directory, vaultId: string) {
  return Object.values(secrets).filter(secret => secret.vaultId === vaultId);
}

/** Details whose vault the directory does not know are of something half made or half deleted. */
function toVault({ vaults }: Directory, stored: StoredDetails): Vault | undefined {
  const vault = vaults[stored.id];
  return vault && { ...detailsAsOf(stored, vault), name: vault.name };
}

function toSecret({ secrets, vaults }: Directory, stored: StoredDetails): Secret | undefined {
  const secret = secrets[stored.id];
  const vault = secret && vaults[secret.vaultId];
  return vault && { ...detailsAsOf(stored, secret), name: secret.name, vaultId: secret.vaultId, vaultName: vault.name };
}
