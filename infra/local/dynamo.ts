import type { RequestListener } from 'node:http';
import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceInUseException,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { Level } from 'level';
import type { TableNames } from '../../functions/store/dynamo.ts';
import {
  type IndexDefinition,
  type TableDefinition,
  type TableName,
  tableDefinitions,
} from '../../functions/store/tables.ts';
import { addNewIndexes } from './add-new-indexes.ts';
import { listen, type RunningServer } from './http-server.ts';
import { refuseWebPages } from './refuse-web-pages.ts';

/**
 * Starts dynalite as DynamoDB. Data on disk survives a killed process; the system, not LevelDB, decides when it reaches
 * the disk itself, so a power cut may lose the last moments.
 * @param options.path folder of its files, which one process at a time may use: lock it first with `lockDataFolder`;
 * in memory without one
 * @param options.tables names of our tables in that folder, which get the indexes that are new since they were made
 */
export async function startDynamo(options: { path?: string; tables?: TableNames } = {}): Promise<RunningServer> {
  const { path, tables } = options;
  if (path !== undefined) await forgetUnfinishedTables(path);
  if (path !== undefined && tables) await addNewIndexes(path, tables);
  const server = dynalite({
    ...(path !== undefined && { path }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const answer = server.listeners('request')[0] as RequestListener;
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (refuseWebPages(request, response)) return;
    answer(request, response);
    // Dynalite throws when a client leaves in the middle of a request, which would end the whole process.
    request.removeAllListeners('error');
  });
  const url = await listen(server, 0);
  return { url, close: () => closeServer(server) };
}

/**
 * A process killed while it made a table leaves it CREATING for ever, and such a table can be neither used nor deleted.
 * Nothing can have been written to it, so without its description it can be made again.
 */
async function forgetUnfinishedTables(path: string): Promise<void> {
  const database = new Level<string, { TableStatus: string }>(path, { valueEncoding: 'json' });
  await database.open();
  const tables = await database.iterator({ gte: 'table~', lt: 'table~\xff' }).all();
  const unfinished = tables.filter(([, { TableStatus }]) => TableStatus === 'CREATING');
  for (const [key] of unfinished) await database.del(key);
  await database.close();
}

function closeServer(server: ReturnType<typeof dynalite>): Promise<void> {
  const closed = new Promise<void>((resolve, reject) => {
    server.close(error => (error ? reject(error) : resolve()));
  });
  server.closeAllConnections();
  return closed;
}

/** Makes the tables that are missing, on demand, and returns when all can be used. Other tables are left alone. */
export async function createTables(client: DynamoDBClient, names: TableNames): Promise<void> {
  const tables = Object.entries(tableDefinitions) as [TableName, TableDefinition][];
  await Promise.all(tables.map(([table, definition]) => createTable(client, names[table], definition)));
}

async function createTable(client: DynamoDBClient, name: string, { indexes }: TableDefinition): Promise<void> {
  const attributes = new Set(['pk', 'sk', ...indexes.flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey])]);
  try {
    await client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [...attributes].map(attribute => ({ AttributeName: attribute, AttributeType: 'S' })),
        KeySchema: keySchema('pk', 'sk'),
        GlobalSecondaryIndexes: indexes.length === 0 ? undefined : indexes.map(toIndex),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error; // it exists
  }
  const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
  if (Table?.TableStatus === 'ACTIVE') return;
  await waitUntilTableExists({ client, minDelay: 0.05, maxDelay: 1, maxWaitTime: 60 }, { TableName: name });
}

function toIndex({ name, partitionKey, sortKey, keysOnly }: IndexDefinition) {
  return {
    IndexName: name,
    KeySchema: keySchema(partitionKey, sortKey),
    Projection: { ProjectionType: keysOnly ? ('KEYS_ONLY' as const) : ('ALL' as const) },
  };
}

function keySchema(partitionKey: string, sortKey: string) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
}
