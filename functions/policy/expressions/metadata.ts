/** Free facts of a configuration in CEL's terms: whole numbers are ints, objects are maps. */
export function toCelValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCelValue);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toCelValue(inner)]));
  }
  return value ?? null;
}

/** What `getMetadata('a.b')` gives: null when any part is absent. */
export function readPath(metadata: unknown, path: string): unknown {
  return path.split('.').reduce(readKey, metadata);
}

/** A key of a map or a place in a list; null when absent, and in all that is neither. */
export function readKey(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return typeof key === 'string' ? null : (value[Number(key)] ?? null);
  if (value instanceof Map) return value.get(key) ?? null;
  if (typeof value !== 'object' || value === null || typeof key !== 'string') return null;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null;
}
