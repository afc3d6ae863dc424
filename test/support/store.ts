import { randomBytes } from 'node:crypto';
import type { Store, TableNames } from '../../functions/store/dynamo.ts';
import { openStore } from '../../functions/store/dynamo.ts';
import { createTables, startDynamo } from '../../infra/local/dynamo.ts';

export const tableNames: TableNames = { keys: 'Keys', endpoints: 'Endpoints', credits: 'Credits', usage: 'Usage' };

/** A real DynamoDB engine in memory with the four tables. */
export async function startTestStore(): Promise<{ store: Store; url: string; close(): Promise<void> }> {
  const dynamo = await startDynamo();
  const credentials = { accessKeyId: 'local', secretAccessKey: randomBytes(8).toString('hex') };
  // The engine shares this process with the tests, and a busy machine is not what they are about.
  const timeouts = { connectionMs: 60_000, requestMs: 60_000 };
  const store = openStore(tableNames, { endpoint: dynamo.url, region: 'us-east-1', credentials }, timeouts);
  await createTables(store.dynamo, tableNames);
  return { store, url: dynamo.url, close: dynamo.close };
}
