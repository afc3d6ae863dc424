import { GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Role } from '../core/roles.ts';
import { fromItem, type Item, run, type Store, toItem } from './dynamo.ts';
import { queryPage } from './query-page.ts';

/**
 * Who is about to change what. Keys table, append-only: `pk = AUDIT#<account>`, `sk = <id>`, written before the change,
 * and `sk = <id>#OUTCOME`, written after it. No function may update or delete either.
 */
export interface AuditIntent {
  /** `ae_…`; sorts by time. */
  id: string;
  /** The account whose things are changed. */
  accountId: string;
  createdAt: string;
  actor: { keyId: string; accountId: string; role: Role } | 'stripe';
  /** The operation's id in the API description, such as `updateEndpoint`. */
  operation: string;
  method: string;
  path: string;
  /** What is changed, where the path says it. */
  objectId?: string;
  sourceIp: string;
  /** Also in the error answer, if it came to that. */
  operationId: string;
  /** Of changes that somebody will ask about, in words: `Traffic Inspector on for 24 hours`. */
  note?: string;
  /** Digest of the object before the change; absent when there was none. */
  beforeDigest?: string;
}

export interface AuditOutcome {
  /** After `failed` the change may have happened: a store that does not answer may have written. */
  outcome: 'changed' | 'unchanged' | 'refused' | 'failed';
  statusCode: number;
  errorCode?: string;
  finishedAt: string;
  objectId?: string;
  /** Digest of the object after the change; absent when it is gone, or nothing changed. */
  afterDigest?: string;
}

/** An event whose outcome is absent is under way, or its function died: the change may have happened. */
export type AuditEvent = AuditIntent & Partial<AuditOutcome>;

const outcomeSuffix = '#OUTCOME';

export async function recordIntent({ dynamo, tables }: Store, intent: AuditIntent): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.keys,
    Item: toItem({ ...auditKey(intent.accountId, intent.id), ...intent }),
  });
  await run('writing the audit log', dynamo.send(put));
}

export async function recordOutcome(
  { dynamo, tables }: Store,
  { accountId, id }: AuditIntent,
  outcome: AuditOutcome,
): Promise<void> {
  const put = new PutItemCommand({
    TableName: tables.keys,
    Item: toItem({ ...auditKey(accountId, id + outcomeSuffix), ...outcome }),
  });
  await run('writing the audit log', dynamo.send(put));
}

export async function findAuditEvent(
  { dynamo, tables }: Store,
  accountId: string,
  id: string,
): Promise<AuditEvent | undefined> {
  const read = async (sk: string) => {
    const get = new GetItemCommand({
      TableName: tables.keys,
      Key: toItem(auditKey(accountId, sk)),
      ConsistentRead: true,
    });
    const { Item } = await run('reading the audit log', dynamo.send(get));
    return Item && fromItem(Item);
  };
  const [intent, outcome] = await Promise.all([read(id), read(id + outcomeSuffix)]);
  return intent && ({ ...intent, ...outcome } as unknown as AuditEvent);
}

/** One page, newest first, of the events before `beforeId`. */
export async function listAuditEvents(
  store: Store,
  accountId: string,
  { beforeId, limit }: { beforeId: string | undefined; limit: number },
): Promise<{ events: AuditEvent[]; more: boolean }> {
  const { tables } = store;
  const rowsMax = 2 * limit + 1; // an event is up to two rows, its outcome before its intent
  const { items, more } = await queryPage(
    'reading the audit log',
    store,
    rowsMax,
    beforeId === undefined ? undefined : toItem(auditKey(accountId, beforeId)),
    startKey =>
      new QueryCommand({
        TableName: tables.keys,
        KeyConditionExpression: 'pk = :account',
        ExpressionAttributeValues: toItem({ ':account': auditKey(accountId, '').pk }),
        ExclusiveStartKey: startKey,
        ScanIndexForward: false,
        Limit: rowsMax + 1,
        ConsistentRead: true,
      }),
  );
  const events = join(items);
  return { events: events.slice(0, limit), more: more || events.length > limit };
}

/**
 * Oldest first, a page of the events made after one and before another.
 * @returns the events, and whether there are more of them before `untilId`
 */
export async function listAuditEventsAfter(
  { dynamo, tables }: Store,
  accountId: string,
  { afterId, untilId, rowsMax }: { afterId: string; untilId: string; rowsMax: number },
): Promise<{ events: AuditEvent[]; more: boolean }> {
  const after = `${afterId}${outcomeSuffix}`;
  if (after >= untilId) return { events: [], more: false };
  const query = new QueryCommand({
    TableName: tables.keys,
    KeyConditionExpression: 'pk = :account AND sk BETWEEN :after AND :until',
    ExpressionAttributeValues: toItem({
      ':account': auditKey(accountId, '').pk,
      ':after': after,
      ':until': untilId,
    }),
    Limit: rowsMax,
    ConsistentRead: true,
  });
  const { Items = [], LastEvaluatedKey } = await run('reading the audit log', dynamo.send(query));
  const rows = Items.map(fromItem).filter(({ sk }) => sk !== after);
  const isCut = LastEvaluatedKey !== undefined && !String(rows.at(-1)?.sk).endsWith(outcomeSuffix);
  if (isCut && rows.length > 1) rows.pop(); // its outcome may be the next row
  return { events: join(rows.reverse()).reverse(), more: LastEvaluatedKey !== undefined };
}

/** Puts each outcome to the intent that follows it. An outcome cut off from its intent belongs to the next page. */
function join(rows: Item[]): AuditEvent[] {
  const events: AuditEvent[] = [];
  let outcome: Item | undefined;
  for (const row of rows) {
    if ((row.sk as string).endsWith(outcomeSuffix)) {
      outcome = row;
    } else {
      const isOwn = outcome?.sk === (row.sk as string) + outcomeSuffix;
      events.push({ ...(isOwn ? outcome : {}), ...row } as unknown as AuditEvent);
      outcome = undefined;
    }
  }
  return events;
}

function auditKey(accountId: string, sk: string) {
  return { pk: `AUDIT#${accountId}`, sk };
}
