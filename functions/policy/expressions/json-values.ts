import { Duration } from 'cel-js/evaluator';
import { EvaluationError } from './expression-error.ts';
import { spend } from './meter.ts';

const depthMax = 64;

/**
 * A JSON value in CEL's terms: whole numbers are ints, objects are maps, and `Map`s, as the
 * engine tells objects by their `constructor`, which JSON may have a field of. Spends a step per value.
 * @throws EvaluationError when it is nested too deeply
 */
export function celFromJson(value: unknown, depth = 0): unknown {
  spend(1);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth >= depthMax) throw new EvaluationError(`A value is nested more than ${depthMax} levels deep`);
  if (Array.isArray(value)) return value.map(item => celFromJson(item, depth + 1));
  return new Map(Object.entries(value).map(([key, inner]) => [key, celFromJson(inner, depth + 1)]));
}

/**
 * CEL's values as JSON has them: ints and uints become numbers, or digits in quotes where a number would be inexact;
 * times are written as RFC 3339 has them. Spends a step per value.
 */
export function toJsonValue(value: unknown): unknown {
  spend(1);
  if (value === null || typeof value !== 'object') return typeof value === 'bigint' ? toJsonNumber(value) : value;
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Duration) return value.toString();
  if (value instanceof Map) return toJsonObject([...value]);
  if (Object.getPrototypeOf(value) === Object.prototype) return toJsonObject(Object.entries(value));
  const plain: unknown = value.valueOf(); // CEL's uint is an object around a bigint
  if (typeof plain === 'bigint') return toJsonNumber(plain);
  throw new EvaluationError('The expression gives an object that has no text; read one of its fields');
}

function toJsonObject(entries: readonly [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries.map(([key, inner]) => [key, toJsonValue(inner)]));
}

function toJsonNumber(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}
