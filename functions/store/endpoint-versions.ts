import { DeleteItemCommand, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { fromItem, run, type Store, toItem } from './dynamo.ts';
import type { Endpoint } from './endpoints.ts';
import { queryPage } from './query-page.ts';

/**
 * Every version of an endpoint's policy. The current one is in the endpoint's record; an older one is archived before
 * the record goes on to the next: endpoints table, `pk = VERSIONS#<endpoint>`, `sk = <version in ten digits>`.
 * Whoever archives a version writes the same, so it does not matter how often that happens.
 */
export interface PolicyVersion {
  version: number;
  trafficPolicy: string;
  createdAt: string;
  /** Id of the management key that made it. */
  createdBy: string;
}

/** The version that an endpoint has now. */
export function currentVersion(endpoint: Endpoint): PolicyVersion {
  return {
    version: endpoint.policyVersion,
    trafficPolicy: endpoint.trafficPolicy,
    createdAt: endpoint.policyCreatedAt,
    createdBy: endpoint.policyCreatedBy,
  };
}

export async function archiveVersion({ dynamo, tables }: Store, endpoint: Endpoint): Promise<void> {
  const version = currentVersion(endpoint);
  const put = new PutItemCommand({
    TableName: tables.endpoints,
    Item: toItem({ ...versionKey(endpoint.id, version.version), ...version }),
  });
  await run('archiving a policy', dynamo.send(put));
}

export async function findVersion(
  { dynamo, tables }: Store,
  endpoint: Endpoint,
  version: number,
): Promise<PolicyVersion | undefined> {
  if (version === endpoint.policyVersion) return currentVersion(endpoint);
  if (version < 1 || version > endpoint.policyVersion) return undefined;
  const get = new GetItemCommand({
    TableName: tables.endpoints,
    Key: toItem(versionKey(endpoint.id, version)),
    ConsistentRead: true,
  });
  const { Item } = await run('reading a policy', dynamo.send(get));
  return Item && (fromItem(Item) as unknown as PolicyVersion);
}

/** One page, newest first, of the versions before `beforeVersion`. */
export async function listVersions(
  store: Store,
  endpoint: Endpoint,
  { beforeVersion, limit }: { beforeVersion: number | undefined; limit: number },
): Promise<{ versions: PolicyVersion[]; more: boolean }> {
  const { tables } = store;
  const isCurrentWanted = beforeVersion === undefined || beforeVersion > endpoint.policyVersion;
  const before = isCurrentWanted ? endpoint.policyVersion : beforeVersion;
  const archivedMax = isCurrentWanted ? limit - 1 : limit;
  const { items, more } = await queryPage(
    'listing policies',
    store,
    archivedMax,
    toItem(versionKey(endpoint.id, before)),
    startKey =>
      new QueryCommand({
        TableName: tables.endpoints,
        ...versionsOf(endpoint.id),
        ExclusiveStartKey: startKey,
        ScanIndexForward: false,
        Limit: archivedMax + 1,
        ConsistentRead: true,
      }),
  );
  const archived = items as unknown as PolicyVersion[];
  return { versions: [...(isCurrentWanted ? [currentVersion(endpoint)] : []), ...archived], more };
}

export async function deleteVersions({ dynamo, tables }: Store, endpointId: string): Promise<void> {
  for (;;) {
    const query = new QueryCommand({
      TableName: tables.endpoints,
      ...versionsOf(endpointId),
      ProjectionExpression: 'pk, sk',
      Limit: 25,
      ConsistentRead: true,
    });
    const { Items = [] } = await run('deleting policies', dynamo.send(query));
    if (Items.length === 0) return;
    const keys = Items.map(({ pk, sk }) => ({ pk, sk }) as ReturnType<typeof toItem>);
    const deletions = keys.map(Key => dynamo.send(new DeleteItemCommand({ TableName: tables.endpoints, Key })));
    await run('deleting policies', Promise.all(deletions));
  }
}

function versionsOf(endpointId: string) {
  return {
    KeyConditionExpression: 'pk = :versions',
    ExpressionAttributeValues: toItem({ ':versions': versionKey(endpointId, 0).pk }),
  };
}

function versionKey(endpointId: string, version: number) {
  return { pk: `VERSIONS#${endpointId}`, sk: String(version).padStart(10, '0') };
}
