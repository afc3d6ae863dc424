import type { ItemClient, Store } from '../../functions/store/dynamo.ts';

/** A command on its way to the store. */
export interface SentCommand {
  /** `PutItemCommand` */
  name: string;
  input: Record<string, unknown>;
}

/**
 * Puts something around every call of a client.
 * @returns takes it away again
 */
export function intercept(
  client: ItemClient,
  around: (command: SentCommand, send: () => Promise<unknown>) => Promise<unknown>,
): () => void {
  const { send } = client;
  client.send = (command => {
    const sent = command as unknown as { input: Record<string, unknown>; constructor: { name: string } };
    return around({ name: sent.constructor.name, input: sent.input }, () => send(command));
  }) as ItemClient['send'];
  return () => {
    client.send = send;
  };
}

/**
 * `lost`: the call happens, and its answer never arrives. `repeated`: it happens, its answer is lost, and the SDK sends it
 * again; nobody is told.
 */
export type FaultKind = 'throttled' | 'timed out' | 'lost' | 'repeated';

const errorNames = {
  throttled: 'ProvisionedThroughputExceededException',
  'timed out': 'TimeoutError',
  lost: 'TimeoutError',
  repeated: '',
};

/**
 * Runs something while one call to the store fails.
 * @param at which call, counted from 0; `Infinity` for none
 * @returns what ran returned, the calls that were made, and the one that failed if it came to that
 */
export async function withFault<Result>(
  { dynamo, dynamoOnce }: Store,
  { at, kind }: { at: number; kind: FaultKind },
  act: () => Promise<Result>,
): Promise<{ result: Result; calls: string[]; failed: string | undefined }> {
  const calls: string[] = [];
  const faulty = async ({ name, input }: SentCommand, send: () => Promise<unknown>) => {
    const { Item, Key } = input as Record<string, Record<string, { S?: string }> | undefined>;
    const count = calls.push(`${name} ${(Item ?? Key)?.pk?.S} ${(Item ?? Key)?.sk?.S}`);
    if (count !== at + 1) return send();
    if (kind === 'lost' || kind === 'repeated') await send().catch(() => {});
    if (kind === 'repeated') return send();
    throw Object.assign(new Error('no luck'), { name: errorNames[kind] });
  };
  const restore = [dynamo, dynamoOnce].map(client => intercept(client, faulty));
  try {
    return { result: await act(), calls, failed: calls[at] };
  } finally {
    for (const restoreOne of restore) restoreOne();
  }
}
