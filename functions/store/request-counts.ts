import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { fromItem, run, type Store, toItem } from './dynamo.ts';

/**
 * Counts one request of a bucket, such as an account, in a minute.
 * Keys table: `pk = RATE#<bucket>`, `sk = <minute since 1970>`, gone after two minutes.
 * @returns the counts of this minute, this request included, and of the minute before
 */
export async function countRequest(
  { dynamo, tables }: Store,
  bucket: string,
  minute: number,
): Promise<{ current: number; previous: number }> {
  const keyOf = (sk: number) => toItem({ pk: `RATE#${bucket}`, sk: String(sk) });
  const count = new UpdateItemCommand({
    TableName: tables.keys,
    Key: keyOf(minute),
    UpdateExpression: 'SET #ttl = :end ADD requests :one',
    ExpressionAttributeNames: { '#ttl': 'ttl' },
    ExpressionAttributeValues: toItem({ ':end': (minute + 3) * 60, ':one': 1 }),
    ReturnValues: 'ALL_NEW',
  });
  const read = new GetItemCommand({ TableName: tables.keys, Key: keyOf(minute - 1) });
  const [counted, before] = await run('counting requests', Promise.all([dynamo.send(count), dynamo.send(read)]));
  const requestsOf = (item: Parameters<typeof fromItem>[0] | undefined) =>
    item ? (fromItem(item).requests as number) : 0;
  return { current: requestsOf(counted.Attributes), previous: requestsOf(before.Item) };
}
