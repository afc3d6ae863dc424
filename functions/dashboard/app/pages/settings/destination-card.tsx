import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api, type EventDelivery, type EventDestination, type EventDestinationTest } from '../../api.ts';
import { formatCount, formatMs } from '../../format.ts';
import { useAction, useLoad } from '../../load.ts';
import { useMayWrite } from '../../session.tsx';
import { Button } from '../../ui/form.tsx';
import { ErrorNote, Shown } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { Badge, Facts, Time } from '../../ui/values.tsx';
import { Cut, Metadata } from '../manage-fields.tsx';
import type { OpenDestination } from './destinations-tab.tsx';
import { addressOf, kindOf, nameOf, targetNames } from './targets.ts';

/** One destination: whether events arrive, and what can be done about it. */
export function DestinationCard({
  destination,
  onOpen,
  onChanged,
}: {
  destination: EventDestination;
  onOpen(open: OpenDestination): void;
  onChanged(): void;
}) {
  const { id, paused, metadata } = destination;
  const mayWrite = useMayWrite();
  const details = useLoad(() => api.getEventDestination({ id }), [id, paused], 5_000);
  const [result, setResult] = useState<EventDestinationTest>();
  const test = useAction(async () => {
    setResult(undefined);
    setResult(await api.testEventDestination({ id }));
  });
  const pause = useAction(async () => {
    await api.updateEventDestination({ id, body: { paused: !paused } });
    toast(paused ? 'Destination resumed' : 'Destination paused');
    onChanged();
  });
  const name = nameOf(destination);
  return (
    <section class="card delivery" aria-label={`Destination ${name}`}>
      <div class="card-head">
        <div class="named">
          <h3>
            <Cut text={name} />
          </h3>
          <span class="muted">
            <Cut text={`${targetNames[kindOf(destination)]}: ${addressOf(destination)}`} />
          </span>
          <Metadata text={metadata} />
        </div>
        <div class="actions quiet-actions">
          {mayWrite && (
            <>
              <Button onClick={test.run} isBusy={test.isBusy} aria-label={`Send test event to ${name}`}>
                Send test event
              </Button>
              <Button onClick={pause.run} isBusy={pause.isBusy} aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}>
                {paused ? 'Resume' : 'Pause'}
              </Button>
            </>
          )}
          <Button onClick={() => onOpen({ kind: 'letters', destination })} aria-label={`Dead letters of ${name}`}>
            Dead letters
          </Button>
          {mayWrite && (
            <>
              <Button onClick={() => onOpen({ kind: 'edit', destination })} aria-label={`Edit ${name}`}>
                Edit
              </Button>
              <Button onClick={() => onOpen({ kind: 'delete', destination })} aria-label={`Delete ${name}`}>
                Delete
              </Button>
            </>
          )}
        </div>
      </div>
      {result && <TestResult of={result} />}
      {test.error !== undefined && <ErrorNote error={test.error} />}
      {pause.error !== undefined && <ErrorNote error={pause.error} />}
      <Shown of={details}>
        {({ delivery, pause_reason, paused_at }) => (
          <>
            {paused && (
              <p class="note">
                <span>
                  Paused <Time at={paused_at} isAgo />
                  {pause_reason && `: ${pause_reason}`}. It gets nothing, and nothing is kept for it.
                </span>
              </p>
            )}
            <Delivery of={delivery} />
          </>
        )}
      </Shown>
    </section>
  );
}

function TestResult({ of: { delivered, error, status_code, latency_ms } }: { of: EventDestinationTest }) {
  return (
    <p class={delivered ? 'note note-good' : 'note note-bad'} role="status">
      <span>
        {delivered
          ? `The test event arrived in ${formatMs(latency_ms)}.`
          : `The test event did not arrive${status_code === null ? '' : ` (HTTP ${status_code})`}: ${error}. Correct the destination, then send another.`}
      </span>
    </p>
  );
}

function Delivery({ of: delivery }: { of: EventDelivery }) {
  const facts: [string, ComponentChildren][] = [
    ['State', <State key="state" of={delivery} />],
    ['Last delivered', <Time key="success" at={delivery.last_success_at} isAgo />],
    ['Delivered', countEvents(delivery.delivered_events)],
    ['Waiting', countEvents(delivery.pending_events, delivery.pending_more)],
    ['Given up', countEvents(delivery.dropped_events)],
  ];
  if (delivery.failures > 0) {
    facts.push(['Next try', <Time key="next" at={delivery.next_attempt_at} isAgo />]);
  }
  return (
    <>
      <Facts facts={facts} />
      {delivery.failures > 0 && delivery.last_error && (
        <p class="note note-bad">
          <span>
            {formatCount(delivery.failures)} failed deliveries since <Time at={delivery.failing_since} />. The last, of{' '}
            <Time at={delivery.last_error_at} isAgo />: {delivery.last_error}
          </span>
        </p>
      )}
    </>
  );
}

function State({ of: delivery }: { of: EventDelivery }) {
  if (delivery.failures > 0) return <Badge tone="bad">failing</Badge>;
  if (delivery.last_success_at !== null) return <Badge tone="good">delivering</Badge>;
  return <Badge>nothing sent yet</Badge>;
}

function countEvents(count: number, isAtLeast = false): string {
  return `${isAtLeast ? 'over ' : ''}${formatCount(count)} ${count === 1 ? 'event' : 'events'}`;
}
