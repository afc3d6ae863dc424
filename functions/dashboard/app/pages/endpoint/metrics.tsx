import { useMemo, useState } from 'preact/hooks';
import { api, type MetricNumbers, type Metrics as MetricsData } from '../../api.ts';
import { formatCount, formatMs, formatPart, formatShort, formatUsd } from '../../format.ts';
import { useLoad } from '../../load.ts';
import type { Series } from '../../ui/chart.tsx';
import { Card, Choice, Figure } from '../../ui/page.tsx';
import { Empty, Shown } from '../../ui/states.tsx';
import { Code, Time, Usd } from '../../ui/values.tsx';
import type { TabProps } from '../endpoint.tsx';
import { errorPart, timesOf, toSeries, toUsd } from './metrics-data.ts';
import { useUrlOf } from './names.ts';

const ranges = [
  { value: '24h', name: '24 h', said: 'the last 24 hours' },
  { value: '7d', name: '7 d', said: 'the last 7 days' },
  { value: '30d', name: '30 d', said: 'the last 30 days' },
] as const;

const splits = [
  { value: 'all', name: 'All together' },
  { value: 'provider', name: 'By provider' },
  { value: 'model', name: 'By model' },
] as const;

type Split = (typeof splits)[number]['value'];

export function Metrics({ endpoint }: TabProps) {
  const [range, setRange] = useState<(typeof ranges)[number]['value']>('24h');
  const [split, setSplit] = useState<Split>('all');
  const metrics = useLoad(
    () =>
      api.listMetrics({
        query: { scope: 'endpoint', endpointId: endpoint.id, range, ...(split !== 'all' && { splitBy: split }) },
      }),
    [endpoint.id, range, split],
    30_000,
  );
  const said = ranges.find(({ value }) => value === range)?.said ?? '';
  return (
    <>
      <div class="filters spread">
        <Choice label="Time range" value={range} options={ranges} onChange={value => setRange(value)} />
        <Choice label="Split charts" value={split} options={splits} onChange={value => setSplit(value)} />
      </div>
      <Shown of={metrics}>
        {data =>
          data.totals.requests === 0 ? (
            <NoRequests slug={endpoint.slug} said={said} />
          ) : (
            <>
              <Totals of={data.totals} />
              <Charts of={data} split={split} />
              <p class="muted small">
                Counted until <Time at={data.counted_until} />.
                {split !== 'all' && ' Split charts count attempts: one request that failed over is several.'}
              </p>
            </>
          )
        }
      </Shown>
    </>
  );
}

function Totals({ of }: { of: MetricNumbers }) {
  const tokens = of.input_tokens + of.output_tokens;
  return (
    <div class="figures">
      <Figure name="Requests" value={formatCount(of.requests)} />
      <Figure name="Error rate" value={formatPart(errorPart(of) ?? 0)} detail={saidErrors(of.errors)} />
      <Latency name="Latency, median" of={of.total_ms} />
      <Latency name="Time to first token, median" of={of.first_token_ms} />
      <Figure
        name="Tokens"
        value={<span title={formatCount(tokens)}>{formatShort(tokens)}</span>}
        detail={`${formatShort(of.input_tokens)} in, ${formatShort(of.output_tokens)} out`}
      />
      <Figure name="Cost" value={<Cost nanoUsd={of.cost_nano_usd} />} />
    </div>
  );
}

function saidErrors({ total, timeout, rate_limit, client, server }: MetricNumbers['errors']): string {
  const kinds = [
    [timeout, 'timed out'],
    [rate_limit, 'rate-limited'],
    [client, '4xx'],
    [server, '5xx or broken off'],
  ] as const;
  const told = kinds.filter(([count]) => count > 0).map(([count, name]) => `${formatCount(count)} ${name}`);
  return total === 0 ? 'no errors' : told.join(', ');
}

function Latency({ name, of }: { name: string; of: MetricNumbers['total_ms'] }) {
  if (!of) return <Figure name={name} value={<span class="muted">–</span>} detail="nothing measured" />;
  return <Figure name={name} value={formatMs(of.p50)} detail={`95 of 100 within ${formatMs(of.p95)}`} />;
}

/** Very small amounts have many digits. */
function Cost({ nanoUsd }: { nanoUsd: string }) {
  const isLong = nanoUsd !== '0' && nanoUsd.length < 8;
  return (
    <span class={isLong ? 'long' : ''}>
      <Usd amount={toUsd(nanoUsd)} />
    </span>
  );
}

const firstToken = 'Time to first token';
const onlyStreams = 'Only streamed answers have a first token: requests with "stream": true.';

interface Drawing {
  title: string;
  format(value: number): string;
  isStacked?: boolean;
  series: Series[];
}

function Charts({ of, split }: { of: MetricsData; split: Split }) {
  const chart = useLoad(() => import('../../ui/chart.tsx'), []);
  const times = useMemo(() => timesOf(of), [of]);
  const drawings = useMemo(() => (split === 'all' ? drawAll(of, times) : drawSplit(of, times)), [of, times]);
  return (
    <Shown of={chart}>
      {({ default: Chart }) => (
        <div class="columns">
          {drawings.map(({ title, ...drawing }) => (
            <Card key={title} title={title}>
              {drawing.series.some(({ values }) => values.some(value => value !== null)) ? (
                <Chart label={`${title} over time`} times={times} {...drawing} />
              ) : (
                <Empty title="Nothing measured">
                  {title.startsWith(firstToken) ? onlyStreams : 'No request was answered.'}
                </Empty>
              )}
            </Card>
          ))}
        </div>
      )}
    </Shown>
  );
}

function drawAll({ points }: MetricsData, times: number[]): Drawing[] {
  const line = (name: string, absent: 0 | null, read: Parameters<typeof toSeries>[4]) =>
    toSeries(name, times, points, absent, read);
  return [
    {
      title: 'Requests',
      format: formatShort,
      isStacked: true,
      series: [
        line('Succeeded', 0, ({ requests, errors }) => requests - errors.total),
        line('Failed', 0, ({ errors }) => errors.total),
      ],
    },
    { title: 'Error rate', format: formatPart, series: [line('Error rate', null, errorPart)] },
    {
      title: 'Latency',
      format: formatMs,
      series: [
        line('Median', null, ({ total_ms }) => total_ms?.p50),
        line('95th percentile', null, ({ total_ms }) => total_ms?.p95),
      ],
    },
    {
      title: firstToken,
      format: formatMs,
      series: [
        line('Median', null, ({ first_token_ms }) => first_token_ms?.p50),
        line('95th percentile', null, ({ first_token_ms }) => first_token_ms?.p95),
      ],
    },
    {
      title: 'Tokens',
      format: formatShort,
      isStacked: true,
      series: [
        line('Input', 0, ({ input_tokens }) => input_tokens),
        line('Output', 0, ({ output_tokens }) => output_tokens),
      ],
    },
    {
      title: 'Cost',
      format: formatUsd,
      isStacked: true,
      series: [line('Cost', 0, ({ cost_nano_usd }) => Number(cost_nano_usd) / 1e9)],
    },
  ];
}

function drawSplit({ series }: MetricsData, times: number[]): Drawing[] {
  const lines = (absent: 0 | null, read: Parameters<typeof toSeries>[4]) =>
    series.map(({ key, points }) => toSeries(key, times, points, absent, read));
  return [
    { title: 'Attempts', format: formatShort, isStacked: true, series: lines(0, ({ requests }) => requests) },
    { title: 'Error rate', format: formatPart, series: lines(null, errorPart) },
    {
      title: 'Latency, 95th percentile',
      format: formatMs,
      series: lines(null, ({ total_ms }) => total_ms?.p95),
    },
    {
      title: `${firstToken}, 95th percentile`,
      format: formatMs,
      series: lines(null, ({ first_token_ms }) => first_token_ms?.p95),
    },
    {
      title: 'Tokens',
      format: formatShort,
      isStacked: true,
      series: lines(0, ({ input_tokens, output_tokens }) => input_tokens + output_tokens),
    },
    {
      title: 'Cost',
      format: formatUsd,
      isStacked: true,
      series: lines(0, ({ cost_nano_usd }) => Number(cost_nano_usd) / 1e9),
    },
  ];
}

function NoRequests({ slug, said }: { slug: string; said: string }) {
  const url = useUrlOf()({ slug });
  return (
    <Card>
      <Empty title={`No requests in ${said}`}>
        Send one with a key of this endpoint, from <a href="/dashboard/keys">Keys</a>; it shows up here within half a
        minute.
      </Empty>
      <Code
        label="a request"
        text={`curl ${url}/chat/completions \\
  -H "Authorization: Bearer $TOLLGATE_KEY" -H "Content-Type: application/json" \\
  -d '{"model": "ngrok/auto", "messages": [{"role": "user", "content": "Hello!"}]}'`}
      />
    </Card>
  );
}
