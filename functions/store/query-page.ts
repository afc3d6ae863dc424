import type { QueryCommand, QueryCommandInput, QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { fromItem, type Item, run, type Store } from './dynamo.ts';

/**
 * Answers of a function may have 6 MB as JSON in which their body is a string, so quotes and line breaks of a text are
 * escaped twice. A page of large items ends early and says that there is more.
 */
const pageBytesMax = 4_000_000;

/**
 * Reads one page of a partition. DynamoDB itself stops after 1 MB, however few items that is, so this reads on.
 * @param toQuery the query that starts after a key, with `Limit` of one more than `limit`
 */
export async function queryPage(
  operation: string,
  { dynamo }: Store,
  limit: number,
  startKey: QueryCommandInput['ExclusiveStartKey'],
  toQuery: (startKey: QueryCommandInput['ExclusiveStartKey']) => QueryCommand,
  isWanted: (item: Item) => boolean = () => true,
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = [];
  let bytes = 0;
  let nextKey = startKey;
  do {
    const answer: QueryCommandOutput = await run(operation, dynamo.send(toQuery(nextKey)));
    for (const item of (answer.Items ?? []).map(fromItem).filter(isWanted)) {
      if (items.length === limit || (items.length > 0 && bytes > pageBytesMax)) return { items, more: true };
      items.push(item);
      bytes += Buffer.byteLength(JSON.stringify(JSON.stringify(item)));
    }
    nextKey = answer.LastEvaluatedKey;
  } while (nextKey);
  return { items, more: false };
}
