import { Level } from 'level';
import type { TableNames } from '../../functions/store/dynamo.ts';
import { type TableDefinition, type TableName, tableDefinitions } from '../../functions/store/tables.ts';

/** A table as dynalite describes it in its files. */
interface DescribedTable {
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  GlobalSecondaryIndexes?: DescribedIndex[];
}

interface DescribedIndex {
  IndexName: string;
  IndexArn: string;
  KeySchema: { AttributeName: string; KeyType: string }[];
  Projection: { ProjectionType: string };
}

/**
 * Adds indexes to tables of an older version, which dynalite has no call for. Items that are there already are not put
 * into them: they were written without the attributes that a new index is about. The engine must not be running.
 */
export async function addNewIndexes(path: string, names: TableNames): Promise<void> {
  const database = new Level<string, DescribedTable>(path, { valueEncoding: 'json' });
  await database.open();
  for (const [table, definition] of Object.entries(tableDefinitions) as [TableName, TableDefinition][]) {
    const key = `table~${names[table]}`;
    const described = await database.get(key);
    const extended = described && withIndexes(described, definition);
    if (extended) await database.put(key, extended);
  }
  await database.close();
}

/** @returns undefined when none is missing */
function withIndexes(table: DescribedTable, { indexes }: TableDefinition): DescribedTable | undefined {
  const { GlobalSecondaryIndexes: existing = [], AttributeDefinitions: attributes } = table;
  const [like] = existing;
  const missing = indexes.filter(({ name }) => !existing.some(({ IndexName }) => IndexName === name));
  if (missing.length === 0 || !like) return undefined;
  const added = missing.map(({ name, partitionKey, sortKey, keysOnly }) => ({
    ...like,
    IndexName: name,
    IndexArn: like.IndexArn.replace(/[^/]+$/, name),
    KeySchema: [
      { AttributeName: partitionKey, KeyType: 'HASH' },
      { AttributeName: sortKey, KeyType: 'RANGE' },
    ],
    Projection: { ProjectionType: keysOnly ? 'KEYS_ONLY' : 'ALL' },
  }));
  const known = new Set(attributes.map(({ AttributeName }) => AttributeName));
  const names = missing
    .flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey])
    .filter(name => !known.has(name));
  return {
    ...table,
    AttributeDefinitions: [...attributes, ...names.map(name => ({ AttributeName: name, AttributeType: 'S' }))],
    GlobalSecondaryIndexes: [...existing, ...added],
  };
}
