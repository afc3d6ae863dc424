import { useState } from 'preact/hooks';
import { api, type Metrics } from '../../api.ts';
import { formatCount, formatMs, formatPart } from '../../format.ts';
import { useLoad } from '../../load.ts';
import { Card, Choice } from '../../ui/page.tsx';
import { Empty, Shown } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { Badge, Time } from '../../ui/values.tsx';
import { Cut } from '../manage-fields.tsx';

type Series = Metrics['series'][number];

const ranges = [
  { value: '24h', name: '24 h' },
  { value: '7d', name: '7 days' },
  { value: '30d', name: '30 days' },
] as const;

const splits = [
  { value: 'provider', name: 'Providers' },
  { value: 'model', name: 'Models' },
] as const;

/** Error rates and latency of every provider, or every model, by the attempts that were made. */
export function Health() {
  const [range, setRange] = useState<(typeof ranges)[number]['value']>('24h');
  const [splitBy, setSplitBy] = useState<(typeof splits)[number]['value']>('provider');
  const metrics = useLoad(() => api.listMetrics({ query: { range, splitBy } }), [range, splitBy], 15_000);
  return (
    <Card
      title="Health"
      actions={
        <>
          <Choice label="Rows" value={splitBy} options={splits} onChange={next => setSplitBy(next)} />
          <Choice label="Time range" value={range} options={ranges} onChange={next => setRange(next)} />
        </>
      }
    >
      <Shown of={metrics}>
        {({ series, counted_until }) =>
          series.length === 0 ? (
            <Empty title="No attempts in this time">
              Send a request through an <a href="/dashboard/endpoints">endpoint</a>: which provider it went to, whether
              it failed and how long it took appears here within seconds.
            </Empty>
          ) : (
            <>
              <HealthTable name={splitBy === 'provider' ? 'Provider' : 'Model'} series={series} />
              <p class="hint">
                Every attempt counts, also those that failed over to another provider.
                {counted_until && (
                  <>
                    {' '}
                    Counted until <Time at={counted_until} />.
                  </>
                )}
              </p>
            </>
          )
        }
      </Shown>
    </Card>
  );
}

function HealthTable({ name, series }: { name: string; series: readonly Series[] }) {
  return (
    <Table
      label="Health"
      rows={series}
      keyOf={row => row.key}
      columns={[
        { name, cell: row => <Cut text={row.key} /> },
        { name: 'Attempts', isNumber: true, cell: ({ totals }) => formatCount(totals.requests) },
        { name: 'Errors', isNumber: true, cell: row => <ErrorRate of={row} /> },
        { name: 'Rate limits', isNumber: true, isExtra: true, cell: row => count(row.totals.errors.rate_limit) },
        { name: 'Timeouts', isNumber: true, isExtra: true, cell: row => count(row.totals.errors.timeout) },
        { name: 'Other 4xx', isNumber: true, isExtra: true, cell: row => count(row.totals.errors.client) },
        { name: '5xx, broken', isNumber: true, isExtra: true, cell: row => count(row.totals.errors.server) },
        { name: 'Total p50', isNumber: true, isExtra: true, cell: row => ms(row.totals.total_ms?.p50) },
        { name: 'Total p95', isNumber: true, cell: row => ms(row.totals.total_ms?.p95) },
        { name: 'First token p95', isNumber: true, isExtra: true, cell: row => ms(row.totals.first_token_ms?.p95) },
      ]}
    />
  );
}

function ErrorRate({ of: { totals } }: { of: Series }) {
  const part = totals.requests === 0 ? 0 : totals.errors.total / totals.requests;
  return (
    <span title={`${formatCount(totals.errors.total)} of ${formatCount(totals.requests)} attempts`}>
      <Badge tone={part >= 0.1 ? 'bad' : part >= 0.02 ? 'warn' : 'good'}>{formatPart(part)}</Badge>
    </span>
  );
}

function count(value: number) {
  return value === 0 ? <span class="muted">0</span> : formatCount(value);
}

function ms(value: number | undefined) {
  return value === undefined ? <span class="muted">–</span> : formatMs(value);
}
