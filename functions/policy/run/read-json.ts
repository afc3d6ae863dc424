/** Deeper than anyone means it; what walks through a value may do so by recursion. */
const depthMax = 64;

/** @returns the value of a JSON text from outside; undefined for what is none, or too deep */
export function readJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return undefined;
    level = level.flatMap(each => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return value;
}
