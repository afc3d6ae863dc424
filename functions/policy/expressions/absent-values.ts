import type { Environment } from 'cel-js';

const others = ['string', 'bool', 'google.protobuf.Timestamp', 'google.protobuf.Duration'];

/** What CEL's own operators and functions make of null, beside what `base-environment.ts` says of numbers. */
export function registerAbsentValues(environment: Environment): void {
  for (const type of others) {
    for (const operator of ['<', '<=', '>', '>=']) {
      environment.registerOperator(`null ${operator} ${type}: bool`, () => false);
      environment.registerOperator(`${type} ${operator} null: bool`, () => false);
    }
  }
  environment.registerOperator('null + string: dyn', () => null);
  environment.registerOperator('string + null: dyn', () => null);
  const results: readonly [signature: string, result: unknown][] = [
    ['size(null): int', 0n],
    ['null.size(): int', 0n],
    ['null.indexOf(string): int', -1n],
    ['null.indexOf(string, int): int', -1n],
    ['null.lastIndexOf(string): int', -1n],
    ['null.lastIndexOf(string, int): int', -1n],
    ['null.substring(int): dyn', null],
    ['null.substring(int, int): dyn', null],
    ['null.trim(): dyn', null],
    ['null.split(string): dyn', null],
    ['null.split(string, int): dyn', null],
  ];
  for (const [signature, result] of results) environment.registerFunction(signature, () => result, { async: false });
  for (const name of ['contains', 'startsWith', 'endsWith']) {
    environment.registerFunction(`string.${name}(null): bool`, () => false, { async: false });
    environment.registerFunction(`null.${name}(null): bool`, () => false, { async: false });
  }
}
