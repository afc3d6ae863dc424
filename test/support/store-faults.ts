import type { Store } from '../../functions/store/dynamo.ts';

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
 * @param at which call, counted from 0
 * @returns what ran returned, and whether it came to that call
 */
export async function withFault<Result>(
  { dynamo, dynamoOnce }: Store,
  { at, kind }: { at: number; kind: FaultKind },
  act: () => Promise<Result>,
): Promise<{ result: Result; failed: string | undefined }> {
  let calls = 0;
  let failed: string | undefined;
  const clients = [dynamo, dynamoOnce];
  for (const { middlewareStack } of clients) {
    middlewareStack.add(
      (next, { commandName }) =>
        async args => {
          if (calls++ !== at) return next(args);
          const { Item, Key } = args.input as Record<string, Record<string, { S?: string }> | undefined>;
          failed = `${commandName} ${(Item ?? Key)?.pk?.S} ${(Item ?? Key)?.sk?.S}`;
          if (kind === 'lost' || kind === 'repeated') await next(args).catch(() => {});
          if (kind === 'repeated') return next(args);
          throw Object.assign(new Error('no luck'), { name: errorNames[kind] });
        },
      { step: 'initialize', name: 'fault' },
    );
  }
  try {
    return { result: await act(), failed };
  } finally {
    for (const { middlewareStack } of clients) middlewareStack.remove('fault');
  }
}
