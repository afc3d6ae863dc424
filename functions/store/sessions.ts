import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * A browser that has signed in with a management key. Keys table, `pk = SESSION#<digest of its token>`,
 * `sk = SESSION`. It stands for the key, not for its account: what ends the key ends its sessions.
 */
export interface Session {
  /** Digest of the token that the browser holds. */
  digest: string;
  accountId: string;
  /** The management key that it was opened with. */
  keyId: string;
  expiresAtMs: number;
}

const keyOf = (digest: string) => toItem({ pk: `SESSION#${digest}`, sk: 'SESSION' });

export async function createSession({ dynamo, tables }: Store, session: Session): Promise<void> {
  const ttl = Math.ceil(session.expiresAtMs / 1_000);
  const item = { ...keyOf(session.digest), ...toItem({ ...session, ttl }) };
  await run('opening a session', dynamo.send(new PutItemCommand({ TableName: tables.keys, Item: item })));
}

/** Also finds one that has expired: the store deletes those when it likes. */
export async function findSession({ dynamo, tables }: Store, digest: string): Promise<Session | undefined> {
  const read = new GetItemCommand({ TableName: tables.keys, Key: keyOf(digest), ConsistentRead: true });
  const { Item } = await run('reading a session', dynamo.send(read));
  return Item && (fromItem(Item) as unknown as Session);
}

/** Safe to repeat. */
export async function deleteSession({ dynamo, tables }: Store, digest: string): Promise<void> {
  await run('ending a session', dynamo.send(new DeleteItemCommand({ TableName: tables.keys, Key: keyOf(digest) })));
}
