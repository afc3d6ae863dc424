import { strict as assert } from 'node:assert';
import type {
  $Command,
  DynamoDBClientResolvedConfig,
  ServiceInputTypes,
  ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { type AwsConnection, AwsError, AwsService, type AwsServiceDefinition } from './aws-service.ts';

/** Names of the four tables, as deployed. */
export interface TableNames {
  keys: string;
  endpoints: string;
  credits: string;
  usage: string;
}

/** Sends the SDK's commands on items, such as `PutItemCommand`. */
export interface ItemClient {
  send<Input extends ServiceInputTypes, Output extends ServiceOutputTypes>(
    command: $Command<Input, Output, DynamoDBClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
  ): Promise<Output>;
}

/** What every store needs. */
export interface Store {
  dynamo: ItemClient;
  /** Sends everything once: a repeated hold could set money aside twice. */
  dynamoOnce: ItemClient;
  tables: TableNames;
}

/** The store could not answer. It is our fault and passes: clients see 503 with `retry-after`. */
export class StoreError extends Error {
  constructor(operation: string, cause: unknown) {
    super(`${operation} failed`, { cause });
    this.name = 'StoreError';
  }
}

/** An item as plain values: numbers come back as bigint where they are not safe integers, money always through `money`. */
export type Item = Record<string, unknown>;

const dynamoDb: AwsServiceDefinition = {
  name: 'dynamodb',
  targetPrefix: 'DynamoDB_20120810',
  jsonVersion: '1.0',
  endpointVariable: 'AWS_ENDPOINT_URL_DYNAMODB',
};

/**
 * @param requestTimeoutMs how long one call may take. A healthy store answers in milliseconds; the one on a laptop shares
 *   its machine with everything else and is given more
 */
export function openStore(
  tables: TableNames,
  connection: AwsConnection = {},
  requestTimeoutMs = Number(process.env.TOLLGATE_STORE_TIMEOUT_MS ?? 3_000),
): Store {
  const limits = { connectTimeoutMs: 1_000, requestTimeoutMs };
  return {
    dynamo: toItemClient(new AwsService(dynamoDb, connection, { ...limits, attemptsMax: 3 })),
    dynamoOnce: toItemClient(new AwsService(dynamoDb, connection, { ...limits, attemptsMax: 1 })),
    tables,
  };
}

/**
 * The SDK's commands say which operation and with what input; only how they are sent is ours, see `AwsService`.
 * Inputs and outputs of operations on items are their JSON, as long as no value is binary.
 */
function toItemClient(service: AwsService): ItemClient {
  return {
    async send<Output>({ input, schema }: { input: object; schema?: unknown }) {
      const operation = Array.isArray(schema) ? schema[2] : undefined;
      assert(typeof operation === 'string', 'the SDK no longer names the operation of a command in its schema');
      return (await service.call(operation, input)) as Output;
    },
  };
}

/**
 * Runs one store call.
 * @returns undefined when the call's condition did not hold
 * @throws StoreError for everything else that goes wrong
 */
export async function attempt<Result>(operation: string, call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof AwsError && error.name === 'ConditionalCheckFailedException') return undefined;
    throw new StoreError(operation, error);
  }
}

/** Runs one store call that carries no condition. */
export async function run<Result>(operation: string, call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    throw new StoreError(operation, error);
  }
}

export function toItem(values: Item) {
  return marshall(values, { removeUndefinedValues: true });
}

export function fromItem(item: Parameters<typeof unmarshall>[0]): Item {
  return unmarshall(item, { wrapNumbers: text => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)) });
}
