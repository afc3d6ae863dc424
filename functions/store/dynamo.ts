import { ConditionalCheckFailedException, DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

/** Names of the four tables, as deployed. */
export interface TableNames {
  keys: string;
  endpoints: string;
  credits: string;
  usage: string;
}

/** What every store needs. */
export interface Store {
  dynamo: DynamoDBClient;
  /** Sends everything once: a repeated hold could set money aside twice. */
  dynamoOnce: DynamoDBClient;
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

/** @param timeouts how long one connection and one call may take; a healthy store answers in milliseconds */
export function openStore(
  tables: TableNames,
  config: DynamoDBClientConfig = {},
  timeouts: { connectionMs: number; requestMs: number } = { connectionMs: 1_000, requestMs: 3_000 },
): Store {
  const dynamo = new DynamoDBClient({
    ...config,
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: timeouts.connectionMs,
      requestTimeout: timeouts.requestMs,
      throwOnRequestTimeout: true, // else the SDK only warns, and waits on
      httpsAgent: { keepAlive: true, maxSockets: 256 },
    },
  });
  const dynamoOnce = new DynamoDBClient({ ...config, maxAttempts: 1, requestHandler: dynamo.config.requestHandler });
  return { dynamo, dynamoOnce, tables };
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
    if (error instanceof ConditionalCheckFailedException) return undefined;
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
