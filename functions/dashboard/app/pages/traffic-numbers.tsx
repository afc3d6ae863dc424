import { useMemo, useState } from 'preact/hooks';
import { lazy } from 'preact-iso';
import type { MetricNumbers, Metrics } from '../api.ts';
import { formatCount, formatMs, formatPart, formatShort, formatUsd, usdOfNano } from '../format.ts';
import { Card, Choice, Figure } from '../ui/page.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Usd } from '../ui/values.tsx';
import { columnsOf, linesOf, splitSeries } from './series.ts';

const Chart = lazy(() => import('../ui/chart.tsx'));

/** Half a request is none. */
const formatWhole = (count: number) => (Number.isInteger(count) ? formatShort(count) : '');

const splits = [
  { value: 'provider', name: 'By provider' },
  { value: 'model', name: 'By model' },
] as const;
type Split = (typeof splits)[number]['value'];

/** Figures of the range, charts of them over time, and both split by who answered. */
export function TrafficNumbers({ metrics }: { metrics: Record<Split, Metrics> }) {
  const [split, setSplit] = useState<Split>('provider');
  const all = metrics.provider;
  const charts = useMemo(() => wholeCharts(all), [all]);
  const parts = useMemo(() => splitCharts(metrics[split]), [metrics, split]);
  return (
    <>
      <Figures of={all.totals} />
      <div class="columns">
        <Card title={`Requests per ${charts.per}`}>
          <Chart
            label={`Requests that succeeded and failed, per ${charts.per}`}
            times={charts.times}
            series={charts.requests}
            format={formatWhole}
            isStacked
          />
        </Card>
        <Card title="Latency">
          <Chart
            label="Latency over time: whole answers and first tokens, median and 95th percentile"
            times={charts.latency.times}
            series={charts.latency.series}
            format={formatMs}
          />
        </Card>
      </div>
      <div class="split-head">
        <h2>Who answered</h2>
        <Choice label="Split" value={split} options={splits} onChange={value => setSplit(value)} />
      </div>
      <div class="columns">
        <Card title={`Attempts per ${charts.per}`}>
          <Chart
            label={`Attempts by ${split}, per ${charts.per}`}
            times={charts.times}
            series={parts.attempts}
            format={formatWhole}
            isStacked
          />
        </Card>
        <Card title={`Spend per ${charts.per}`}>
          <Chart
            label={`Spend in USD by ${split}, per ${charts.per}`}
            times={charts.times}
            series={parts.spend}
            format={formatUsd}
            isStacked
          />
        </Card>
      </div>
      <Card>
        <Table
          label={`Numbers by ${split}`}
          columns={columnsFor(split)}
          rows={metrics[split].series}
          keyOf={({ key }) => key}
        />
        <p class="hint">
          Attempts: a request that failed over counts once for each provider it reached, one that was refused before for
          none.
        </p>
      </Card>
    </>
  );
}

function Figures({ of: totals }: { of: MetricNumbers }) {
  const { errors } = totals;
  const kinds = [
    ['timeouts', errors.timeout],
    ['429', errors.rate_limit],
    ['4xx', errors.client],
    ['5xx', errors.server],
  ] as const;
  const shown = kinds.filter(([, count]) => count > 0).map(([name, count]) => `${name}: ${formatCount(count)}`);
  return (
    <section class="figures" aria-label="Requests">
      <Figure
        name="Requests"
        value={formatCount(totals.requests)}
        detail={<a href="/dashboard/requests">See each</a>}
      />
      <Figure
        name="Error rate"
        value={formatPart(errors.total / totals.requests)}
        detail={shown.length > 0 ? shown.join(', ') : 'no errors'}
      />
      <Latency name="Latency" of={totals.total_ms} none="nothing was measured" />
      <Latency name="Time to first token" of={totals.first_token_ms} none="nothing was streamed" />
      <Figure
        name="Tokens"
        value={
          <span title={formatCount(totals.input_tokens + totals.output_tokens)}>
            {formatShort(totals.input_tokens + totals.output_tokens)}
          </span>
        }
        detail={`${formatShort(totals.input_tokens)} in, ${formatShort(totals.output_tokens)} out`}
      />
      <Figure
        name="Spend"
        value={<Usd amount={usdOfNano(totals.cost_nano_usd)} />}
        detail={`${formatUsd(Number(totals.cost_nano_usd) / 1e9 / totals.requests)} a request`}
      />
    </section>
  );
}

function Latency({ name, of, none }: { name: string; of: MetricNumbers['total_ms']; none: string }) {
  if (!of) return <Figure name={name} value="–" detail={none} />;
  return (
    <Figure
      name={name}
      value={
        <span title="Half of the requests were faster">
          {formatMs(of.p50)} <small class="unit">p50</small>
        </span>
      }
      detail={<span title="19 of 20 requests were faster">{formatMs(of.p95)} p95</span>}
    />
  );
}

function wholeCharts(metrics: Metrics) {
  const columns = columnsOf(metrics);
  return {
    ...columns,
    requests: [
      { name: 'succeeded', values: columns.sum(metrics.points, ({ requests, errors }) => requests - errors.total) },
      { name: 'failed', values: columns.sum(metrics.points, ({ errors }) => errors.total) },
    ],
    latency: linesOf(metrics, {
      p50: ({ total_ms }) => total_ms?.p50,
      p95: ({ total_ms }) => total_ms?.p95,
      'first token p50': ({ first_token_ms }) => first_token_ms?.p50,
      'first token p95': ({ first_token_ms }) => first_token_ms?.p95,
    }),
  };
}

function splitCharts(metrics: Metrics) {
  const columns = columnsOf(metrics);
  return {
    attempts: splitSeries(metrics, columns, ({ requests }) => requests),
    spend: splitSeries(metrics, columns, ({ cost_nano_usd }) => Number(cost_nano_usd) / 1e9),
  };
}

type Row = Metrics['series'][number];

function columnsFor(split: Split): Column<Row>[] {
  return [
    {
      name: split === 'provider' ? 'Provider' : 'Model',
      cell: ({ key }) => <span class="break">{key}</span>,
    },
    { name: 'Attempts', isNumber: true, cell: ({ totals }) => formatCount(totals.requests) },
    {
      name: 'Error rate',
      isNumber: true,
      isExtra: true,
      cell: ({ totals }) => formatPart(totals.requests === 0 ? 0 : totals.errors.total / totals.requests),
    },
    { name: 'p50', isNumber: true, isExtra: true, cell: ({ totals }) => toMs(totals.total_ms?.p50) },
    { name: 'p95', isNumber: true, isExtra: true, cell: ({ totals }) => toMs(totals.total_ms?.p95) },
    {
      name: 'First token p50',
      isNumber: true,
      isExtra: true,
      cell: ({ totals }) => toMs(totals.first_token_ms?.p50),
    },
    { name: 'Tokens in', isNumber: true, isExtra: true, cell: ({ totals }) => formatCount(totals.input_tokens) },
    { name: 'Tokens out', isNumber: true, isExtra: true, cell: ({ totals }) => formatCount(totals.output_tokens) },
    { name: 'Spend', isNumber: true, cell: ({ totals }) => <Usd amount={usdOfNano(totals.cost_nano_usd)} /> },
  ];
}

function toMs(ms: number | undefined) {
  return ms === undefined ? <span class="muted">–</span> : formatMs(ms);
}
