import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api } from '../../api.ts';
import { useAction, useLoad } from '../../load.ts';
import { useMayWrite } from '../../session.tsx';
import { Button, Field, Form } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { ErrorNote, Shown } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { Facts, Time } from '../../ui/values.tsx';
import type { TabProps } from '../endpoint.tsx';
import { DeleteEndpoint } from './delete-endpoint.tsx';
import { readHosts, revisionTag, unlessStale } from './names.ts';

export function Settings(props: TabProps) {
  const { endpoint } = props;
  const mayWrite = useMayWrite();
  const { route } = useLocation();
  const [isDeleting, setDeleting] = useState(false);
  return (
    <>
      <Card title="About">
        <Facts
          facts={[
            ['Id', <code key="id">{endpoint.id}</code>],
            ['Created', <Time key="created" at={endpoint.created_at} />],
            ['Last change', <Time key="updated" at={endpoint.updated_at} />],
            ...(mayWrite
              ? []
              : ([
                  ['Host names', endpoint.hosts.join(', ') || 'none'],
                  ['Metadata', endpoint.metadata || 'none'],
                  ['Event destinations', endpoint.event_destination_ids.join(', ') || 'none'],
                ] as const)),
          ]}
        />
      </Card>
      {mayWrite && <Change key={endpoint.revision} {...props} />}
      {mayWrite && (
        <Card
          title="Delete"
          actions={
            <Button kind="danger" onClick={() => setDeleting(true)}>
              Delete endpoint…
            </Button>
          }
        >
          <p class="muted">Requests to it are refused at once, and its keys open nothing any more.</p>
        </Card>
      )}
      {isDeleting && (
        <DeleteEndpoint
          endpoint={endpoint}
          onClose={() => setDeleting(false)}
          onDeleted={() => route('/dashboard/endpoints')}
        />
      )}
    </>
  );
}

function Change({ endpoint, onChanged }: TabProps) {
  const [slug, setSlug] = useState(endpoint.slug);
  const [hosts, setHosts] = useState(endpoint.hosts.join(', '));
  const [description, setDescription] = useState(endpoint.description);
  const [metadata, setMetadata] = useState(endpoint.metadata);
  const [destinations, setDestinations] = useState(endpoint.event_destination_ids);
  const all = useLoad(() => api.listEventDestinations({ query: { limit: 100 } }), []);
  const save = useAction(async () => {
    const body = { slug, hosts: readHosts(hosts), description, metadata, event_destination_ids: destinations };
    onChanged(await unlessStale(api.updateEndpoint({ id: endpoint.id, body, ifMatch: revisionTag(endpoint) })));
    toast('Settings saved');
  });
  const isSlugChanged = slug !== endpoint.slug;
  return (
    <Card title="Settings">
      <Form onSend={save.run}>
        <Field
          label="Slug"
          problem={
            isSlugChanged ? 'Clients that use the old address will get 404 as soon as this is saved.' : undefined
          }
        >
          <input
            value={slug}
            onInput={event => setSlug(event.currentTarget.value)}
            required
            maxLength={63}
            spellcheck={false}
          />
        </Field>
        <Field label="Host names" hint="That you point at the gateway, such as ai.example.com; commas between.">
          <input value={hosts} onInput={event => setHosts(event.currentTarget.value)} spellcheck={false} />
        </Field>
        <Field label="Description">
          <input value={description} maxLength={255} onInput={event => setDescription(event.currentTarget.value)} />
        </Field>
        <Field label="Metadata" hint="Any text of your own, such as JSON; Tollgate does not read it.">
          <textarea
            class="mono"
            value={metadata}
            maxLength={4096}
            spellcheck={false}
            onInput={event => setMetadata(event.currentTarget.value)}
          />
        </Field>
        <fieldset class="checks">
          <legend class="label">Event destinations</legend>
          <Shown of={all}>
            {({ event_destinations }) =>
              event_destinations.length === 0 ? (
                <p class="hint">None yet; set one up in Settings to have events of this endpoint sent to you.</p>
              ) : (
                event_destinations.map(({ id, description: name }) => (
                  <label key={id}>
                    <input
                      type="checkbox"
                      checked={destinations.includes(id)}
                      onChange={event =>
                        setDestinations(
                          event.currentTarget.checked ? [...destinations, id] : destinations.filter(one => one !== id),
                        )
                      }
                    />
                    {name || id}
                  </label>
                ))
              )
            }
          </Shown>
        </fieldset>
        {save.error !== undefined && <ErrorNote error={save.error} />}
        <div class="actions">
          <Button kind="primary" type="submit" isBusy={save.isBusy}>
            Save settings
          </Button>
        </div>
      </Form>
    </Card>
  );
}
