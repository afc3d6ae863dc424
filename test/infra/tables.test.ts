import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableDefinitions } from '../../functions/store/tables.ts';
import { resourcesOfType, synthesizeStack } from './synthesize-stack.ts';

const { resources } = synthesizeStack();
const tables = resourcesOfType(resources, 'AWS::DynamoDB::Table');

test('the logical ids of the tables never change, because a change would replace a table by an empty one', () => {
  assert.deepEqual(Object.keys(tables).sort(), ['CreditsTable', 'EndpointsTable', 'KeysTable', 'UsageTable']);
  assert.equal(Object.keys(tables).length, Object.keys(tableDefinitions).length);
});

for (const [logicalId, table] of Object.entries(tables)) {
  test(`${logicalId} outlives its stack and cannot be deleted by accident`, () => {
    assert.equal(table.DeletionPolicy, 'Retain');
    assert.equal(table.UpdateReplacePolicy, 'Retain');
    assert.equal(table.Properties.DeletionProtectionEnabled, true);
  });

  test(`${logicalId} can be restored to any second, is encrypted, and costs nothing while idle`, () => {
    assert.deepEqual(table.Properties.PointInTimeRecoverySpecification, { PointInTimeRecoveryEnabled: true });
    assert.deepEqual(table.Properties.SSESpecification, { SSEEnabled: true });
    assert.equal(table.Properties.BillingMode, 'PAY_PER_REQUEST');
  });

  test(`${logicalId} has pk and sk as text`, () => {
    assert.deepEqual(table.Properties.KeySchema, [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    const types = (table.Properties.AttributeDefinitions as { AttributeType: string }[]).map(
      ({ AttributeType }) => AttributeType,
    );
    assert.deepEqual(new Set(types), new Set(['S']));
  });
}

test('rate counts and usage records end by themselves; endpoints and money never do', () => {
  const timeToLive = { AttributeName: 'ttl', Enabled: true };
  assert.deepEqual(tables.KeysTable?.Properties.TimeToLiveSpecification, timeToLive);
  assert.deepEqual(tables.UsageTable?.Properties.TimeToLiveSpecification, timeToLive);
  assert.equal(tables.EndpointsTable?.Properties.TimeToLiveSpecification, undefined);
  assert.equal(tables.CreditsTable?.Properties.TimeToLiveSpecification, undefined);
});

test('only the usage table has indexes: by account and by time with whole records in them, by expiry with keys', () => {
  assert.deepEqual(tables.UsageTable?.Properties.GlobalSecondaryIndexes, [
    {
      IndexName: 'byAccount',
      KeySchema: [
        { AttributeName: 'accountShard', KeyType: 'HASH' },
        { AttributeName: 'pk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
    {
      IndexName: 'byTime',
      KeySchema: [
        { AttributeName: 'dayShard', KeyType: 'HASH' },
        { AttributeName: 'writtenAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
    {
      IndexName: 'byExpiry',
      KeySchema: [
        { AttributeName: 'expiryShard', KeyType: 'HASH' },
        { AttributeName: 'expiresAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ]);
  for (const other of ['KeysTable', 'EndpointsTable', 'CreditsTable']) {
    assert.equal(tables[other]?.Properties.GlobalSecondaryIndexes, undefined);
  }
});
