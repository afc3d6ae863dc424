import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import { formatDay, formatUsd, usdOfNano } from '../format.ts';
import { useLoad } from '../load.ts';
import { Choice, Figure, Page } from '../ui/page.tsx';
import { Shown } from '../ui/states.tsx';
import { Usd } from '../ui/values.tsx';
import { forecast, spendOf, spendStart } from './exhaustion.ts';
import { type Range, ranges, refreshMs } from './ranges.ts';
import { Traffic } from './traffic.tsx';

export function Overview() {
  const [range, setRange] = useState<Range>('24h');
  return (
    <Page
      title="Overview"
      actions={<Choice label="Time range" value={range} options={ranges} onChange={value => setRange(value)} />}
    >
      <Money />
      <Traffic range={range} onChange={value => setRange(value)} />
    </Page>
  );
}

/** What there is, what goes, and how long it lasts. */
function Money() {
  const money = useLoad(
    async () => {
      const nowMs = Date.now();
      const [balance, usage] = await Promise.all([
        api.getCreditBalance(),
        api.getUsageOverview({ query: { startTime: spendStart(nowMs) } }),
      ]);
      return { balance, spend: spendOf(usage, nowMs), future: forecast(balance, usage, nowMs) };
    },
    [],
    refreshMs,
  );
  return (
    <Shown of={money}>
      {({ balance, spend, future: { atMs, isExpiry, nanoUsdADay } }) => (
        <section class="figures" aria-label="Money">
          <Figure
            name="Balance"
            value={<Usd amount={balance.available_usd} />}
            detail={
              <>
                {balance.held_nano_usd !== '0' && `${formatUsd(usdOfNano(balance.held_nano_usd))} set aside · `}
                <a href="/dashboard/credits">Credits</a>
              </>
            }
          />
          <Figure name="Spent today" value={<Usd amount={usdOfNano(spend.today)} />} detail="since midnight UTC" />
          <Figure
            name="Spent this month"
            value={<Usd amount={usdOfNano(spend.month)} />}
            detail={monthName.format(Date.now())}
          />
          <Figure
            name="Credits last until"
            value={atMs === undefined ? '–' : <DayOf atMs={atMs} />}
            detail={
              atMs === undefined
                ? 'nothing was spent in the last 7 days'
                : `${isExpiry ? 'the rest expires then; ' : ''}at ${formatUsd(nanoUsdADay / 1e9)} a day`
            }
          />
        </section>
      )}
    </Shown>
  );
}

const monthName = new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' });

function DayOf({ atMs }: { atMs: number }) {
  const at = new Date(atMs).toISOString();
  return (
    <time dateTime={at} title={`${at} (UTC), going by the average of the last 7 days`}>
      {formatDay(at)}
    </time>
  );
}
