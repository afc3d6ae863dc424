import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { Level } from 'level';
import { createTables, startDynamo } from '../../../infra/local/dynamo.ts';

const names = { keys: 'k-table', endpoints: 'e-table', credits: 'c-table', usage: 'u-table' };

function connectTo(url: string): DynamoDBClient {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials });
}

async function withDynamo(use: (client: DynamoDBClient, url: string) => Promise<void>) {
  const dynamo = await startDynamo();
  const client = connectTo(dynamo.url);
  try {
    await use(client, dynamo.url);
  } finally {
    client.destroy();
    await dynamo.close();
  }
}

describe('createTables', () => {
  test('makes the four tables, on demand, ready to use', async () => {
    await withDynamo(async client => {
      await createTables(client, names);
      const { TableNames } = await client.send(new ListTablesCommand({}));
      assert.deepEqual(TableNames?.sort(), ['c-table', 'e-table', 'k-table', 'u-table']);
      const { Table } = await client.send(new DescribeTableCommand({ TableName: 'u-table' }));
      assert.equal(Table?.TableStatus, 'ACTIVE');
      assert.equal(Table?.BillingModeSummary?.BillingMode, 'PAY_PER_REQUEST');
      assert.deepEqual(Table?.GlobalSecondaryIndexes?.[0]?.KeySchema, [
        { AttributeName: 'accountShard', KeyType: 'HASH' },
        { AttributeName: 'pk', KeyType: 'RANGE' },
      ]);
    });
  });

  test('changes nothing when the tables are there', async () => {
    await withDynamo(async client => {
      await createTables(client, names);
      await client.send(new PutItemCommand({ TableName: 'k-table', Item: { pk: { S: 'a' }, sk: { S: 'b' } } }));
      await createTables(client, names);
      assert.equal((await client.send(new ScanCommand({ TableName: 'k-table' }))).Count, 1);
    });
  });
});

/** The ledger and the lists depend on these; the package is pinned, and this says when a new version changes them. */
describe('the store', () => {
  test('evaluates conditions over nested attributes and whole numbers of 38 digits', async () => {
    await withDynamo(async client => {
      await createTables(client, names);
      const key = { pk: { S: 'balance' }, sk: { S: '0' } };
      const available = '9'.repeat(38);
      await client.send(
        new PutItemCommand({ TableName: 'c-table', Item: { ...key, available: { N: available }, holds: { M: {} } } }),
      );
      const hold = new UpdateItemCommand({
        TableName: 'c-table',
        Key: key,
        UpdateExpression: 'SET available = available - :amount, holds.#id = :amount',
        ConditionExpression: 'available >= :amount AND attribute_not_exists(holds.#id)',
        ExpressionAttributeNames: { '#id': 'h1' },
        ExpressionAttributeValues: { ':amount': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      });
      const { Attributes } = await client.send(hold);
      assert.equal(Attributes?.available?.N, `${'9'.repeat(37)}8`);
      await assert.rejects(client.send(hold), { name: 'ConditionalCheckFailedException' });
    });
  });

  test('lists by index, newest first, page by page', async () => {
    await withDynamo(async client => {
      await createTables(client, names);
      for (const id of ['1', '2', '3']) {
        const Item = { pk: { S: id }, sk: { S: 'record' }, accountShard: { S: 'ac_1#0' } };
        await client.send(new PutItemCommand({ TableName: 'u-table', Item }));
      }
      const query = {
        TableName: 'u-table',
        IndexName: 'byAccount',
        KeyConditionExpression: 'accountShard = :shard',
        ExpressionAttributeValues: { ':shard': { S: 'ac_1#0' } },
        ScanIndexForward: false,
        Limit: 2,
      };
      const first = await client.send(new QueryCommand(query));
      const second = await client.send(new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }));
      assert.deepEqual(
        [...(first.Items ?? []), ...(second.Items ?? [])].map(item => item.pk?.S),
        ['3', '2', '1'],
      );
    });
  });
});

describe('data on disk', () => {
  test('survives a killed process', async context => {
    const path = await mkdtemp(join(tmpdir(), 'dynamo-'));
    context.after(() => rm(path, { recursive: true }));
    const module = import.meta.resolve('../../../infra/local/dynamo.ts');
    const writer = `
      const { startDynamo, createTables } = await import(${JSON.stringify(module)});
      const { DynamoDBClient, PutItemCommand } = await import('@aws-sdk/client-dynamodb');
      const { url } = await startDynamo({ path: ${JSON.stringify(path)} });
      const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
      const client = new DynamoDBClient({ endpoint: url, region: 'us-east-1', credentials });
      await createTables(client, ${JSON.stringify(names)});
      for (let n = 0; ; n += 1) {
        await client.send(new PutItemCommand({ TableName: 'k-table', Item: { pk: { S: String(n) }, sk: { S: 'x' } } }));
        console.log(n);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let acknowledged = -1;
    for await (const line of createInterface(child.stdout)) {
      acknowledged = Number(line);
      if (acknowledged >= 50) child.kill('SIGKILL');
    }
    const dynamo = await startDynamo({ path });
    const client = connectTo(dynamo.url);
    await createTables(client, names);
    for (let n = 0; n <= acknowledged; n += 1) {
      const Key = { pk: { S: String(n) }, sk: { S: 'x' } };
      assert.ok((await client.send(new GetItemCommand({ TableName: 'k-table', Key }))).Item, `item ${n} is lost`);
    }
    client.destroy();
    await dynamo.close();
  });

  test('is made again where a killed process was still making it', async context => {
    const path = await mkdtemp(join(tmpdir(), 'dynamo-'));
    context.after(() => rm(path, { recursive: true }));
    for (const attempt of ['first', 'second']) {
      const dynamo = await startDynamo({ path });
      const client = connectTo(dynamo.url);
      await createTables(client, names);
      await client.send(new PutItemCommand({ TableName: 'k-table', Item: { pk: { S: attempt }, sk: { S: 'b' } } }));
      client.destroy();
      await dynamo.close();
      const database = new Level<string, object>(path, { valueEncoding: 'json' });
      const table = await database.get('table~k-table');
      await database.put('table~k-table', { ...table, TableStatus: 'CREATING' });
      await database.close();
    }
  });

  test('gets the indexes that are new, and goes on with what was in it', async context => {
    const path = await mkdtemp(join(tmpdir(), 'dynamo-'));
    context.after(() => rm(path, { recursive: true }));
    const put = (client: DynamoDBClient, id: string, writtenAt: string) => {
      const moment = { dayShard: { S: '2026-11-24#0' }, writtenAt: { S: writtenAt } };
      const Item = { pk: { S: id }, sk: { S: '0' }, accountShard: { S: 'ac_1#0' }, ...moment };
      return client.send(new PutItemCommand({ TableName: 'u-table', Item }));
    };
    const count = async (client: DynamoDBClient, IndexName: string, key: string, value: string) => {
      const query = { TableName: 'u-table', IndexName, KeyConditionExpression: `${key} = :value` };
      const command = new QueryCommand({ ...query, ExpressionAttributeValues: { ':value': { S: value } } });
      return (await client.send(command)).Count;
    };
    const first = await startDynamo({ path });
    const before = connectTo(first.url);
    await createTables(before, names);
    await before.send(
      new PutItemCommand({
        TableName: 'u-table',
        Item: { pk: { S: 'old' }, sk: { S: '0' }, accountShard: { S: 'ac_1#0' } },
      }),
    );
    before.destroy();
    await first.close();
    const database = new Level<string, { GlobalSecondaryIndexes: object[] }>(path, { valueEncoding: 'json' });
    const table = await database.get('table~u-table');
    assert.ok(table);
    const older = { ...table, GlobalSecondaryIndexes: table.GlobalSecondaryIndexes.slice(0, 1) };
    await database.put('table~u-table', older);
    await database.close();

    const again = await startDynamo({ path, tables: names });
    const client = connectTo(again.url);
    await createTables(client, names);
    await put(client, 'new', '2026-11-24T12:00:00.000Z');
    assert.equal(await count(client, 'byTime', 'dayShard', '2026-11-24#0'), 1);
    assert.equal(await count(client, 'byAccount', 'accountShard', 'ac_1#0'), 2);
    client.destroy();
    await again.close();
  });

  test('is there after closing and opening again in the same process', async context => {
    const path = await mkdtemp(join(tmpdir(), 'dynamo-'));
    context.after(() => rm(path, { recursive: true }));
    for (const expected of [0, 1, 2]) {
      const dynamo = await startDynamo({ path });
      const client = connectTo(dynamo.url);
      await createTables(client, names);
      assert.equal((await client.send(new ScanCommand({ TableName: 'k-table' }))).Count, expected);
      const Item = { pk: { S: String(expected) }, sk: { S: 'x' } };
      await client.send(new PutItemCommand({ TableName: 'k-table', Item }));
      client.destroy();
      await dynamo.close();
    }
  });
});

describe('a web page', () => {
  const cases: [name: string, headers: Record<string, string>, status: number][] = [
    ['with its origin is refused', { origin: 'https://evil.example' }, 403],
    ['with origin null is refused', { origin: 'null' }, 403],
    ['under a name that resolves to loopback is refused', { host: 'evil.example:8000' }, 403],
    ['under a name that starts like loopback is refused', { host: '127.0.0.1.evil.example' }, 403],
    ['is not what a client of this machine is', { host: 'localhost:1' }, 200],
  ];
  for (const [name, headers, status] of cases) {
    test(name, async () => {
      await withDynamo(async (_client, url) => {
        const [response] = await once(httpRequest(url, { headers }).end(), 'response');
        response.resume();
        assert.equal(response.statusCode, status);
        assert.equal(response.headers['access-control-allow-origin'], undefined);
      });
    });
  }
});

test('a client that leaves in the middle of a request does no harm', async () => {
  await withDynamo(async (client, url) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{');
    await delay(10);
    socket.destroy();
    await delay(10);
    await client.send(new ListTablesCommand({}));
  });
});
