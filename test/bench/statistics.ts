/** The value below which `part` of all values lie. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Measurements in a part of their own when something else keeps the machine busy; the other parts outvote it. */
const measurementsInPart = 100;

/**
 * The median of the percentiles of parts of the run. Of a few hundred measurements the slowest ones are as often the
 * machine's as the subject's; what disturbs one part cannot move this.
 */
export function steadyPercentile(values: readonly number[], part: number): number {
  const parts = Math.max(1, Math.floor(values.length / measurementsInPart));
  const size = Math.ceil(values.length / parts);
  const percentiles = Array.from({ length: parts }, (_, index) =>
    percentile(values.slice(index * size, (index + 1) * size), part),
  );
  return median(percentiles);
}
