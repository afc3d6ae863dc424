import { useState } from 'preact/hooks';
import { api, type UsageEvent } from '../api.ts';
import { useLoad } from '../load.ts';
import { Button } from '../ui/form.tsx';
import { Card } from '../ui/page.tsx';
import { Empty, Loading, Shown } from '../ui/states.tsx';
import { FirstCall } from './first-call.tsx';
import { type Range, ranges, refreshMs } from './ranges.ts';
import { TrafficNumbers } from './traffic-numbers.tsx';

/** Whoever waits for a first request looks at the page. */
const waitingMs = 3_000;

/** How requests went in a range; before the first one, how to send it. */
export function Traffic({ range, onChange }: { range: Range; onChange(range: Range): void }) {
  const [isWaiting, setWaiting] = useState(false);
  const [token, setToken] = useState<string>();
  const traffic = useLoad(
    async () => {
      const [provider, model, { usage }] = await Promise.all([
        api.listMetrics({ query: { range, splitBy: 'provider' } }),
        api.listMetrics({ query: { range, splitBy: 'model' } }),
        api.getUsage({ query: { limit: 1 } }),
      ]);
      setWaiting(provider.totals.requests === 0);
      return { metrics: { provider, model }, newest: usage[0] };
    },
    [range],
    isWaiting ? waitingMs : refreshMs,
  );
  return (
    <Shown of={traffic}>
      {({ metrics, newest }) => (
        <>
          {(newest === undefined || token !== undefined) && (
            <FirstCall
              token={token}
              onToken={setToken}
              onDone={newest === undefined ? undefined : () => setToken(undefined)}
            />
          )}
          {metrics.provider.totals.requests > 0 ? (
            <TrafficNumbers metrics={metrics} />
          ) : (
            newest !== undefined && (
              <Quiet range={range} onChange={onChange} isBehind={!isCounted(newest, metrics.provider.counted_until)} />
            )
          )}
        </>
      )}
    </Shown>
  );
}

function isCounted({ created_at }: UsageEvent, countedUntil: string | null): boolean {
  return countedUntil !== null && countedUntil > created_at;
}

/** There are requests, but none in this range, or none that was counted. */
function Quiet({ range, onChange, isBehind }: { range: Range; onChange(range: Range): void; isBehind: boolean }) {
  if (isBehind) {
    return (
      <Card>
        <Loading label="Your first requests are being counted; this takes a moment." />
        <p>
          They are listed already under <a href="/dashboard/requests">Requests</a>.
        </p>
      </Card>
    );
  }
  const next = ranges[ranges.findIndex(({ value }) => value === range) + 1];
  return (
    <Card>
      <Empty
        title={`No requests in ${ranges.find(({ value }) => value === range)?.words}`}
        action={next && <Button onClick={() => onChange(next.value)}>Look at {next.words}</Button>}
      >
        Numbers are shown here as soon as requests come in.
      </Empty>
    </Card>
  );
}
