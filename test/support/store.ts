import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Store, TableNames } from '../../functions/store/dynamo.ts';
import { openStore } from '../../functions/store/dynamo.ts';
import { createTables } from '../../infra/local/dynamo.ts';

export const tableNames: TableNames = { keys: 'Keys', endpoints: 'Endpoints', credits: 'Credits', usage: 'Usage' };

/**
 * A real DynamoDB engine in memory with the four tables. It has a thread of its own: the test runner watches everything
 * that its own thread waits for, and an engine does little else.
 */
export async function startTestStore(): Promise<{ store: Store; url: string; close(): Promise<void> }> {
  const engine = new Worker(new URL('./dynamo-thread.ts', import.meta.url));
  const [url] = (await once(engine, 'message')) as [string];
  const credentials = { accessKeyId: 'local', secretAccessKey: randomBytes(8).toString('hex') };
  // The engine shares this machine with the tests, and a busy machine is not what they are about.
  const connection = { endpoint: url, region: 'us-east-1', credentials };
  const store = openStore(tableNames, connection, 60_000);
  await createTables(new DynamoDBClient(connection), tableNames);
  return {
    store,
    url,
    async close() {
      await engine.terminate();
    },
  };
}
