import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { HoldId } from '../core/hold-id.ts';
import type { Quota } from '../core/metrics.ts';
import type { CostLine } from '../core/pricing.ts';
import type { Usage } from '../core/usage.ts';
import { attempt, fromItem, type Item, run, type Store, toItem } from './dynamo.ts';

/** One try of one candidate. */
export interface AttemptRecord {
  provider: string;
  model: string;
  keySource: 'managed' | 'own' | 'client' | 'none';
  /** HTTP status; 0 when none arrived. */
  status: number;
  /** Names the endpoint's own key that was used, see `keyId`. */
  keyId?: string;
  /** What kind of failure, and in words; absent when it answered. */
  failure?: 'http' | 'timeout' | 'total_timeout' | 'connection' | 'forbidden_address' | 'unusable';
  error?: string;
  /** What the provider reported of an answer that failed, and its price in nano-USD as text; recorded, never charged. */
  usage?: Usage | undefined;
  upstreamCostNanoUsd?: string;
  /** After the request began. */
  startMs?: number;
  /** Until status and headers. */
  headersMs?: number;
  /** Until the first content of a stream. */
  firstTokenMs?: number;
  /** Until the whole answer was there, or it failed. */
  totalMs: number;
  /** The endpoint's own provider or model: other accounts' of the same name are something else. */
  isCustom?: true;
  /** What the provider said about its limits, if it did. */
  quota?: Quota;
}

/** How the candidates came about. Models as `provider:id`. */
export interface ResolutionRecord {
  /** Names that the client gave; empty when the gateway chose. */
  asked: string[];
  candidates: string[];
  rejected: { model: string; reason: string }[];
  selections: { strategy: string; error?: string; returned: string[]; toTry: string[] }[];
}

/**
 * What happened to one request: metadata only, never a prompt or an answer. Kept 90 days.
 * Usage table: `pk = <account>#<request id>`, `sk = 0`. For a request with a hold this record also decides what is
 * charged: it is written once, before the hold is settled, and whoever writes it first has decided. A request has one
 * record however many holds it has tried; the record names the one that pays, and all others cost nothing.
 */
export interface UsageRecord {
  requestId: string;
  /** The hold that pays: its attempt, which counts holds of this request whose outcome stayed unknown, and its shard. */
  holdAttempt: number;
  holdShard?: number;
  /** The hold on the limit of the gateway key that pays, when the key has a limit. */
  limitAttempt?: number;
  accountId: string;
  endpointId: string;
  gatewayKeyId?: string;
  createdAt: string;
  /** The host that the client named, without its port. */
  serverName?: string;
  surface: string;
  streaming: boolean;
  /** `abandoned`: the request's function died; nothing is charged. */
  outcome: 'succeeded' | 'failed' | 'stream_failed' | 'abandoned';
  /** Status the client saw. */
  status: number;
  errorCode?: string;
  provider?: string;
  model?: string;
  attempts: AttemptRecord[];
  resolution?: ResolutionRecord;
  usage?: Usage;
  /** True when the provider reported no usage and the usage is our count. */
  estimated?: boolean;
  /** Our own count, whatever the provider reported. */
  estimate?: TokenEstimate;
  /** As the provider named it. */
  finishReason?: string;
  /** Of the client's `traceparent`. */
  traceId?: string;
  parentSpanId?: string;
  /** The client keeps no trace of this request, so neither do we. */
  traceUnsampled?: true;
  /** Rules of the policy that applied, and what its `log` actions wrote. */
  rules?: string[];
  logs?: unknown[];
  /** Nano-USD as text. `cost` is what the balance pays: the provider's price and the fee, at most the hold. */
  costNanoUsd: string;
  upstreamCostNanoUsd: string;
  feeNanoUsd: string;
  /** How `upstreamCostNanoUsd` comes about. */
  costLines?: CostLine[];
  /** What the request cost beyond its hold; recorded, never charged. */
  overrunNanoUsd?: string;
  /** Absent when nothing was set aside. */
  heldNanoUsd?: string;
  priceVersion?: string;
  policyVersion?: number;
  latency?: { gatewayMs: number; firstTokenMs?: number; totalMs: number };
  /** Cost of an answer whose hold had been given up before; recorded, never charged. */
  lateCostNanoUsd?: string;
}

/** Tokens of the prompt and of what was relayed. */
export interface TokenEstimate {
  inputTokens: number;
  outputTokens: number;
  /** Texts were so long that only their beginning was counted, and the rest taken for a token every four bytes. */
  isRough?: true;
}

/** Older records may be gone: a hold is only decided while its record, had one been written, must still exist. */
export const recordLifetimeSeconds = 90 * 86_400;

const listShards = 4;

/** Each takes about 1,000 writes of a KB a second. */
export const dayShards = 8;

/**
 * Writes the record that decides a request, once.
 * @returns the record that stands: this one, or the one that was there first
 */
export async function decide(store: Store, record: UsageRecord, nowMs: number): Promise<UsageRecord> {
  const { dynamo, tables } = store;
  const put = new PutItemCommand({
    TableName: tables.usage,
    Item: toItem({
      ...recordKey(record.accountId, record.requestId),
      accountShard: accountShards(record.accountId)[shardOf(record.requestId, listShards)],
      ...writtenAt(nowMs, record.requestId),
      ttl: Math.floor(nowMs / 1000) + recordLifetimeSeconds,
      ...record,
    }),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  if ((await attempt('writing a usage record', dynamo.send(put))) !== undefined) return record;
  const standing = await findRecord(store, record.accountId, record.requestId);
  if (!standing) throw new Error(`usage record of ${record.requestId} exists and cannot be read`);
  return standing;
}

/** Notes what a given-up request turned out to have cost. It is not charged. */
export async function noteLateCost({ dynamo, tables }: Store, record: UsageRecord): Promise<void> {
  const update = new UpdateItemCommand({
    TableName: tables.usage,
    Key: toItem(recordKey(record.accountId, record.requestId)),
    UpdateExpression: 'SET lateCostNanoUsd = :cost',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: toItem({ ':cost': record.costNanoUsd }),
  });
  await attempt('noting a late cost', dynamo.send(update));
}

export async function findRecord({ dynamo, tables }: Store, accountId: string, requestId: string) {
  const get = new GetItemCommand({
    TableName: tables.usage,
    Key: toItem(recordKey(accountId, requestId)),
    ConsistentRead: true,
  });
  const { Item } = await run('reading a usage record', dynamo.send(get));
  return Item && fromRecordItem(fromItem(Item));
}

/** The record of a request, for functions that may query but not read single items. */
export async function findRequest({ dynamo, tables }: Store, accountId: string, requestId: string) {
  const query = new QueryCommand({
    TableName: tables.usage,
    KeyConditionExpression: 'pk = :request',
    ExpressionAttributeValues: toItem({ ':request': `${accountId}#${requestId}` }),
    ConsistentRead: true,
  });
  const { Items = [] } = await run('reading a request', dynamo.send(query));
  return Items.map(item => fromRecordItem(fromItem(item)))[0];
}

/** Newest first, an account's records of requests that held credits or were given up, made before `beforeRequestId`. */
export async function listCharges(
  store: Store,
  accountId: string,
  { beforeRequestId, limit }: { beforeRequestId: string | undefined; limit: number },
): Promise<UsageRecord[]> {
  const before = beforeRequestId === undefined ? undefined : `${accountId}#${beforeRequestId}`;
  const records = await Promise.all(
    accountShards(accountId).map(shard => listChargesOfShard(store, shard, before, limit)),
  );
  return records
    .flat()
    .sort((a, b) => (a.requestId < b.requestId ? 1 : -1))
    .slice(0, limit);
}

/** Reads on until the page is full, because records without a hold are passed over. */
async function listChargesOfShard({ dynamo, tables }: Store, shard: string, before: string | undefined, limit: number) {
  const records: UsageRecord[] = [];
  let startKey: QueryCommandInput['ExclusiveStartKey'];
  do {
    const query = new QueryCommand({
      TableName: tables.usage,
      IndexName: 'byAccount',
      KeyConditionExpression: `accountShard = :shard${before === undefined ? '' : ' AND pk < :before'}`,
      FilterExpression: 'attribute_exists(heldNanoUsd) OR #outcome = :abandoned',
      ExpressionAttributeNames: { '#outcome': 'outcome' },
      ExpressionAttributeValues: toItem({
        ':shard': shard,
        ':abandoned': 'abandoned',
        ...(before !== undefined && { ':before': before }),
      }),
      ExclusiveStartKey: startKey,
      ScanIndexForward: false,
      Limit: Math.max(limit, 100),
    });
    const page = await run('listing charges', dynamo.send(query));
    records.push(...(page.Items ?? []).map(item => fromRecordItem(fromItem(item))));
    startKey = page.LastEvaluatedKey;
  } while (startKey && records.length < limit);
  return records;
}

/** Whether a record names this hold as the one that pays. */
export function isPaidBy(record: UsageRecord, { attempt, shard }: Pick<HoldId, 'attempt' | 'shard'>): boolean {
  return record.heldNanoUsd !== undefined && record.holdAttempt === attempt && (record.holdShard ?? 0) === shard;
}

/** What a hold pays by the record of its request, in nano-USD: the cost, or nothing when another hold pays. */
export function chargeFor(record: UsageRecord, hold: Pick<HoldId, 'attempt' | 'shard'>): bigint {
  return isPaidBy(record, hold) ? BigInt(record.costNanoUsd) : 0n;
}

/** The same for a hold on a key's limit. */
export function limitChargeFor(record: UsageRecord, keyId: string, { attempt }: Pick<HoldId, 'attempt'>): bigint {
  return record.gatewayKeyId === keyId && record.limitAttempt === attempt ? BigInt(record.costNanoUsd) : 0n;
}

function recordKey(accountId: string, requestId: string) {
  return { pk: `${accountId}#${requestId}`, sk: '0' };
}

/** The record in an item, without what only the table needs. */
export function fromRecordItem({ pk, sk, accountShard, dayShard, writtenAt, ttl, ...record }: Item): UsageRecord {
  return record as unknown as UsageRecord;
}

/** The partitions of an account in the index `byAccount`. */
export function accountShards(accountId: string): string[] {
  return Array.from({ length: listShards }, (_, shard) => `${accountId}#${shard}`);
}

/** The place of a record in the index `byTime`: when it was written, not when its request began. */
function writtenAt(nowMs: number, requestId: string) {
  const moment = new Date(nowMs).toISOString();
  return { dayShard: `${moment.slice(0, 10)}#${shardOf(requestId, dayShards)}`, writtenAt: moment };
}

/** Spreads records over a few partitions; the last character of an id is random. */
function shardOf(requestId: string, shards: number): number {
  return requestId.charCodeAt(requestId.length - 1) % shards;
}
