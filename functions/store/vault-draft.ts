import { shardCountKey } from './account-secrets.ts';
import { type SecretMap, TooManyChangesError } from './secret-maps.ts';
import type { DetailsKind, StoredDetails } from './vault-details.ts';
import type { Directory, Shard } from './vault-directory.ts';

/** Secrets Manager's limit for one value, with room for the count of shards. */
const mapBytesMax = 65_000;

/** Beyond this a map takes no new secrets, so that those it has can grow when they are rotated. */
const newSecretsBytesMax = 48_000;

/**
 * Of the 100 changes that Secrets Manager takes of one secret in 24 hours, new secrets use the first 60 and then go to
 * another shard. The rest is for rotations and deletions, which cannot go elsewhere.
 */
const newSecretsWritesMax = 60;

/** Room for 500 secrets of the greatest size. Every shard costs its account's operator as much as a secret does. */
const shardsMax = 64;

/** A map of values, as it is and as it shall be. */
interface OpenMap {
  before: SecretMap;
  after: Map<string, string>;
}

export interface ChangedMap {
  shard: number;
  values: Record<string, string>;
  /** Whether its secret is there already. */
  exists: boolean;
}

/** Changes of one account's vaults before they are written. */
export class Draft {
  readonly directory: Directory;
  /** Names this change in the details that it writes. */
  readonly changeId: string;
  readonly detailsPut: { kind: DetailsKind; details: StoredDetails }[] = [];
  readonly detailsDeleted: { kind: DetailsKind; id: string }[] = [];
  private readonly maps = new Map<number, OpenMap>();
  private readonly read: (shard: number) => Promise<SecretMap>;
  private readonly today: string;
  private readonly yesterday: string;

  constructor(directory: Directory, changeId: string, nowMs: number, read: (shard: number) => Promise<SecretMap>) {
    this.directory = structuredClone(directory);
    this.changeId = changeId;
    this.read = read;
    this.today = utcDay(nowMs);
    this.yesterday = utcDay(nowMs - 86_400_000);
  }

  /**
   * Puts a new value where there is room for it.
   * @returns its shard
   * @throws TooManyChangesError when every shard has been changed too often to take it
   */
  async add(key: string, value: string): Promise<number> {
    const { shards } = this.directory;
    const entryBytes = bytesOf({ [key]: value });
    const room = shards.findIndex(
      (shard, index) =>
        this.bytesOf(index) + entryBytes <= newSecretsBytesMax && this.writesOf(shard) < newSecretsWritesMax,
    );
    if (room === -1 && shards.length === shardsMax) throw new TooManyChangesError(`all ${shardsMax} maps are in use`);
    const shard = room === -1 ? shards.push({ bytes: 0, writes: {} }) - 1 : room;
    if (room === -1 && shard > 0) (await this.open(0)).after.set(shardCountKey, String(shards.length));
    (await this.open(shard)).after.set(key, value);
    return shard;
  }

  /**
   * Gives a value another key, another value or both. It stays in its shard unless it has outgrown it.
   * @param change.value undefined keeps what there is
   * @returns its shard
   * @throws TooManyChangesError
   */
  async change(shard: number, key: string, change: { key: string; value: string | undefined }): Promise<number> {
    const { after } = await this.open(shard);
    const value = change.value ?? after.get(key);
    after.delete(key);
    if (value === undefined) return shard;
    if (this.bytesOf(shard) + bytesOf({ [change.key]: value }) > mapBytesMax) return this.add(change.key, value);
    after.set(change.key, value);
    return shard;
  }

  async remove(shard: number, key: string): Promise<void> {
    (await this.open(shard)).after.delete(key);
  }

  /** What this draft already says of a vault or a secret. */
  findDetails(id: string): StoredDetails | undefined {
    return this.detailsPut.findLast(({ details }) => details.id === id)?.details;
  }

  /** The maps to write. Those that gain a value come first, so that one that moves is always somewhere. */
  changedMaps(): ChangedMap[] {
    return [...this.maps]
      .filter(([, map]) => !isSame(map))
      .sort(([, one], [, other]) => Number(gains(other)) - Number(gains(one)))
      .map(([shard, { before, after }]) => ({
        shard,
        values: Object.fromEntries(after),
        exists: before.version !== undefined,
      }));
  }

  /** Notes that a map was written. */
  written(shard: number, version: string, values: Record<string, string>): void {
    const { [this.yesterday]: before = 0, [this.today]: now = 0 } = this.directory.shards[shard]?.writes ?? {};
    this.directory.shards[shard] = {
      version,
      bytes: bytesOf(values),
      writes: { ...(before > 0 && { [this.yesterday]: before }), [this.today]: now + 1 },
    };
  }

  private async open(shard: number): Promise<OpenMap> {
    const known = this.maps.get(shard);
    if (known) return known;
    const before = await this.read(shard);
    const map = { before, after: new Map(Object.entries(before.values)) };
    this.maps.set(shard, map);
    return map;
  }

  private bytesOf(shard: number): number {
    const map = this.maps.get(shard);
    return map ? bytesOf(Object.fromEntries(map.after)) : (this.directory.shards[shard]?.bytes ?? 0);
  }

  private writesOf({ writes }: Shard): number {
    return (writes[this.yesterday] ?? 0) + (writes[this.today] ?? 0);
  }
}

function isSame({ before: { values }, after }: OpenMap): boolean {
  return Object.keys(values).length === after.size && [...after].every(([key, value]) => values[key] === value);
}

function gains({ before: { values }, after }: OpenMap): boolean {
  return [...after.keys()].some(key => values[key] === undefined);
}

function bytesOf(values: Record<string, string>): number {
  return Buffer.byteLength(JSON.stringify(values));
}

function utcDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
