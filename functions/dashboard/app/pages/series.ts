import type { MetricNumbers, Metrics } from '../api.ts';
import type { Series } from '../ui/chart.tsx';

type Point = Metrics['points'][number];

/** Points of the API that one column of a chart stands for: around 50 columns, each of them a plain length of time. */
const pointsAColumn: Record<number, number> = { 300: 6, 3600: 3, 21600: 4 };
const columnNames: Record<number, string> = { 300: '30 minutes', 3600: '3 hours', 21600: 'day' };

/** Lines and columns that can be told apart. */
const seriesMax = 6;
const rest = 'others';

export interface Columns {
  /** What one column sums up, as in "per 30 minutes". */
  per: string;
  /** Seconds. */
  times: number[];
  sum(points: readonly Point[], numberOf: (numbers: MetricNumbers) => number): number[];
}

/** Columns over the whole range: steps without requests are left out by the API and are zero here. */
export function columnsOf({ start_time, end_time, step_seconds }: Metrics): Columns {
  const seconds = step_seconds * (pointsAColumn[step_seconds] ?? 1);
  const startOf = (time: string) => Math.floor(Date.parse(time) / 1_000 / seconds) * seconds;
  const times: number[] = [];
  for (let at = startOf(start_time); at <= startOf(end_time); at += seconds) times.push(at);
  const first = times[0] ?? 0;
  return {
    per: columnNames[step_seconds] ?? `${seconds} seconds`,
    times,
    sum(points, numberOf) {
      const sums = times.map(() => 0);
      for (const point of points) {
        const index = (startOf(point.start) - first) / seconds;
        if (index in sums) sums[index] = (sums[index] ?? 0) + numberOf(point);
      }
      return sums;
    },
  };
}

/** Lines with one value for each step of the API, null where nothing was measured. */
export function linesOf(
  { start_time, end_time, step_seconds, points }: Metrics,
  lines: Record<string, (numbers: MetricNumbers) => number | undefined>,
): { times: number[]; series: Series[] } {
  const startOf = (time: string) => Math.floor(Date.parse(time) / 1_000 / step_seconds) * step_seconds;
  const times: number[] = [];
  for (let at = startOf(start_time); at <= startOf(end_time); at += step_seconds) times.push(at);
  const byStart = new Map(points.map(point => [startOf(point.start), point]));
  const series = Object.entries(lines).map(([name, numberOf]) => ({
    name,
    values: times.map(at => {
      const point = byStart.get(at);
      return (point && numberOf(point)) ?? null;
    }),
  }));
  return { times, series };
}

/** A series for each group, the smallest of them together. */
export function splitSeries(
  { series }: Metrics,
  columns: Columns,
  numberOf: (numbers: MetricNumbers) => number,
): Series[] {
  const shown = series.length > seriesMax ? series.slice(0, seriesMax - 1) : series;
  const others = series.slice(shown.length).flatMap(({ points }) => points);
  return [
    ...shown.map(({ key, points }) => ({ name: key, values: columns.sum(points, numberOf) })),
    ...(others.length > 0 ? [{ name: rest, values: columns.sum(others, numberOf) }] : []),
  ];
}
