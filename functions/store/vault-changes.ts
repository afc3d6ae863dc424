import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../core/clock.ts';
import type { RandomBytes } from '../core/ids.ts';
import { shardSecretId } from './account-secrets.ts';
import type { Store } from './dynamo.ts';
import { readSecretMap, type SecretMap, UnknownWriteError, writeSecretMap } from './secret-maps.ts';
import { type DetailsKind, deleteDetails, listDetails, putDetails } from './vault-details.ts';
import { type Directory, lockDirectory, saveDirectory, unlockDirectory } from './vault-directory.ts';
import { type ChangedMap, Draft } from './vault-draft.ts';

export interface VaultParts {
  store: Store;
  secrets: SecretsManagerClient;
  /** Secrets of accounts are named `<prefix><account>`. */
  prefix: string;
  now: Clock;
  randomBytes: RandomBytes;
}

/** Looks at a draft, changes it or does not, and says how that went. What it throws fails everything in the draft. */
type Change<Result> = (draft: Draft) => Promise<Result>;

/** The lock that we hold. */
interface Lock {
  accountId: string;
  holder: string;
  /** Whether something was begun that is not finished. */
  isUnfinished: boolean;
}

interface Waiting {
  change: Change<unknown>;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** What is written together fits into one call of the function. */
const changesMax = 100;

/** How long an idempotency key is remembered, and how many at most, so that the directory stays one item. */
export const requestLifetimeSeconds = 86_400;
const requestsMax = 1_000;

/**
 * Writes changes of vaults, one account's under one lock, and those that come while others are being written together.
 *
 * Nothing counts until the directory says so: values are written first, then details, then the directory in one write.
 * It names the version of every map that belongs to it, and the last change of all details. Whoever finds that the holder before stopped half-way makes
 * those versions current again and removes details that the directory does not know; so a change has happened whole or
 * not at all.
 */
export class VaultChanges {
  private readonly parts: VaultParts;
  private readonly waiting = new Map<string, Waiting[]>();

  constructor(parts: VaultParts) {
    this.parts = parts;
  }

  /**
   * Applies a change, after those that were submitted before.
   * @throws StoreError, TooManyChangesError, VaultsBusyError; none of the change has happened then, or it will be undone
   */
  submit<Result>(accountId: string, change: Change<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const entry: Waiting = { change, resolve: resolve as (result: unknown) => void, reject };
      const queue = this.waiting.get(accountId);
      if (queue) {
        queue.push(entry);
        return;
      }
      const own = [entry];
      this.waiting.set(accountId, own);
      void this.drain(accountId, own);
    });
  }

  private async drain(accountId: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const together = queue.splice(0, changesMax);
      try {
        const results = await this.write(
          accountId,
          together.map(({ change }) => change),
        );
        for (const [index, { resolve }] of together.entries()) resolve(results[index]);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.waiting.delete(accountId);
  }

  private async write(accountId: string, changes: Change<unknown>[]): Promise<unknown[]> {
    const { store, now, randomBytes } = this.parts;
    const holder = Buffer.from(randomBytes(12)).toString('base64url');
    const locked = await lockDirectory(store, accountId, holder, this.parts);
    const lock: Lock = { accountId, holder, isUnfinished: locked.isUnfinished };
    try {
      const directory = locked.isUnfinished ? await this.mend(lock, locked.directory) : locked.directory;
      const draft = new Draft(directory, holder, now(), shard => this.readShard(accountId, directory, shard));
      const results: unknown[] = [];
      for (const change of changes) results.push(await change(draft));
      await this.save(lock, directory, draft);
      return results;
    } catch (error) {
      // A write that may still be made must find the lock held: then the lease ends by itself, and later than the write.
      if (!(error instanceof UnknownWriteError)) await this.unlock(lock).catch(() => {});
      throw error;
    }
  }

  private async save(lock: Lock, before: Directory, draft: Draft): Promise<void> {
    const { store, now } = this.parts;
    const { accountId, holder } = lock;
    const { directory, detailsPut, detailsDeleted } = draft;
    const changedMaps = draft.changedMaps();
    const isChanged =
      changedMaps.length + detailsPut.length > 0 || JSON.stringify(directory) !== JSON.stringify(before);
    if (!isChanged) return this.unlock(lock);
    lock.isUnfinished = true;
    for (const map of changedMaps) await this.writeShard(accountId, draft, map);
    for (const { kind, details } of detailsPut) await putDetails(store, kind, accountId, details);
    forgetRequests(directory, now() / 1000);
    const isLast = detailsDeleted.length === 0;
    await saveDirectory(store, accountId, holder, directory, isLast);
    if (isLast) return;
    for (const { kind, id } of detailsDeleted) await deleteDetails(store, kind, accountId, id);
    lock.isUnfinished = false;
    await this.unlock(lock);
  }

  /** Undoes what a holder before us began, and finishes what it had decided. @returns the directory as it is then */
  private async mend(lock: Lock, directory: Directory): Promise<Directory> {
    const { store, secrets, prefix, now } = this.parts;
    const { accountId, holder } = lock;
    const draft = new Draft(directory, holder, now(), shard => this.readShard(accountId, directory, shard));
    for (let shard = 0; ; shard++) {
      const current = await readSecretMap(secrets, shardSecretId(prefix, accountId, shard));
      const own = directory.shards[shard];
      if (!own && current.version === undefined) break;
      if (own && current.version === own.version) continue;
      const values = own ? (await this.readShard(accountId, directory, shard)).values : {};
      await this.writeShard(accountId, draft, { shard, values, exists: current.version !== undefined });
    }
    // A shard that was begun and is not in the directory is empty now, and stays out of it.
    draft.directory.shards.length = directory.shards.length;
    await this.removeUnknownDetails(accountId, 'vault', directory.vaults);
    await this.removeUnknownDetails(accountId, 'secret', directory.secrets);
    await saveDirectory(store, accountId, holder, draft.directory, false);
    lock.isUnfinished = false;
    return draft.directory;
  }

  private async removeUnknownDetails(accountId: string, kind: DetailsKind, known: object): Promise<void> {
    const { store } = this.parts;
    for (let beforeId: string | undefined; ; ) {
      const { details, more } = await listDetails(store, kind, accountId, { beforeId, limit: 100 });
      for (const { id } of details) if (!Object.hasOwn(known, id)) await deleteDetails(store, kind, accountId, id);
      beforeId = details.at(-1)?.id;
      if (!more) return;
    }
  }

  /** Reads a map as the directory knows it. */
  private async readShard(accountId: string, { shards }: Directory, shard: number): Promise<SecretMap> {
    const { secrets, prefix } = this.parts;
    const secretId = shardSecretId(prefix, accountId, shard);
    const version = shards[shard]?.version;
    const exact = version === undefined ? undefined : await readSecretMap(secrets, secretId, version);
    return exact?.version === undefined ? readSecretMap(secrets, secretId) : exact;
  }

  private async writeShard(accountId: string, draft: Draft, { shard, values, exists }: ChangedMap): Promise<void> {
    const { secrets, prefix } = this.parts;
    const secretId = shardSecretId(prefix, accountId, shard);
    draft.written(shard, await writeSecretMap(secrets, secretId, values, exists), values);
  }

  private unlock({ accountId, holder, isUnfinished }: Lock): Promise<void> {
    return unlockDirectory(this.parts.store, accountId, holder, { unfinished: isUnfinished });
  }
}

/** They are in the order in which they came. */
function forgetRequests({ requests }: Directory, nowSeconds: number): void {
  const known = Object.entries(requests);
  for (const [index, [key, { atSeconds }]] of known.entries()) {
    const isOld = atSeconds + requestLifetimeSeconds <= nowSeconds || index < known.length - requestsMax;
    if (isOld) delete requests[key];
  }
}
