import type { TableName } from '../functions/store/tables.ts';
import type { ManagementFunction } from './management-routes.ts';

export type FunctionName = ManagementFunction | 'gateway' | 'expiry' | 'rollup' | 'delivery' | 'bootstrap';

export type TableAction = 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query';

export type SecretName = 'pepper' | 'managedKeys' | 'managementKey' | 'stripe' | 'accounts' | 'destinations';

export interface TableAccess {
  table: TableName;
  actions: readonly TableAction[];
  /** Only items in partitions that begin with one of these. */
  partitions?: readonly string[];
  /** Through this index, and not on the table itself. */
  index?: string;
}

export interface FunctionAccess {
  tables: readonly TableAccess[];
  readsSecrets: readonly SecretName[];
  writesSecrets?: readonly SecretName[];
  createsSecrets?: readonly SecretName[];
  deletesSecrets?: readonly SecretName[];
  /** Writes to the AWS resources that the deployment lets events go to. */
  sendsEvents?: true;
  /** Publishes to the alert topic. */
  alerts?: true;
}

/**
 * What every management function does around its own work: it proves the management key, counts its requests and writes
 * the audit log. Nobody may change or delete what is in that log.
 */
const managementBasics: readonly TableAccess[] = [
  { table: 'keys', actions: ['GetItem'] },
  { table: 'keys', actions: ['UpdateItem'], partitions: ['RATE#'] },
  { table: 'keys', actions: ['PutItem'], partitions: ['AUDIT#'] },
];

/**
 * All that each function may do, besides writing its log. The store modules under `functions/store` say what the
 * partitions hold. A test compares this list with the store calls in each function's bundle, in both directions.
 */
export const functionAccess: Record<FunctionName, FunctionAccess> = {
  gateway: {
    tables: [
      { table: 'keys', actions: ['GetItem'] },
      { table: 'keys', actions: ['UpdateItem'], partitions: ['ACCOUNT#'] }, // the time of a key's last use
      { table: 'endpoints', actions: ['GetItem'] },
      { table: 'credits', actions: ['GetItem', 'UpdateItem'], partitions: ['BALANCE#', 'LIMIT#'] },
      { table: 'credits', actions: ['UpdateItem'], partitions: ['LIMITS'] }, // the list of limits in use
      // A hold that meets an ended lot expires it at once and writes that to the journal. Lots are made elsewhere.
      { table: 'credits', actions: ['PutItem'], partitions: ['JOURNAL#'] },
      { table: 'usage', actions: ['GetItem', 'PutItem', 'UpdateItem'] },
    ],
    readsSecrets: ['pepper', 'managedKeys', 'accounts'],
  },
  keys: {
    tables: [
      ...managementBasics,
      { table: 'keys', actions: ['PutItem'], partitions: ['ACCOUNT#', 'ACCOUNTS', 'DIGEST#', 'IDEMPOTENCY#'] },
      { table: 'keys', actions: ['UpdateItem'], partitions: ['ACCOUNT#'] },
      { table: 'keys', actions: ['Query'], partitions: ['ACCOUNT#', 'ACCOUNTS'] },
      { table: 'keys', actions: ['DeleteItem'], partitions: ['ACCOUNT#', 'DIGEST#'] },
      { table: 'endpoints', actions: ['GetItem'] },
    ],
    readsSecrets: ['pepper'],
  },
  credits: {
    tables: [
      ...managementBasics,
      { table: 'credits', actions: ['GetItem', 'PutItem', 'UpdateItem', 'Query'] },
      { table: 'usage', actions: ['Query'], index: 'byAccount' },
    ],
    readsSecrets: ['pepper', 'stripe'],
  },
  endpoints: {
    tables: [
      ...managementBasics,
      { table: 'keys', actions: ['PutItem'], partitions: ['IDEMPOTENCY#'] },
      { table: 'endpoints', actions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'] },
      { table: 'usage', actions: ['GetItem'], partitions: ['SNAPSHOT#'] }, // what the strategies of a dry run see
    ],
    readsSecrets: ['pepper'],
  },
  secrets: {
    tables: [
      ...managementBasics,
      {
        table: 'endpoints',
        actions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'],
        partitions: ['ACCOUNT#'],
      },
    ],
    // To change one value it reads and writes the map that the value is in.
    readsSecrets: ['pepper', 'accounts'],
    writesSecrets: ['accounts'],
    createsSecrets: ['accounts'],
  },
  destinations: {
    tables: [
      ...managementBasics,
      { table: 'keys', actions: ['PutItem'], partitions: ['IDEMPOTENCY#'] },
      {
        table: 'endpoints',
        actions: ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'],
        partitions: ['EVENTS#', 'DESTINATIONS'],
      },
      { table: 'usage', actions: ['Query'], partitions: ['OUTBOX#', 'DEADLETTER#', 'DELIVERY#'] },
      { table: 'usage', actions: ['UpdateItem'], partitions: ['DELIVERY#'] }, // tries again at once
      { table: 'usage', actions: ['PutItem'], partitions: ['OUTBOX#'] }, // and again what was given up
      { table: 'usage', actions: ['DeleteItem'], partitions: ['DEADLETTER#'] },
    ],
    // Reads what it wrote to send a test event.
    readsSecrets: ['pepper', 'destinations'],
    writesSecrets: ['destinations'],
    createsSecrets: ['destinations'],
    deletesSecrets: ['destinations'],
    sendsEvents: true,
  },
  dashboard: {
    tables: [...managementBasics, { table: 'keys', actions: ['PutItem', 'DeleteItem'], partitions: ['SESSION#'] }],
    readsSecrets: ['pepper'],
  },
  observability: {
    tables: [
      ...managementBasics,
      { table: 'keys', actions: ['Query'], partitions: ['AUDIT#'] },
      { table: 'usage', actions: ['Query'] },
      { table: 'usage', actions: ['Query'], index: 'byAccount' },
      { table: 'endpoints', actions: ['GetItem'] }, // where to send a request again
    ],
    readsSecrets: ['pepper'],
  },
  expiry: {
    tables: [
      { table: 'credits', actions: ['Query'], partitions: ['BALANCES', 'LIMITS'] }, // accounts, and limits in use
      { table: 'credits', actions: ['GetItem', 'UpdateItem'], partitions: ['BALANCE#', 'LIMIT#'] },
      { table: 'credits', actions: ['DeleteItem'], partitions: ['LIMIT#', 'LIMITS'] }, // of periods that are over
      { table: 'credits', actions: ['GetItem', 'PutItem', 'DeleteItem'], partitions: ['SWEEP'] }, // where it stopped
      // A purchase whose journal rows a crash left behind is written to the journal by the next sweep.
      { table: 'credits', actions: ['PutItem'], partitions: ['JOURNAL#', 'LOT#'] },
      { table: 'usage', actions: ['GetItem', 'PutItem'] },
      { table: 'keys', actions: ['GetItem'], partitions: ['ACCOUNT#'] }, // the threshold of a low balance
      { table: 'endpoints', actions: ['Query'], partitions: ['EVENTS#'] }, // who is told
      { table: 'endpoints', actions: ['GetItem'], partitions: ['ACCOUNT#'] },
      { table: 'usage', actions: ['Query'], index: 'byExpiry' },
      { table: 'usage', actions: ['DeleteItem'], partitions: ['INSPECTED#'] },
    ],
    readsSecrets: [],
  },
  rollup: {
    tables: [
      { table: 'usage', actions: ['Query'], index: 'byTime' },
      {
        table: 'usage',
        actions: ['GetItem', 'PutItem', 'Query'],
        partitions: ['DAILY#', 'SERIES#', 'SNAPSHOT#', 'ROLLUP', 'TELEMETRY'],
      },
      { table: 'usage', actions: ['PutItem'], partitions: ['OUTBOX#'] },
      { table: 'usage', actions: ['GetItem', 'PutItem'], partitions: ['NOTICE#'] },
      // Who is told of requests and changes, and of which endpoints.
      { table: 'endpoints', actions: ['Query'], partitions: ['EVENTS#', 'DESTINATIONS'] },
      { table: 'endpoints', actions: ['GetItem'], partitions: ['ACCOUNT#'] },
      { table: 'keys', actions: ['Query'], partitions: ['AUDIT#'] },
    ],
    readsSecrets: [],
  },
  delivery: {
    tables: [
      { table: 'endpoints', actions: ['Query'], partitions: ['EVENTS#', 'DESTINATIONS'] },
      { table: 'endpoints', actions: ['GetItem'], partitions: ['EVENTS#', 'ACCOUNT#'] },
      { table: 'endpoints', actions: ['UpdateItem'], partitions: ['EVENTS#'] }, // pauses what fails for long
      { table: 'usage', actions: ['Query', 'PutItem', 'DeleteItem'], partitions: ['OUTBOX#'] },
      { table: 'usage', actions: ['PutItem'], partitions: ['DEADLETTER#'] },
      { table: 'usage', actions: ['UpdateItem'], partitions: ['DELIVERY#'] },
      { table: 'keys', actions: ['PutItem'], partitions: ['AUDIT#'] },
    ],
    readsSecrets: ['destinations'],
    sendsEvents: true,
    alerts: true,
  },
  bootstrap: {
    tables: [
      { table: 'keys', actions: ['PutItem'], partitions: ['ACCOUNT#', 'ACCOUNTS', 'DIGEST#'] },
      { table: 'endpoints', actions: ['GetItem', 'PutItem'], partitions: ['ACCOUNT#', 'SLUG#'] },
      { table: 'endpoints', actions: ['DeleteItem'], partitions: ['SLUG#'] }, // a slug claimed in vain
    ],
    readsSecrets: ['pepper', 'managementKey'],
    writesSecrets: ['managementKey'],
  },
};
