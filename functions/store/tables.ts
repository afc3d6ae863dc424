/**
 * The four tables as plain data, so that the CDK stack and the local stack make the same ones.
 * Every table has a string partition key `pk` and a string sort key `sk`; what they hold is said beside each store.
 */
export interface TableDefinition {
  /** Attribute holding the epoch second after which DynamoDB may delete the item. */
  timeToLive?: string;
  indexes: IndexDefinition[];
}

export interface IndexDefinition {
  name: string;
  partitionKey: string;
  sortKey: string;
  /** The index has only the keys of its items; whole items unless said. */
  keysOnly?: true;
}

export const tableDefinitions = {
  /** Accounts, gateway keys, management keys and the digests that lead to them. */
  keys: { timeToLive: 'ttl', indexes: [] },
  /** Endpoints, their slugs and their policies. */
  endpoints: { indexes: [] },
  /** Balances and the journal of what changed them. */
  credits: { indexes: [] },
  /**
   * Usage records, and what is counted of them. `byAccount` lists records newest first, spread over a few partitions per
   * account; `byTime` in the order they were written, spread over a few partitions per day. `byExpiry` finds inspected
   * requests whose time is over.
   */
  usage: {
    timeToLive: 'ttl',
    indexes: [
      { name: 'byAccount', partitionKey: 'accountShard', sortKey: 'pk' },
      { name: 'byTime', partitionKey: 'dayShard', sortKey: 'writtenAt' },
      { name: 'byExpiry', partitionKey: 'expiryShard', sortKey: 'expiresAt', keysOnly: true },
    ],
  },
} satisfies Record<string, TableDefinition>;

export type TableName = keyof typeof tableDefinitions;
