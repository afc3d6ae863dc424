import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  addVersion,
  findSecret,
  findUsableSecret,
  findVersion,
  hasValue,
  type Secret,
  SecretsError,
  stagesOf,
} from './secret-state.ts';

const secretId = z.string().min(1).max(2_048);
const newVersion = {
  ClientRequestToken: z.string().min(32).max(64).optional(),
  SecretString: z.string().min(1).optional(),
  SecretBinary: z.base64().min(1).optional(),
};
const filters = z.array(z.object({ Key: z.literal('name'), Values: z.array(z.string()).min(1) })).optional();
const page = { MaxResults: z.int().min(1).max(100).default(100), NextToken: z.string().regex(/^\d+$/).default('0') };

/** What of each operation's input is understood; the rest (tags, KMS keys, replicas) has no meaning here. */
const inputs = {
  CreateSecret: z.object({
    Name: z.string().regex(/^[\w/+=.@!-]{1,512}$/, 'Invalid name. Must be alphanumeric or any of -/_+=.@!'),
    Description: z.string().optional(),
    ...newVersion,
  }),
  PutSecretValue: z.object({
    SecretId: secretId,
    VersionStages: z.tuple([z.literal('AWSCURRENT')]).optional(),
    ...newVersion,
  }),
  UpdateSecret: z.object({ SecretId: secretId, Description: z.string().optional(), ...newVersion }),
  DeleteSecret: z.object({
    SecretId: secretId,
    ForceDeleteWithoutRecovery: z.boolean().default(false),
    RecoveryWindowInDays: z.int().min(7).max(30).optional(),
  }),
  RestoreSecret: z.object({ SecretId: secretId }),
  DescribeSecret: z.object({ SecretId: secretId }),
  GetSecretValue: z.object({
    SecretId: secretId,
    VersionId: z.string().optional(),
    VersionStage: z.enum(['AWSCURRENT', 'AWSPREVIOUS']).optional(),
  }),
  BatchGetSecretValue: z.object({
    SecretIdList: z.array(secretId).min(1).max(20).optional(),
    Filters: filters,
    ...page,
  }),
  ListSecrets: z.object({ Filters: filters, IncludePlannedDeletion: z.boolean().default(false), ...page }),
};

type OperationName = keyof typeof inputs;
type Operations = {
  [Name in OperationName]: (secrets: Secret[], input: z.output<(typeof inputs)[Name]>, nowSeconds: number) => object;
};

const readOnly = new Set<OperationName>(['DescribeSecret', 'GetSecretValue', 'BatchGetSecretValue', 'ListSecrets']);

/**
 * Runs one operation of Secrets Manager.
 * @returns its answer, and the secrets after it when it may have changed them; the given ones stay as they are
 * @throws SecretsError
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html
 */
export function runOperation(
  name: string,
  input: unknown,
  secrets: readonly Secret[],
  nowSeconds: number,
): { answer: object; changed: Secret[] | undefined } {
  if (!isOperation(name)) {
    throw new SecretsError('UnknownOperationException', `the local Secrets Manager has no operation "${name}"`);
  }
  const parsed = inputs[name].safeParse(input);
  if (!parsed.success) throw new SecretsError('ValidationException', z.prettifyError(parsed.error));
  const run = operations[name] as (secrets: Secret[], input: unknown, nowSeconds: number) => object;
  const present = secrets.filter(
    ({ deletedAtSeconds }) => deletedAtSeconds === undefined || deletedAtSeconds > nowSeconds,
  );
  if (readOnly.has(name)) return { answer: run(present, parsed.data, nowSeconds), changed: undefined };
  const changed = structuredClone(present);
  return { answer: run(changed, parsed.data, nowSeconds), changed };
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(inputs, name);
}

const operations: Operations = {
  CreateSecret(secrets, { Name, Description, ...version }, nowSeconds) {
    const existing = secrets.find(({ name }) => name === Name);
    if (existing?.deletedAtSeconds !== undefined) {
      throw new SecretsError('InvalidRequestException', `a secret named ${Name} is scheduled for deletion`);
    }
    if (existing) {
      const isRepeated = existing.versions.some(({ id }) => id === version.ClientRequestToken);
      if (!isRepeated) throw new SecretsError('ResourceExistsException', `the secret ${Name} already exists`);
      return { ...identity(existing), VersionId: addVersion(existing, version, nowSeconds) };
    }
    const secret: Secret = {
      name: Name,
      arn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${Name}-${randomUUID().slice(0, 6)}`,
      description: Description,
      createdAtSeconds: nowSeconds,
      changedAtSeconds: nowSeconds,
      versions: [],
    };
    secrets.push(secret);
    return { ...identity(secret), VersionId: hasValue(version) ? addVersion(secret, version, nowSeconds) : undefined };
  },

  PutSecretValue(secrets, { SecretId, ...version }, nowSeconds) {
    const secret = findUsableSecret(secrets, SecretId);
    if (!hasValue(version)) throw new SecretsError('InvalidParameterException', 'give SecretString or SecretBinary');
    const VersionId = addVersion(secret, version, nowSeconds);
    return { ...identity(secret), VersionId, VersionStages: stagesOf(secret, VersionId) };
  },

  UpdateSecret(secrets, { SecretId, Description, ...version }, nowSeconds) {
    const secret = findUsableSecret(secrets, SecretId);
    if (Description !== undefined) secret.description = Description;
    secret.changedAtSeconds = nowSeconds;
    return { ...identity(secret), VersionId: hasValue(version) ? addVersion(secret, version, nowSeconds) : undefined };
  },

  DeleteSecret(secrets, { SecretId, ForceDeleteWithoutRecovery, RecoveryWindowInDays }, nowSeconds) {
    if (ForceDeleteWithoutRecovery && RecoveryWindowInDays !== undefined) {
      const message = 'ForceDeleteWithoutRecovery and RecoveryWindowInDays exclude each other';
      throw new SecretsError('InvalidParameterException', message);
    }
    const secret = findSecret(secrets, SecretId);
    if (ForceDeleteWithoutRecovery) {
      secrets.splice(secrets.indexOf(secret), 1);
      return { ...identity(secret), DeletionDate: nowSeconds };
    }
    secret.deletedAtSeconds = nowSeconds + (RecoveryWindowInDays ?? 30) * 86_400;
    return { ...identity(secret), DeletionDate: secret.deletedAtSeconds };
  },

  RestoreSecret(secrets, { SecretId }) {
    const secret = findSecret(secrets, SecretId);
    secret.deletedAtSeconds = undefined;
    return identity(secret);
  },

  DescribeSecret(secrets, { SecretId }) {
    const secret = findSecret(secrets, SecretId);
    const labelled = secret.versions.slice(0, 2).map(({ id }) => [id, stagesOf(secret, id)]);
    return { ...summary(secret), VersionIdsToStages: Object.fromEntries(labelled) };
  },

  GetSecretValue(secrets, { SecretId, VersionId, VersionStage }) {
    return secretValue(findUsableSecret(secrets, SecretId), VersionId, VersionStage);
  },

  BatchGetSecretValue(secrets, { SecretIdList, Filters, ...wanted }) {
    if ((SecretIdList === undefined) === (Filters === undefined)) {
      throw new SecretsError('InvalidParameterException', 'give either SecretIdList or Filters');
    }
    const { items, NextToken } = onePage(SecretIdList ?? select(secrets, Filters).map(({ name }) => name), wanted);
    const SecretValues: object[] = [];
    const Errors: object[] = [];
    for (const SecretId of items) {
      try {
        SecretValues.push(secretValue(findUsableSecret(secrets, SecretId)));
      } catch (error) {
        if (!(error instanceof SecretsError)) throw error;
        Errors.push({ SecretId, ErrorCode: error.name, Message: error.message });
      }
    }
    return { SecretValues, Errors, NextToken };
  },

  ListSecrets(secrets, { Filters, IncludePlannedDeletion, ...wanted }) {
    const listed = secrets.filter(({ deletedAtSeconds }) => IncludePlannedDeletion || deletedAtSeconds === undefined);
    const { items, NextToken } = onePage(select(listed, Filters), wanted);
    return { SecretList: items.map(summary), NextToken };
  },
};

function secretValue(secret: Secret, versionId?: string, stage?: string) {
  const version = findVersion(secret, versionId, stage);
  return {
    ...identity(secret),
    VersionId: version.id,
    SecretString: version.string,
    SecretBinary: version.binary,
    VersionStages: stagesOf(secret, version.id),
    CreatedDate: version.createdAtSeconds,
  };
}

function identity({ arn, name }: Secret) {
  return { ARN: arn, Name: name };
}

function summary(secret: Secret) {
  return {
    ...identity(secret),
    Description: secret.description,
    CreatedDate: secret.createdAtSeconds,
    LastChangedDate: secret.changedAtSeconds,
    DeletedDate: secret.deletedAtSeconds,
  };
}

/** A name filter matches where a name begins with one of its values. */
function select(secrets: Secret[], wanted: z.output<typeof filters> = []): Secret[] {
  return secrets.filter(({ name }) => wanted.every(({ Values }) => Values.some(prefix => name.startsWith(prefix))));
}

/** `NextToken` is where the next page begins. */
function onePage<Item>(items: Item[], { MaxResults, NextToken }: { MaxResults: number; NextToken: string }) {
  const end = Number(NextToken) + MaxResults;
  return { items: items.slice(Number(NextToken), end), NextToken: end < items.length ? String(end) : undefined };
}
