import type { CelType } from './cel-type.ts';

/** The type of a value that an expression gave, in CEL's words and without the value: `list of string`. */
export function describeValue(value: unknown, types: readonly CelType[]): string {
  if (!Array.isArray(value)) return typeName(value, types);
  const names = new Set(value.map(item => typeName(item, types)));
  return names.size === 0 ? 'an empty list' : `list of ${[...names].join(' and ')}`;
}

function typeName(value: unknown, types: readonly CelType[]): string {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'object':
      return objectName(value, types);
    default:
      return typeof value;
  }
}

function objectName(value: object | null, types: readonly CelType[]): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value.valueOf() === 'bigint') return 'uint';
  return types.find(({ wrapper }) => value instanceof wrapper)?.name ?? 'map';
}
