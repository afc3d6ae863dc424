import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  type CfnTable,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { type TableDefinition, type TableName, tableDefinitions } from '../functions/store/tables.ts';

export type Tables = Record<TableName, Table>;

/**
 * Keys and money: these outlive the stack. A table whose logical id changes would be replaced by an empty one, so the
 * ids are fixed here and pinned by a test.
 */
export function createTables(scope: Construct): Tables {
  return {
    keys: createTable(scope, 'KeysTable', tableDefinitions.keys),
    endpoints: createTable(scope, 'EndpointsTable', tableDefinitions.endpoints),
    credits: createTable(scope, 'CreditsTable', tableDefinitions.credits),
    usage: createTable(scope, 'UsageTable', tableDefinitions.usage),
  };
}

function createTable(scope: Construct, logicalId: string, { timeToLive, indexes }: TableDefinition): Table {
  const table = new Table(scope, logicalId, {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    // AWS's own key for DynamoDB has no monthly fee, and its use shows in CloudTrail.
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
    ...(timeToLive !== undefined && { timeToLiveAttribute: timeToLive }),
  });
  for (const { name, partitionKey, sortKey, keysOnly } of indexes) {
    table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      sortKey: { name: sortKey, type: AttributeType.STRING },
      projectionType: keysOnly ? ProjectionType.KEYS_ONLY : ProjectionType.ALL,
    });
  }
  (table.node.defaultChild as CfnTable).overrideLogicalId(logicalId);
  return table;
}
