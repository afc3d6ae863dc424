import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store, TableNames } from '../../functions/store/dynamo.ts';
import { openStore } from '../../functions/store/dynamo.ts';
import { createTables } from '../../infra/local/dynamo.ts';

/** Stores of this process so far: each has tables of its own. */
let stores = 0;
let engine: Promise<string> | undefined;

/**
 * A real DynamoDB engine in memory, with four tables that nobody else uses. All stores of a process share one engine,
 * which has a thread of its own: the test runner watches everything that its own thread waits for, and an engine does
 * little else.
 */
export async function startTestStore(): Promise<{ store: Store; url: string }> {
  engine ??= startEngine();
  const url = await engine;
  const number = ++stores;
  const tables: TableNames = {
    keys: `Keys${number}`,
    endpoints: `Endpoints${number}`,
    credits: `Credits${number}`,
    usage: `Usage${number}`,
  };
  const credentials = { accessKeyId: 'local', secretAccessKey: randomBytes(8).toString('hex') };
  // The engine shares this machine with the tests, and a busy machine is not what they are about.
  const connection = { endpoint: url, region: 'us-east-1', credentials };
  const store = openStore(tables, connection, 60_000);
  const client = new DynamoDBClient(connection);
  await createTables(client, tables);
  client.destroy();
  return { store, url };
}

/** Ends with the process. */
async function startEngine(): Promise<string> {
  const thread = new Worker(new URL('./dynamo-thread.ts', import.meta.url));
  const [url] = (await once(thread, 'message')) as [string];
  thread.unref();
  return url;
}
