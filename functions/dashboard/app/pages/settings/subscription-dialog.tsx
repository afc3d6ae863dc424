import { useState } from 'preact/hooks';
import { eventTypes } from '../../../../events/event-types.ts';
import { api, type EventDestination, type EventSubscription } from '../../api.ts';
import { FormDialog } from '../../ui/dialog.tsx';
import { Button, Field, useFields } from '../../ui/form.tsx';
import { Icon } from '../../ui/icons.tsx';
import { DescriptionField, MetadataField } from '../manage-fields.tsx';
import { nameOf } from './targets.ts';

interface Source {
  id: number;
  type: string;
  filter: string;
}

/** Chooses which events go where. */
export function SubscriptionDialog({
  destinations,
  subscription,
  onClose,
  onDone,
}: {
  destinations: readonly EventDestination[];
  subscription?: EventSubscription;
  onClose(): void;
  onDone(): void;
}) {
  const { values, bind } = useFields({
    description: subscription?.description ?? '',
    metadata: subscription?.metadata ?? '',
  });
  const [sources, setSources] = useState<Source[]>(
    (subscription?.sources ?? [{ type: eventTypes[0] as string }]).map((source, id) => ({ filter: '', ...source, id })),
  );
  const [chosen, setChosen] = useState<readonly string[]>(
    subscription?.destination_ids ?? destinations.slice(0, 1).map(({ id }) => id),
  );
  const change = (id: number, changes: Partial<Source>) =>
    setSources(before => before.map(source => (source.id === id ? { ...source, ...changes } : source)));
  const act = async () => {
    if (chosen.length === 0) throw new Error('Choose at least one destination.');
    const body = {
      ...values,
      sources: sources.map(({ type, filter }) => ({ type, ...(filter && { filter }) })),
      destination_ids: [...chosen],
    };
    if (subscription) await api.updateEventSubscription({ id: subscription.id, body });
    else await api.createEventSubscription({ body });
    onDone();
  };
  return (
    <FormDialog
      title={subscription ? 'Edit subscription' : 'Subscribe to events'}
      verb={subscription ? 'Save' : 'Subscribe'}
      act={act}
      onClose={onClose}
    >
      <DescriptionField bound={bind('description')} placeholder="What it is for" />
      {sources.map((source, index) => (
        <div key={source.id} class="source">
          <Field label={sources.length === 1 ? 'Event type' : `Event type ${index + 1}`}>
            <select value={source.type} onInput={event => change(source.id, { type: event.currentTarget.value })}>
              {eventTypes.map(type => (
                <option key={type}>{type}</option>
              ))}
            </select>
          </Field>
          <Field label="Only if" hint="CEL over ev. Empty: all of them.">
            <input
              class="mono"
              value={source.filter}
              onInput={event => change(source.id, { filter: event.currentTarget.value })}
              placeholder={'ev.object.endpoint.id == "ep_…"'}
              spellcheck={false}
              autocomplete="off"
            />
          </Field>
          {sources.length > 1 && (
            <button
              type="button"
              class="icon-button"
              onClick={() => setSources(before => before.filter(({ id }) => id !== source.id))}
            >
              <Icon name="close" label={`Remove event type ${index + 1}`} />
            </button>
          )}
        </div>
      ))}
      {sources.length < 20 && (
        <div class="quiet-actions">
          <Button
            onClick={() =>
              setSources(before => [
                ...before,
                { id: Math.max(...before.map(({ id }) => id)) + 1, type: eventTypes[0] as string, filter: '' },
              ])
            }
          >
            <Icon name="plus" />
            Another event type
          </Button>
        </div>
      )}
      <fieldset class="checks">
        <legend class="label">Destinations</legend>
        {destinations.map(destination => (
          <label key={destination.id}>
            <input
              type="checkbox"
              checked={chosen.includes(destination.id)}
              onInput={event => {
                const isChosen = event.currentTarget.checked;
                setChosen(before => [
                  ...before.filter(id => id !== destination.id),
                  ...(isChosen ? [destination.id] : []),
                ]);
              }}
            />
            {nameOf(destination)}
          </label>
        ))}
      </fieldset>
      <MetadataField bound={bind('metadata')} />
    </FormDialog>
  );
}
