/** Milliseconds since 1970. Passed in everywhere, so that tests and the local stack can move time. */
export type Clock = () => number;

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a duration such as `90s`, `1m30s`, `1.5h` or `366d`.
 * @returns milliseconds, or undefined when the text is not a duration; `-` in front makes it negative
 */
export function parseDurationMs(text: string): number | undefined {
  if (!/^-?(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * (unitMs[unit as string] as number);
  }
  return text.startsWith('-') ? -totalMs : totalMs;
}

/** The system's clock moved by a duration; only the local stack sets one. */
export function clockWithOffset(offset: string | undefined): Clock {
  const offsetMs = parseDurationMs(offset ?? '0s');
  if (offsetMs === undefined) throw new Error(`TOLLGATE_CLOCK_OFFSET is "${offset}"; give a duration such as 366d`);
  return () => Date.now() + offsetMs;
}
