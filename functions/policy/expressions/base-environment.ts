import { Environment } from 'cel-js';
import type { CelType } from './cel-type.ts';
import { registerMatches } from './matches.ts';

/** Limits of the parser; `check-shape.ts` sets those it lacks. */
const limits = { maxAstNodes: 2_000, maxDepth: 64, maxListElements: 500, maxMapEntries: 100, maxCallArguments: 8 };

/**
 * CEL as all our expressions speak it. Beyond the standard: ints, uints and doubles compare, and ints and doubles
 * calculate, with each other (prices are doubles and people write `< 1`); what is not known is null, which compares as
 * false with every number, makes calculations null, and contains nothing; `matches` reads RE2 syntax in linear time.
 */
const baseEnvironment = new Environment({ limits });

/**
 * A copy to which a kind of expression adds its own.
 * @param options.mixedLists whether lists and maps can hold values of several types, as JSON can
 */
export function extendBase(types: readonly CelType[], { mixedLists = false } = {}): Environment {
  const environment = baseEnvironment.clone({ homogeneousAggregateLiterals: !mixedLists });
  for (const { name, wrapper, fields } of types) environment.registerType(name, { ctor: wrapper, fields });
  return environment;
}

const equalities = {
  'int == double': (a: bigint, b: number) => Number.isInteger(b) && BigInt(b) === a,
  'int == uint': (a: bigint, b: object) => a === b.valueOf(),
  'uint == double': (a: object, b: number) => Number.isInteger(b) && BigInt(b) === a.valueOf(),
};
for (const [signature, equal] of Object.entries(equalities)) baseEnvironment.registerOperator(signature, equal);

const calculations = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
};
for (const [operator, calculate] of Object.entries(calculations)) {
  const mixed = (a: bigint | number, b: bigint | number) => calculate(Number(a), Number(b));
  baseEnvironment.registerOperator(`int ${operator} double: double`, mixed);
  baseEnvironment.registerOperator(`double ${operator} int: double`, mixed);
}

const withNull = ['int', 'uint', 'double'].flatMap(number => [`null ? ${number}`, `${number} ? null`]);
for (const operands of ['null ? null', ...withNull]) {
  for (const operator of ['<', '<=', '>', '>=']) {
    baseEnvironment.registerOperator(`${operands.replace('?', operator)}: bool`, () => false);
  }
  for (const operator of ['+', '-', '*', '/', '%']) {
    baseEnvironment.registerOperator(`${operands.replace('?', operator)}: null`, () => null);
  }
}
for (const type of ['string', 'int', 'uint', 'double', 'bool']) {
  baseEnvironment.registerOperator(`${type} in null: bool`, () => false);
}
for (const name of ['contains', 'startsWith', 'endsWith']) {
  baseEnvironment.registerFunction(`null.${name}(string): bool`, () => false, { async: false });
}
baseEnvironment.registerOperator('-null', (value: null) => value);

registerMatches(baseEnvironment);
