import { randomUUID } from 'node:crypto';

/** A secret as it is kept. Times are seconds since 1970, as on the wire. */
export interface Secret {
  name: string;
  arn: string;
  description?: string | undefined;
  createdAtSeconds: number;
  changedAtSeconds: number;
  /** Newest first: the first is AWSCURRENT, the second AWSPREVIOUS. */
  versions: Version[];
  /** When a deletion that can still be undone becomes final. */
  deletedAtSeconds?: number | undefined;
}

interface Version {
  id: string;
  createdAtSeconds: number;
  string?: string | undefined;
  /** In base64. */
  binary?: string | undefined;
}

/** What a request says of a new version, by its wire names. */
export interface NewVersion {
  ClientRequestToken?: string | undefined;
  SecretString?: string | undefined;
  SecretBinary?: string | undefined;
}

/** An error of the service, by the name that the SDK turns into a class. */
export class SecretsError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** A limit of the service; for strings it counts UTF-8. */
const valueBytesMax = 65_536;

/** Enough to recognise a repeated write; the service keeps about a hundred. */
const versionsMax = 10;

/**
 * By name, by ARN, or by ARN without its six random characters.
 * @throws SecretsError ResourceNotFoundException
 */
export function findSecret(secrets: Secret[], id: string): Secret {
  const secret = secrets.find(({ name, arn }) => name === id || arn === id || arn.slice(0, -7) === id);
  if (!secret) throw new SecretsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  return secret;
}

/** @throws SecretsError ResourceNotFoundException, or InvalidRequestException while it is scheduled for deletion */
export function findUsableSecret(secrets: Secret[], id: string): Secret {
  const secret = findSecret(secrets, id);
  if (secret.deletedAtSeconds === undefined) return secret;
  throw new SecretsError('InvalidRequestException', 'the secret is scheduled for deletion; restore it first');
}

export function hasValue({ SecretString, SecretBinary }: NewVersion): boolean {
  return SecretString !== undefined || SecretBinary !== undefined;
}

/**
 * Makes a value the current one. Its request token becomes its id, so that a repeated request adds nothing.
 * @returns the version's id
 */
export function addVersion(secret: Secret, newVersion: NewVersion, nowSeconds: number): string {
  const { ClientRequestToken, SecretString, SecretBinary } = newVersion;
  refuseUnfitValue(newVersion);
  const existing = secret.versions.find(({ id }) => id === ClientRequestToken);
  if (existing) {
    if (existing.string === SecretString && existing.binary === SecretBinary) return existing.id;
    throw new SecretsError('ResourceExistsException', 'ClientRequestToken already names a version with another value');
  }
  const id = ClientRequestToken ?? randomUUID();
  secret.versions.unshift({ id, createdAtSeconds: nowSeconds, string: SecretString, binary: SecretBinary });
  secret.versions.splice(versionsMax);
  secret.changedAtSeconds = nowSeconds;
  return id;
}

function refuseUnfitValue({ SecretString, SecretBinary = '' }: NewVersion): void {
  if (SecretString !== undefined && SecretBinary !== '') {
    throw new SecretsError('InvalidParameterException', 'give SecretString or SecretBinary, not both');
  }
  const bytes =
    SecretString === undefined ? Buffer.from(SecretBinary, 'base64').length : Buffer.byteLength(SecretString);
  if (bytes > valueBytesMax) {
    throw new SecretsError('ValidationException', `the value has ${bytes} bytes; at most ${valueBytesMax} fit`);
  }
}

export function stagesOf({ versions }: Secret, versionId: string): string[] {
  if (versions[0]?.id === versionId) return ['AWSCURRENT'];
  return versions[1]?.id === versionId ? ['AWSPREVIOUS'] : [];
}

/**
 * The version with an id, else the one at a stage.
 * @throws SecretsError ResourceNotFoundException
 */
export function findVersion(secret: Secret, versionId: string | undefined, stage = 'AWSCURRENT'): Version {
  const version = secret.versions.find(({ id }) =>
    versionId === undefined ? stagesOf(secret, id).includes(stage) : id === versionId,
  );
  if (version) return version;
  const wanted = versionId === undefined ? `staging label: ${stage}` : `VersionId: ${versionId}`;
  const message = `Secrets Manager can't find the specified secret value for ${wanted}`;
  throw new SecretsError('ResourceNotFoundException', message);
}
