import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, type Endpoint } from '../api.ts';
import { formatCount } from '../format.ts';
import { useAction, useLoad, usePages } from '../load.ts';
import { useMayWrite } from '../session.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Button, Field, Form } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Card, Page } from '../ui/page.tsx';
import { Empty, ErrorNote, Shown } from '../ui/states.tsx';
import { type Column, More, Table } from '../ui/table.tsx';
import { toast } from '../ui/toast.tsx';
import { Badge, Copy, Time } from '../ui/values.tsx';
import { DeleteEndpoint } from './endpoint/delete-endpoint.tsx';
import { readHosts, useUrlOf } from './endpoint/names.ts';

export function Endpoints() {
  const mayWrite = useMayWrite();
  const urlOf = useUrlOf();
  const [isCreating, setCreating] = useState(false);
  const [leaving, setLeaving] = useState<Endpoint>();
  const list = usePages(async beforeId => {
    const page = await api.listEndpoints({ query: { limit: 100, ...(beforeId && { before_id: beforeId }) } });
    return { items: page.endpoints, more: page.next_page_uri !== null };
  }, []);
  const usage = useLoad(() => api.getUsageOverview({ query: { groupBy: 'endpoint' } }), []);
  const counts = new Map(usage.data?.groups.map(({ group_key, requests }) => [group_key, requests]));

  const columns: Column<Endpoint>[] = [
    {
      name: 'Endpoint',
      cell: ({ id, slug, description }) => (
        <div class="endpoint-name">
          <a class="strong" href={`/dashboard/endpoints/${id}`}>
            {slug}
          </a>
          {description !== '' && <div class="muted small cell-text">{description}</div>}
        </div>
      ),
    },
    {
      name: 'Address',
      isExtra: true,
      cell: endpoint => (
        <div class="addresses">
          <div class="address">
            <code>{urlOf(endpoint)}</code>
            <Copy text={urlOf(endpoint)} label={`Copy the address of ${endpoint.slug}`} />
          </div>
          {endpoint.hosts.map(host => (
            <div key={host}>
              <code class="muted">{host}</code>
            </div>
          ))}
        </div>
      ),
    },
    {
      name: 'Requests',
      isNumber: true,
      cell: ({ id }) => (usage.data ? formatCount(counts.get(id) ?? 0) : <span class="muted">–</span>),
    },
    {
      name: 'Inspector',
      isExtra: true,
      cell: ({ inspector }) => (inspector ? <Badge tone="warn">on</Badge> : <span class="muted">off</span>),
    },
    {
      name: 'Last change',
      cell: ({ updated_at }) => (
        <span class="nowrap">
          <Time at={updated_at} isAgo />
        </span>
      ),
    },
  ];
  if (mayWrite) {
    columns.push({
      name: 'Actions',
      isNumber: true,
      isExtra: true,
      cell: endpoint => (
        <Button onClick={() => setLeaving(endpoint)} aria-label={`Delete ${endpoint.slug}`}>
          Delete
        </Button>
      ),
    });
  }
  const create = mayWrite && (
    <Button kind="primary" onClick={() => setCreating(true)}>
      <Icon name="plus" />
      New endpoint
    </Button>
  );
  return (
    <Page
      title="Endpoints"
      lead="Where clients send their requests. Each has a traffic policy that decides which models answer. Requests are those of the last 30 days."
      actions={create}
    >
      <Card>
        {usage.error !== undefined && <ErrorNote error={usage.error} retry={usage.reload} />}
        <Shown of={list}>
          {endpoints =>
            endpoints.length === 0 ? (
              <Empty title="No endpoints yet" action={create}>
                An endpoint is an address with a traffic policy. Create one, then a key that opens it.
              </Empty>
            ) : (
              <Table label="Endpoints" columns={columns} rows={endpoints} keyOf={({ id }) => id} />
            )
          }
        </Shown>
        <More of={list} />
      </Card>
      {isCreating && <NewEndpoint onClose={() => setCreating(false)} />}
      {leaving && (
        <DeleteEndpoint
          endpoint={leaving}
          onClose={() => setLeaving(undefined)}
          onDeleted={() => {
            setLeaving(undefined);
            list.reload();
          }}
        />
      )}
    </Page>
  );
}

const firstPolicy = `# Every model of the catalog may answer. Change this on the Policy tab.
on_http_request:
  - actions:
      - type: ai-gateway
`;

function NewEndpoint({ onClose }: { onClose(): void }) {
  const { route } = useLocation();
  const urlOf = useUrlOf();
  const [slug, setSlug] = useState('');
  const [hosts, setHosts] = useState('');
  const [description, setDescription] = useState('');
  const { run, isBusy, error } = useAction(async () => {
    const body = { slug, hosts: readHosts(hosts), description, traffic_policy: firstPolicy };
    const { id } = await api.createEndpoint({ body });
    toast(`Endpoint ${slug} created`);
    route(`/dashboard/endpoints/${id}/policy`);
  });
  return (
    <Dialog title="New endpoint" onClose={onClose}>
      <Form onSend={run}>
        <Field label="Slug" hint={`Lower-case letters, digits and hyphens. Address: ${urlOf({ slug: slug || '…' })}`}>
          <input
            value={slug}
            onInput={event => setSlug(event.currentTarget.value)}
            required
            maxLength={63}
            pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
            autocomplete="off"
            spellcheck={false}
          />
        </Field>
        <Field
          label="Host names (optional)"
          hint="That you point at the gateway, such as ai.example.com; commas between."
        >
          <input
            value={hosts}
            onInput={event => setHosts(event.currentTarget.value)}
            autocomplete="off"
            spellcheck={false}
          />
        </Field>
        <Field label="Description (optional)">
          <input value={description} maxLength={255} onInput={event => setDescription(event.currentTarget.value)} />
        </Field>
        {error !== undefined && <ErrorNote error={error} />}
        <div class="actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            Create endpoint
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
