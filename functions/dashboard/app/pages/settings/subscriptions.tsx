import { useState } from 'preact/hooks';
import { api, type EventDestination, type EventSubscription } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useMayWrite } from '../../session.tsx';
import { ConfirmDialog } from '../../ui/dialog.tsx';
import { Button } from '../../ui/form.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, Shown } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { toast } from '../../ui/toast.tsx';
import { Cut, Metadata } from '../manage-fields.tsx';
import { SubscriptionDialog } from './subscription-dialog.tsx';
import { nameOf } from './targets.ts';

type Open = { kind: 'create' } | { kind: 'edit' | 'delete'; subscription: EventSubscription };

const nameOfSubscription = ({ description, id }: EventSubscription) => description || id;

/** Which events go where. */
export function Subscriptions({ destinations }: { destinations: readonly EventDestination[] }) {
  const mayWrite = useMayWrite();
  const subscriptions = useLoad(async () => {
    const page = await api.listEventSubscriptions({ query: { limit: 100 } });
    return page.event_subscriptions;
  }, []);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const done = (message: string) => {
    toast(message);
    subscriptions.reload();
  };
  return (
    <Card
      title="Subscriptions"
      actions={
        mayWrite &&
        destinations.length > 0 && (
          <Button onClick={() => setOpen({ kind: 'create' })}>
            <Icon name="plus" />
            Subscribe
          </Button>
        )
      }
    >
      <Shown of={subscriptions}>
        {list =>
          list.length === 0 ? (
            <Empty title="No subscriptions">
              {destinations.length === 0
                ? 'Add a destination, then choose which events it gets.'
                : 'A destination gets nothing until it is subscribed to events.'}
            </Empty>
          ) : (
            <SubscriptionTable subscriptions={list} destinations={destinations} onOpen={setOpen} />
          )
        }
      </Shown>
      {open?.kind === 'create' && (
        <SubscriptionDialog destinations={destinations} onClose={close} onDone={() => done('Subscribed')} />
      )}
      {open?.kind === 'edit' && (
        <SubscriptionDialog
          destinations={destinations}
          subscription={open.subscription}
          onClose={close}
          onDone={() => done('Subscription saved')}
        />
      )}
      {open?.kind === 'delete' && (
        <ConfirmDialog
          title="Delete this subscription?"
          word={nameOfSubscription(open.subscription)}
          verb="Delete subscription"
          onClose={close}
          act={async () => {
            await api.deleteEventSubscription({ id: open.subscription.id });
            done('Subscription deleted');
          }}
        >
          <p>Its destinations get no more events by it.</p>
        </ConfirmDialog>
      )}
    </Card>
  );
}

function SubscriptionTable({
  subscriptions,
  destinations,
  onOpen,
}: {
  subscriptions: readonly EventSubscription[];
  destinations: readonly EventDestination[];
  onOpen(open: Open): void;
}) {
  const mayWrite = useMayWrite();
  const destinationName = (id: string) => {
    const destination = destinations.find(known => known.id === id);
    return destination ? nameOf(destination) : id;
  };
  return (
    <Table
      label="Subscriptions"
      rows={subscriptions}
      keyOf={subscription => subscription.id}
      columns={[
        {
          name: 'Events',
          cell: ({ description, metadata, sources }) => (
            <div class="named">
              {description && <Cut text={description} />}
              {sources.map(({ type, filter }, index) => (
                <span key={`${type} ${index}`} class="small">
                  <Cut text={filter ? `${type} if ${filter}` : type} isMono />
                </span>
              ))}
              <Metadata text={metadata} />
            </div>
          ),
        },
        {
          name: 'Go to',
          isExtra: true,
          cell: ({ destination_ids }) => (
            <div class="named">
              {destination_ids.map(id => (
                <Cut key={id} text={destinationName(id)} />
              ))}
            </div>
          ),
        },
        ...(mayWrite
          ? [
              {
                name: 'Actions',
                isActions: true,
                cell: (subscription: EventSubscription) => (
                  <>
                    <Button
                      onClick={() => onOpen({ kind: 'edit', subscription })}
                      aria-label={`Edit ${nameOfSubscription(subscription)}`}
                    >
                      Edit
                    </Button>
                    <Button
                      onClick={() => onOpen({ kind: 'delete', subscription })}
                      aria-label={`Delete ${nameOfSubscription(subscription)}`}
                    >
                      Delete
                    </Button>
                  </>
                ),
              },
            ]
          : []),
      ]}
    />
  );
}
