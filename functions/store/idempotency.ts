import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { attempt, fromItem, type Item, run, type Store, toItem } from './dynamo.ts';

/**
 * A key that a client chose for one creation. Keys table: `pk = IDEMPOTENCY#<account>`, `sk = <digest of the key>`.
 */
export interface IdempotencyClaim {
  /** Digest of the request's body. */
  requestDigest: string;
  /** The object that the request makes, or has made. */
  objectId: string;
  /** Unique to the request that took the claim last, so that it knows its own write when it meets it. */
  holder: string;
  /** Until then that request may be at work. */
  leaseUntilMs: number;
  /** The object was made: where it is not, it was deleted since. */
  isMade?: true;
  /** From then on the key is forgotten. */
  expiresAtMs: number;
}

export async function findClaim(
  { dynamo, tables }: Store,
  accountId: string,
  key: string,
): Promise<IdempotencyClaim | undefined> {
  const get = new GetItemCommand({
    TableName: tables.keys,
    Key: toItem(claimKey(accountId, key)),
    ConsistentRead: true,
  });
  const { Item } = await run('reading an idempotency key', dynamo.send(get));
  return Item && (fromItem(Item) as unknown as IdempotencyClaim);
}

/**
 * Takes or renews a claim.
 * @param standing the claim as it was read; undefined when there was none
 * @returns false when it is no longer as it was read
 */
export async function putClaim(
  { dynamo, tables }: Store,
  accountId: string,
  key: string,
  claim: IdempotencyClaim,
  standing: IdempotencyClaim | undefined,
): Promise<boolean> {
  const put = new PutItemCommand({
    TableName: tables.keys,
    Item: toItem({ ...claimKey(accountId, key), ...claim, ttl: Math.ceil(claim.expiresAtMs / 1000) }),
    ...(standing ? asRead(standing) : { ConditionExpression: 'attribute_not_exists(pk)' }),
  });
  return (await attempt('claiming an idempotency key', dynamo.send(put))) !== undefined;
}

function asRead({ holder, leaseUntilMs }: IdempotencyClaim) {
  return {
    ConditionExpression: 'holder = :holder AND leaseUntilMs = :leaseUntilMs',
    ExpressionAttributeValues: toItem({ ':holder': holder, ':leaseUntilMs': leaseUntilMs }),
  };
}

function claimKey(accountId: string, key: string): Item {
  return { pk: `IDEMPOTENCY#${accountId}`, sk: key };
}
