import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { attempt, fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * Slugs and hosts lead from a request to its endpoint, and are unique over the deployment.
 * Endpoints table: `pk = SLUG#<slug>`, `sk = SLUG`, or `pk = HOST#<host>`, `sk = HOST`.
 *
 * Such a pointer is a claim, and counts while the endpoint's record carries the name. It is taken before the record is
 * written. What a crash left behind, or an endpoint no longer carries, others may take over once it is old enough that
 * nobody can still be about to write its record. Every claim has an id of its own, which a release has to name: a name
 * that was claimed again meanwhile stays.
 */
export interface EndpointName {
  kind: 'slug' | 'host';
  value: string;
}

/** Who claims, and when. */
export interface Claimer {
  claimId: string;
  nowMs: number;
}

interface Claim {
  accountId: string;
  endpointId: string;
  claimId: string;
  claimedAtMs: number;
}

type Owner = { accountId: string; id: string };

/** Longer than any function that claims may run. */
const claimLifetimeMs = 60_000;

const racesMax = 20;

/** @returns the first name that belongs to another endpoint; undefined when all are claimed */
export async function claimNames(
  store: Store,
  owner: Owner,
  names: EndpointName[],
  claimer: Claimer,
  isCarried: (store: Store, claim: Claim, name: EndpointName) => Promise<boolean>,
): Promise<EndpointName | undefined> {
  for (const name of names) {
    for (let races = 0; ; races++) {
      const standing = await findNamed(store, name);
      if (standing && standing.endpointId !== owner.id) {
        const isFresh = standing.claimedAtMs + claimLifetimeMs > claimer.nowMs;
        if (isFresh || races === racesMax || (await isCarried(store, standing, name))) return name;
      }
      if (await putClaim(store, owner, name, claimer, standing)) break;
    }
  }
  return undefined;
}

export async function findNamed({ dynamo, tables }: Store, name: EndpointName): Promise<Claim | undefined> {
  const get = new GetItemCommand({ TableName: tables.endpoints, Key: toItem(nameKey(name)), ConsistentRead: true });
  const { Item } = await run('reading the name of an endpoint', dynamo.send(get));
  return Item && (fromItem(Item) as unknown as Claim);
}

async function putClaim(
  { dynamo, tables }: Store,
  owner: Owner,
  name: EndpointName,
  { claimId, nowMs }: Claimer,
  standing: Claim | undefined,
): Promise<boolean> {
  const claim: Claim = { accountId: owner.accountId, endpointId: owner.id, claimId, claimedAtMs: nowMs };
  const put = new PutItemCommand({
    TableName: tables.endpoints,
    Item: toItem({ ...nameKey(name), ...claim }),
    ...(standing
      ? {
          ConditionExpression: 'claimId = :claimId',
          ExpressionAttributeValues: toItem({ ':claimId': standing.claimId }),
        }
      : { ConditionExpression: 'attribute_not_exists(pk)' }),
  });
  return (await attempt('claiming the name of an endpoint', dynamo.send(put))) !== undefined;
}

/**
 * Prepares to give names up.
 * @returns to be called once the endpoint's record no longer carries them; gives up the claims as they were before
 */
export async function releaseNames(store: Store, owner: Owner, names: EndpointName[]): Promise<() => Promise<void>> {
  const claims = await Promise.all(names.map(async name => ({ name, claim: await findNamed(store, name) })));
  return async () => {
    for (const { name, claim } of claims) {
      if (claim?.endpointId === owner.id) await release(store, name, claim);
    }
  };
}

async function release({ dynamo, tables }: Store, name: EndpointName, { claimId }: Claim): Promise<void> {
  const remove = new DeleteItemCommand({
    TableName: tables.endpoints,
    Key: toItem(nameKey(name)),
    ConditionExpression: 'claimId = :claimId',
    ExpressionAttributeValues: toItem({ ':claimId': claimId }),
  });
  await attempt('releasing the name of an endpoint', dynamo.send(remove));
}

function nameKey({ kind, value }: EndpointName) {
  const type = kind.toUpperCase();
  return { pk: `${type}#${value}`, sk: type };
}
