import { useState } from 'preact/hooks';
import { api, type EventDestination } from '../../api.ts';
import { formatCount } from '../../format.ts';
import { useLoad, usePages } from '../../load.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Empty, Shown } from '../../ui/states.tsx';
import { More, Table } from '../../ui/table.tsx';
import { Code, Time } from '../../ui/values.tsx';
import { Cut } from '../manage-fields.tsx';
import { nameOf } from './targets.ts';

/** Events that a destination did not take within a day. */
export function DeadLetters({ destination, onClose }: { destination: EventDestination; onClose(): void }) {
  const { id } = destination;
  const letters = usePages(
    async before_id => {
      const page = await api.listEventDestinationDeadLetters({
        id,
        query: { limit: 50, ...(before_id && { before_id }) },
      });
      return { items: page.dead_letters, more: page.next_page_uri !== null };
    },
    [id],
  );
  const [letterId, setLetterId] = useState<string>();
  return (
    <Dialog title={`Dead letters of ${nameOf(destination)}`} onClose={onClose} isWide>
      <p class="muted">Batches of events that were given up after 24 hours. They can be read for two weeks.</p>
      <Shown of={letters}>
        {list =>
          list.length === 0 ? (
            <Empty title="No dead letters">Every event arrived, or is still being tried.</Empty>
          ) : (
            <Table
              label="Dead letters"
              rows={list}
              keyOf={letter => letter.id}
              columns={[
                {
                  name: 'Given up',
                  cell: letter => (
                    <button type="button" class="link" onClick={() => setLetterId(letter.id)}>
                      <Time at={letter.died_at} />
                    </button>
                  ),
                },
                { name: 'Events', isNumber: true, cell: letter => formatCount(letter.event_count) },
                { name: 'Last error', cell: letter => <Cut text={letter.error} /> },
              ]}
            />
          )
        }
      </Shown>
      <More of={letters} />
      {letterId !== undefined && <Events destinationId={id} letterId={letterId} />}
    </Dialog>
  );
}

function Events({ destinationId, letterId }: { destinationId: string; letterId: string }) {
  const letter = useLoad(
    () => api.getEventDestinationDeadLetter({ id: destinationId, letter_id: letterId }),
    [destinationId, letterId],
  );
  return <Shown of={letter}>{({ events }) => <Code text={JSON.stringify(events, null, 2)} label="events" />}</Shown>;
}
