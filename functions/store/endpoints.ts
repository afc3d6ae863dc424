import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { accountKey } from './accounts.ts';
import { attempt, fromItem, type Item, run, type Store, StoreError, toItem } from './dynamo.ts';
import { type Claimer, claimNames, type EndpointName, findNamed, releaseNames } from './endpoint-names.ts';
import { archiveVersion, deleteVersions } from './endpoint-versions.ts';
import { queryPage } from './query-page.ts';
import { setAndRemove } from './set-and-remove.ts';

/**
 * Endpoints table: `pk = ACCOUNT#<account>`, `sk = ENDPOINT#<id>`. Its slug and hosts lead to it, see
 * `endpoint-names.ts`; older versions of its policy are in `endpoint-versions.ts`.
 */
export interface Endpoint {
  id: string;
  accountId: string;
  /** Names it in the path: `/e/{slug}/v1/…`. */
  slug: string;
  /** Names it in the Host header; lower case, without ports. */
  hosts: string[];
  /** The policy as it was given: YAML or JSON. */
  trafficPolicy: string;
  /** The same policy parsed and checked, as JSON; what the gateway reads. */
  compiledPolicy: string;
  /** Whether the policy has an `ai-gateway` action, so that gateway keys make sense. */
  callsModels: boolean;
  /** Counts policy changes from 1. */
  policyVersion: number;
  /** When this version of the policy came to be, and the management key that made it. */
  policyCreatedAt: string;
  policyCreatedBy: string;
  /** Counts all changes from 1. */
  revision: number;
  /** Names the last change, so that whoever made it knows it again. */
  changeId: string;
  description: string;
  metadata: string;
  /** Whether the Traffic Inspector keeps bodies for a while. */
  inspector: boolean;
  /** For how long, in hours; as long as is usual unless said. */
  inspectorHours?: number;
  eventDestinationIds: string[];
  createdAt: string;
  updatedAt: string;
}

export type NewEndpoint = Omit<
  Endpoint,
  'policyVersion' | 'policyCreatedAt' | 'policyCreatedBy' | 'revision' | 'changeId' | 'updatedAt'
> & { createdBy: string };

/** What a change of an endpoint gives; what is absent stays as it is. */
export type EndpointChanges = Partial<
  Pick<
    Endpoint,
    | 'slug'
    | 'hosts'
    | 'trafficPolicy'
    | 'compiledPolicy'
    | 'callsModels'
    | 'description'
    | 'metadata'
    | 'inspector'
    | 'inspectorHours'
    | 'eventDestinationIds'
  >
>;

export interface ChangeOptions extends Claimer {
  /** Id of the management key. */
  changedBy: string;
  /** Change this revision or nothing. */
  ifRevision?: number | undefined;
}

export type NameTaken = { status: 'taken'; name: EndpointName };

/** How often a change that lost against another one is tried again. */
const racesMax = 20;

/**
 * Claims the names, then writes the record, which decides. Safe to repeat.
 * @returns the endpoint that now has this id, or the name that belongs to another one
 */
export async function createEndpoint(
  store: Store,
  { createdBy, ...endpoint }: NewEndpoint,
  claimer: Claimer,
): Promise<{ status: 'created'; endpoint: Endpoint } | NameTaken> {
  const { createdAt } = endpoint;
  const record: Endpoint = {
    ...endpoint,
    policyVersion: 1,
    policyCreatedAt: createdAt,
    policyCreatedBy: createdBy,
    revision: 1,
    changeId: claimer.claimId,
    updatedAt: createdAt,
  };
  const taken = await claimNames(store, record, namesOf(record), claimer, isCarried).catch(async error => {
    await giveUp(store, record).catch(() => {}); // else the names are free again when the claims are old
    throw error;
  });
  if (!taken) return { status: 'created', endpoint: await putNew(store, record) };
  await giveUp(store, record);
  return { status: 'taken', name: taken };
}

/** @returns the endpoint that now has this id */
async function putNew(store: Store, record: Endpoint): Promise<Endpoint> {
  const { dynamo, tables } = store;
  const put = new PutItemCommand({
    TableName: tables.endpoints,
    Item: toItem({ ...endpointKey(record.accountId, record.id), ...record }),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  if (await attempt('creating an endpoint', dynamo.send(put))) return record;
  return (await findEndpoint(store, record.accountId, record.id)) ?? record;
}

/** Releases the names of an endpoint that does not exist. */
async function giveUp(store: Store, record: Endpoint): Promise<void> {
  const release = await releaseNames(store, record, namesOf(record));
  if (!(await findEndpoint(store, record.accountId, record.id))) await release();
}

export async function findEndpoint(store: Store, accountId: string, id: string): Promise<Endpoint | undefined> {
  const item = await get(store, endpointKey(accountId, id));
  return item && item.deletedAt === undefined ? fromEndpointItem(item) : undefined;
}

/** The endpoint that a path names. */
export async function findEndpointBySlug(store: Store, slug: string): Promise<Endpoint | undefined> {
  return findByName(store, { kind: 'slug', value: slug });
}

/** The endpoint that a Host header names. @param host in lower case, without port */
export async function findEndpointByHost(store: Store, host: string): Promise<Endpoint | undefined> {
  return findByName(store, { kind: 'host', value: host });
}

async function findByName(store: Store, name: EndpointName): Promise<Endpoint | undefined> {
  const owner = await findNamed(store, name);
  const endpoint = owner && (await findEndpoint(store, owner.accountId, owner.endpointId));
  return endpoint && carries(endpoint, name) ? endpoint : undefined;
}

/** One page, newest first, of an account's endpoints made before `beforeId`. */
export async function listEndpoints(
  store: Store,
  accountId: string,
  { beforeId, limit }: { beforeId: string | undefined; limit: number },
): Promise<{ endpoints: Endpoint[]; more: boolean }> {
  const { tables } = store;
  const { items, more } = await queryPage(
    'listing endpoints',
    store,
    limit,
    beforeId === undefined ? undefined : toItem(endpointKey(accountId, beforeId)),
    startKey =>
      new QueryCommand({
        TableName: tables.endpoints,
        ...recordsOf(accountId),
        ExclusiveStartKey: startKey,
        ScanIndexForward: false,
        Limit: limit + 1,
        ConsistentRead: true,
      }),
    item => item.deletedAt === undefined,
  );
  return { endpoints: items.map(fromEndpointItem), more };
}

/** How many endpoints an account has. */
export async function countEndpoints({ dynamo, tables }: Store, accountId: string): Promise<number> {
  let count = 0;
  let startKey: ReturnType<typeof toItem> | undefined;
  do {
    const query = new QueryCommand({
      TableName: tables.endpoints,
      ...recordsOf(accountId),
      ExclusiveStartKey: startKey,
      Select: 'COUNT',
    });
    const answer = await run('counting endpoints', dynamo.send(query));
    count += answer.Count ?? 0;
    startKey = answer.LastEvaluatedKey as typeof startKey;
  } while (startKey);
  return count;
}

/**
 * Changes the given fields in one conditional write; of two changes at once the later one works on what the earlier
 * one left. Before that, new names are claimed and a policy that is replaced goes to the archive, so a change that
 * stops half-way has changed nothing.
 */
export async function changeEndpoint(
  store: Store,
  { accountId, id }: Pick<Endpoint, 'accountId' | 'id'>,
  changes: EndpointChanges,
  { changedBy, ifRevision, ...claimer }: ChangeOptions,
): Promise<{ status: 'changed'; endpoint: Endpoint } | { status: 'absent' } | { status: 'stale' } | NameTaken> {
  const now = new Date(claimer.nowMs).toISOString();
  for (let races = 0; races < racesMax; races++) {
    const endpoint = await findEndpoint(store, accountId, id);
    if (!endpoint) return { status: 'absent' };
    if (endpoint.changeId === claimer.claimId) return { status: 'changed', endpoint }; // the last round, after all
    if (ifRevision !== undefined && endpoint.revision !== ifRevision) return { status: 'stale' };
    const after = { ...endpoint, ...changes };
    const added = namesOf(after).filter(name => !carries(endpoint, name));
    const dropped = namesOf(endpoint).filter(name => !carries(after, name));
    const round = { ...claimer, claimId: `${claimer.claimId}.${races}` }; // see `endpoint-names.ts`: each claim its own id
    const taken = await claimNames(store, endpoint, added, round, isCarried);
    if (taken) return { status: 'taken', name: taken };
    const isNewPolicy =
      after.trafficPolicy !== endpoint.trafficPolicy || after.compiledPolicy !== endpoint.compiledPolicy;
    if (isNewPolicy) await archiveVersion(store, endpoint);
    const release = await releaseNames(store, endpoint, dropped);
    const updated = await update(store, endpoint, {
      ...changes,
      ...(isNewPolicy && {
        policyVersion: endpoint.policyVersion + 1,
        policyCreatedAt: now,
        policyCreatedBy: changedBy,
      }),
      revision: endpoint.revision + 1,
      changeId: claimer.claimId,
      updatedAt: now,
    });
    if (!updated) continue;
    await release();
    return { status: 'changed', endpoint: updated };
  }
  throw new StoreError('changing an endpoint', new Error(`lost ${racesMax} races`));
}

async function update(
  { dynamo, tables }: Store,
  { accountId, id, revision }: Endpoint,
  changes: Partial<Endpoint>,
): Promise<Endpoint | undefined> {
  const isAsRead = 'attribute_not_exists(deletedAt) AND revision = :revisionAsRead';
  const command = new UpdateItemCommand({
    TableName: tables.endpoints,
    Key: toItem(endpointKey(accountId, id)),
    ...setAndRemove(changes, isAsRead, { ':revisionAsRead': revision }),
    ReturnValues: 'ALL_NEW',
  });
  const updated = await attempt('changing an endpoint', dynamo.send(command));
  return updated?.Attributes && fromEndpointItem(fromItem(updated.Attributes));
}

/**
 * Deletes an endpoint with its names and its versions. It is marked first, and from then on it is gone for everybody;
 * when the rest fails, deleting it once more goes on with it.
 */
export async function deleteEndpoint(
  store: Store,
  { accountId, id }: Pick<Endpoint, 'accountId' | 'id'>,
  { nowMs, ifRevision }: Pick<ChangeOptions, 'nowMs' | 'ifRevision'>,
): Promise<'deleted' | 'absent' | 'stale'> {
  const { dynamo, tables } = store;
  const item = await get(store, endpointKey(accountId, id));
  if (!item) return 'absent';
  const endpoint = fromEndpointItem(item);
  if (item.deletedAt === undefined) {
    if (ifRevision !== undefined && endpoint.revision !== ifRevision) return 'stale';
    const mark = new UpdateItemCommand({
      TableName: tables.endpoints,
      Key: toItem(endpointKey(accountId, id)),
      UpdateExpression: 'SET deletedAt = :now',
      ConditionExpression: `attribute_exists(pk)${ifRevision === undefined ? '' : ' AND revision = :revision'}`,
      ExpressionAttributeValues: toItem({
        ':now': new Date(nowMs).toISOString(),
        ...(ifRevision !== undefined && { ':revision': ifRevision }),
      }),
    });
    if (!(await attempt('deleting an endpoint', dynamo.send(mark))))
      return ifRevision === undefined ? 'absent' : 'stale';
  }
  await deleteVersions(store, id);
  await (await releaseNames(store, endpoint, namesOf(endpoint)))();
  const remove = new DeleteItemCommand({ TableName: tables.endpoints, Key: toItem(endpointKey(accountId, id)) });
  await run('deleting an endpoint', dynamo.send(remove));
  return 'deleted';
}

function namesOf({ slug, hosts }: Pick<Endpoint, 'slug' | 'hosts'>): EndpointName[] {
  return [{ kind: 'slug', value: slug }, ...hosts.map(value => ({ kind: 'host' as const, value }))];
}

function carries(endpoint: Pick<Endpoint, 'slug' | 'hosts'>, { kind, value }: EndpointName): boolean {
  return kind === 'slug' ? endpoint.slug === value : endpoint.hosts.includes(value);
}

async function isCarried(store: Store, owner: { accountId: string; endpointId: string }, name: EndpointName) {
  const endpoint = await findEndpoint(store, owner.accountId, owner.endpointId);
  return endpoint !== undefined && carries(endpoint, name);
}

async function get({ dynamo, tables }: Store, key: Item): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: tables.endpoints, Key: toItem(key), ConsistentRead: true });
  const { Item } = await run('reading an endpoint', dynamo.send(command));
  return Item && fromItem(Item);
}

function fromEndpointItem({ pk, sk, ...item }: Item): Endpoint {
  return item as unknown as Endpoint;
}

function recordsOf(accountId: string) {
  return {
    KeyConditionExpression: 'pk = :account AND begins_with(sk, :endpoint)',
    ExpressionAttributeValues: toItem({ ':account': accountKey(accountId), ':endpoint': 'ENDPOINT#' }),
  };
}

function endpointKey(accountId: string, id: string) {
  return { pk: accountKey(accountId), sk: `ENDPOINT#${id}` };
}
