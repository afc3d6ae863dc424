import { useState } from 'preact/hooks';
import { api, type EventDestination } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useMayWrite } from '../../session.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Button } from '../../ui/form.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, Shown } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { DestinationCard } from './destination-card.tsx';
import { DestinationDialog } from './destination-dialog.tsx';
import { Subscriptions } from './subscriptions.tsx';
import { nameOf } from './targets.ts';

export type OpenDestination =
  | { kind: 'create' }
  | { kind: 'edit' | 'delete' | 'letters'; destination: EventDestination };

/** Where events go, which ones, and whether they arrive. There are at most a few destinations. */
export function DestinationsTab() {
  const mayWrite = useMayWrite();
  const destinations = useLoad(async () => {
    const page = await api.listEventDestinations({ query: { limit: 100 } });
    return page.event_destinations;
  }, []);
  const [open, setOpen] = useState<OpenDestination>();
  const close = () => setOpen(undefined);
  const done = (message: string) => {
    toast(message);
    destinations.reload();
  };
  return (
    <>
      <div class="section-head">
        <h2>Event destinations</h2>
        {mayWrite && (
          <Button kind="primary" onClick={() => setOpen({ kind: 'create' })}>
            <Icon name="plus" />
            Add destination
          </Button>
        )}
      </div>
      <Shown of={destinations}>
        {list => (
          <>
            {list.length === 0 ? (
              <Card>
                <Empty title="No destinations yet">
                  A destination gets events as they happen: requests to models, warnings such as a low balance, changes
                  of keys and policies. It is a webhook, Datadog, CloudWatch Logs, Firehose or EventBridge.
                </Empty>
              </Card>
            ) : (
              list.map(destination => (
                <DestinationCard
                  key={destination.id}
                  destination={destination}
                  onOpen={setOpen}
                  onChanged={destinations.reload}
                />
              ))
            )}
            <Subscriptions destinations={list} />
          </>
        )}
      </Shown>
      {open?.kind === 'create' && <DestinationDialog onClose={close} onDone={() => done('Destination added')} />}
      {open?.kind === 'edit' && (
        <DestinationDialog destination={open.destination} onClose={close} onDone={() => done('Destination saved')} />
      )}
      {open?.kind === 'letters' && <DeadLetters destination={open.destination} onClose={close} />}
      {open?.kind === 'delete' && (
        <ConfirmDialog
          title="Delete this destination?"
          word={nameOf(open.destination)}
          verb="Delete destination"
          onClose={close}
          act={async () => {
            await api.deleteEventDestination({ id: open.destination.id });
            done('Destination deleted');
          }}
        >
          <p>What still waits for it is not sent, and its dead letters cannot be read any more.</p>
        </ConfirmDialog>
      )}
    </>
  );
}
