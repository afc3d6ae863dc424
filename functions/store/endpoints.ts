import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { accountKey } from './accounts.ts';
import { attempt, fromItem, type Item, run, type Store, toItem } from './dynamo.ts';

/**
 * Endpoints table: `pk = ACCOUNT#<account>`, `sk = ENDPOINT#<id>`, and a pointer at `pk = SLUG#<slug>` that keeps
 * slugs unique and leads from a URL to the endpoint.
 */
export interface Endpoint {
  id: string;
  accountId: string;
  slug: string;
  /** The policy as it was given: YAML or JSON. */
  trafficPolicy: string;
  /** The same policy parsed and checked, as JSON; what the gateway reads. */
  compiledPolicy: string;
  /** Counts policy changes from 1. */
  policyVersion: number;
  description: string;
  metadata: string;
  createdAt: string;
  updatedAt: string;
}

/** Safe to repeat. @returns false when the slug belongs to another endpoint */
export async function createEndpoint(store: Store, endpoint: Endpoint): Promise<boolean> {
  const pointer = { ...slugKey(endpoint.slug), accountId: endpoint.accountId, endpointId: endpoint.id };
  if (!(await putNew(store, pointer)) && (await get(store, slugKey(endpoint.slug)))?.endpointId !== endpoint.id)
    return false;
  await putNew(store, { ...endpointKey(endpoint.accountId, endpoint.id), ...endpoint });
  return true;
}

async function putNew({ dynamo, tables }: Store, item: Item): Promise<boolean> {
  const put = new PutItemCommand({
    TableName: tables.endpoints,
    Item: toItem(item),
    ConditionExpression: 'attribute_not_exists(pk)',
  });
  return (await attempt('creating an endpoint', dynamo.send(put))) !== undefined;
}

export async function findEndpoint(store: Store, accountId: string, id: string): Promise<Endpoint | undefined> {
  return (await get(store, endpointKey(accountId, id))) as Endpoint | undefined;
}

export async function findEndpointBySlug(store: Store, slug: string): Promise<Endpoint | undefined> {
  const pointer = await get(store, slugKey(slug));
  return pointer && findEndpoint(store, pointer.accountId as string, pointer.endpointId as string);
}

/** Replaces the policy. @returns the endpoint as it now is, or undefined when it does not exist */
export async function updateEndpoint(
  { dynamo, tables }: Store,
  endpoint: Pick<Endpoint, 'accountId' | 'id'>,
  changes: Partial<Pick<Endpoint, 'trafficPolicy' | 'compiledPolicy' | 'description' | 'metadata'>>,
  updatedAt: string,
): Promise<Endpoint | undefined> {
  const values = Object.entries({ ...changes, updatedAt }).filter(([, value]) => value !== undefined);
  const nextVersion = changes.compiledPolicy === undefined ? '' : ' ADD policyVersion :one';
  const update = new UpdateItemCommand({
    TableName: tables.endpoints,
    Key: toItem(endpointKey(endpoint.accountId, endpoint.id)),
    UpdateExpression: `SET ${values.map(([name]) => `#${name} = :${name}`).join(', ')}${nextVersion}`,
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeNames: Object.fromEntries(values.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: toItem({
      ...Object.fromEntries(values.map(([name, value]) => [`:${name}`, value])),
      ...(nextVersion && { ':one': 1 }),
    }),
    ReturnValues: 'ALL_NEW',
  });
  const updated = await attempt('updating an endpoint', dynamo.send(update));
  return updated?.Attributes && (fromItem(updated.Attributes) as unknown as Endpoint);
}

async function get({ dynamo, tables }: Store, key: Item): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: tables.endpoints, Key: toItem(key), ConsistentRead: true });
  const { Item } = await run('reading an endpoint', dynamo.send(command));
  return Item && fromItem(Item);
}

function endpointKey(accountId: string, id: string) {
  return { pk: accountKey(accountId), sk: `ENDPOINT#${id}` };
}

function slugKey(slug: string) {
  return { pk: `SLUG#${slug}`, sk: 'SLUG' };
}
