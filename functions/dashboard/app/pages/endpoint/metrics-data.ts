import type { MetricNumbers, Metrics } from '../../api.ts';
import type { Series } from '../../ui/chart.tsx';

type Point = Metrics['points'][number];

/** Every step of the range in seconds since 1970, also those in which nothing happened. */
export function timesOf({ start_time, end_time, step_seconds }: Metrics): number[] {
  const first = Math.floor(Date.parse(start_time) / 1_000 / step_seconds) * step_seconds;
  const last = Date.parse(end_time) / 1_000;
  return Array.from(
    { length: Math.floor((last - first) / step_seconds) + 1 },
    (_, index) => first + index * step_seconds,
  );
}

/** @param absent for steps in which nothing happened: 0 for what is counted, null for what is measured */
export function toSeries(
  name: string,
  times: readonly number[],
  points: readonly Point[],
  absent: 0 | null,
  read: (numbers: MetricNumbers) => number | null | undefined,
): Series {
  const values = new Map(points.map(point => [Date.parse(point.start) / 1_000, read(point) ?? absent]));
  return { name, values: times.map(time => values.get(time) ?? absent) };
}

/** Nano-USD as a decimal string in USD, with every digit. */
export function toUsd(nanoUsd: string): string {
  const digits = nanoUsd.padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '') || '0';
}

export const errorPart = ({ requests, errors }: MetricNumbers): number | null =>
  requests === 0 ? null : errors.total / requests;
