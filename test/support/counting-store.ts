import type { Store } from '../../functions/store/dynamo.ts';

/** A store whose calls are counted by their operation; `before` may let one fail, or something else happen first. */
export function countingStore(
  store: Store,
  before: (operation: string, input: Record<string, unknown>) => Promise<void> | void = () => {},
) {
  const calls: string[] = [];
  const counted: Store = {
    ...store,
    dynamo: {
      async send(command) {
        const operation = command.constructor.name.replace(/Command$/, '');
        await before(operation, command.input as Record<string, unknown>);
        calls.push(operation);
        return store.dynamo.send(command);
      },
    },
  };
  const count = (pattern: RegExp) => calls.filter(operation => pattern.test(operation)).length;
  return { store: counted, reads: () => count(/Query|Get/), writes: () => count(/Put|Update|Delete/), calls };
}
