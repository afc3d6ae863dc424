import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

export interface Series {
  name: string;
  /** One for each time; null where there was nothing to measure. */
  values: readonly (number | null)[];
}

/** Colours that can be told apart, also by those who do not see all of them; see `--series-1` and following. */
const seriesMax = 6;

/** What a variable of `styles.css` is in the theme of `element`. */
function cssColor(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

/**
 * Lines or stacked columns over time, with a legend that shows the values under the pointer.
 * @param times seconds since 1970, ascending
 * @param format of values: on the axis and in the legend
 */
export default function Chart({
  label,
  times,
  series,
  format,
  isStacked = false,
}: {
  label: string;
  times: readonly number[];
  series: readonly Series[];
  format(value: number): string;
  isStacked?: boolean;
}) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      plot = new uPlot(optionsOf(element, times, series, format, isStacked), dataOf(times, series, isStacked), element);
    };
    draw();
    const sizes = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: chartHeight }));
    sizes.observe(element);
    addEventListener('themechange', draw);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    return () => {
      removeEventListener('themechange', draw);
      system.removeEventListener('change', draw);
      sizes.disconnect();
      plot?.destroy();
    };
  }, [times, series, isStacked]);
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}

const chartHeight = 220;

/** Stacked columns are drawn from the highest down, each hiding what is below it. */
function dataOf(times: readonly number[], series: readonly Series[], isStacked: boolean): uPlot.AlignedData {
  if (!isStacked) return [times as number[], ...series.map(({ values }) => values as (number | null)[])];
  const sums = times.map(() => 0);
  const stacked = series.map(({ values }) =>
    values.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return sums[index] ?? 0;
    }),
  );
  return [times as number[], ...stacked.reverse()];
}

function optionsOf(
  element: HTMLElement,
  times: readonly number[],
  series: readonly Series[],
  format: (value: number) => string,
  isStacked: boolean,
): uPlot.Options {
  const muted = cssColor(element, '--muted');
  const grid = { stroke: cssColor(element, '--line'), width: 1 };
  const ordered = series.map((one, index) => ({
    ...one,
    color: cssColor(element, `--series-${(index % seriesMax) + 1}`),
  }));
  if (isStacked) ordered.reverse();
  const bars = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 });
  return {
    width: element.clientWidth,
    height: chartHeight,
    cursor: { points: { show: !isStacked }, drag: { x: false, y: false } },
    scales: {
      ...(isStacked && {
        x: { range: (_: uPlot, min: number, max: number): uPlot.Range.MinMax => [min, max + stepOf(times)] },
      }),
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      { stroke: muted, grid: { show: false }, ticks: { show: false }, font: chartFont },
      {
        stroke: muted,
        grid,
        ticks: { show: false },
        size: 76,
        font: chartFont,
        values: (_, values) => values.map(format),
      },
    ],
    series: [
      { value: (_, at) => (at === null || at === undefined ? '' : new Date(at * 1_000).toLocaleString()) },
      ...ordered.map(({ name, color, values }) => ({
        label: name,
        stroke: color,
        width: 2,
        points: { show: true, size: 5, filter: () => aloneIn(values) },
        ...(isStacked && bars && { fill: color, width: 0, paths: bars, points: { show: false } }),
        value: (_: uPlot, __: number, ___: number, index: number | null) => {
          const value = index === null ? null : values[index];
          return value === null || value === undefined ? '–' : format(value);
        },
      })),
    ],
  };
}

/** What a line does not show: values with nothing measured before and after. */
function aloneIn(values: Series['values']): number[] {
  const isNone = (index: number) => values[index] === null || values[index] === undefined;
  return [...values.keys()].filter(index => !isNone(index) && isNone(index - 1) && isNone(index + 1));
}

/** Room for the last column. */
function stepOf(times: readonly number[]): number {
  return (times[1] ?? 0) - (times[0] ?? 0);
}

const chartFont = '12px system-ui, sans-serif';
