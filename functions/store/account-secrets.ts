import type { SecretReader } from './secrets.ts';

/** Reads the secrets of accounts, for policies that name them. */
export interface AccountSecrets {
  /** A secret's value, at most as old as the reader's cache; undefined when the vault holds no secret of that name. */
  get(accountId: string, vault: string, name: string): Promise<string | undefined>;
  /** The same, read again now: for a provider that refused a key which may just have been rotated. */
  getAgain(accountId: string, vault: string, name: string): Promise<string | undefined>;
}

type Read = SecretReader['read'];

/** Names of vaults and secrets. They never hold a slash, and upper and lower case are different. */
export const namePattern = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * The values of an account lie in Secrets Manager under `<prefix><account>` as a JSON map `{"<vault>/<name>": "value"}`.
 * What does not fit there lies in `<prefix><account>/1`, `/2` and so on, one map each: its shards. The first map says
 * under this key how many there are, when there is more than one.
 */
export const shardCountKey = '/shards';

export function shardSecretId(prefix: string, accountId: string, shard: number): string {
  return shard === 0 ? `${prefix}${accountId}` : `${prefix}${accountId}/${shard}`;
}

export function valueKey(vault: string, name: string): string {
  return `${vault}/${name}`;
}

/** Enough for every secret in use; beyond it the places are learned again. */
const placesMax = 10_000;

/**
 * Reads one map for a secret whose place is known, which is every secret that was read before; else the first map,
 * and the others only when it is not there. While Secrets Manager fails, the reader serves what it read last.
 */
export function createAccountSecrets(reader: SecretReader, prefix: string): AccountSecrets {
  const shardOf = new Map<string, number>();

  const look = async (accountId: string, vault: string, name: string, read: Read): Promise<string | undefined> => {
    if (!namePattern.test(vault) || !namePattern.test(name)) return undefined;
    const key = valueKey(vault, name);
    const place = `${accountId} ${key}`;
    const known = shardOf.get(place);
    if (known !== undefined) {
      const value = (await read(shardSecretId(prefix, accountId, known)))?.[key];
      if (value !== undefined) return value;
      shardOf.delete(place);
    }
    // One that has left its place was deleted or moved, and what is remembered of the other maps may be older than that.
    const found = await search(accountId, key, prefix, known === undefined ? read : id => reader.readAgain(id));
    if (!found) return undefined;
    if (shardOf.size >= placesMax) shardOf.clear();
    shardOf.set(place, found.shard);
    return found.value;
  };

  return {
    get: (accountId, vault, name) => look(accountId, vault, name, id => reader.read(id)),
    getAgain: (accountId, vault, name) => look(accountId, vault, name, id => reader.readAgain(id)),
  };
}

async function search(
  accountId: string,
  key: string,
  prefix: string,
  read: Read,
): Promise<{ shard: number; value: string } | undefined> {
  const first = (await read(shardSecretId(prefix, accountId, 0))) ?? {};
  if (first[key] !== undefined) return { shard: 0, value: first[key] };
  const others = Array.from({ length: Number(first[shardCountKey] ?? 1) - 1 }, (_, index) => index + 1);
  const maps = await Promise.all(others.map(shard => read(shardSecretId(prefix, accountId, shard))));
  for (const [index, map] of maps.entries()) {
    const value = map?.[key];
    if (value !== undefined) return { shard: index + 1, value };
  }
  return undefined;
}
