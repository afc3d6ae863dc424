/** Named patterns for personal data, `pii.ssn` in expressions: RE2 syntax by name. */
export type PiiPatterns = Readonly<Record<string, string>>;

let known: PiiPatterns = {};

/** Says which patterns `pii` has. Whoever assembles the gateway does it once, before any policy is compiled. */
export function usePiiPatterns(patterns: PiiPatterns): void {
  known = patterns;
}

export function piiPatterns(): PiiPatterns {
  return known;
}
