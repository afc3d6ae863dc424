import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, type InspectedRequestSummary } from '../../api.ts';
import { formatMs } from '../../format.ts';
import { useAction, useLoad } from '../../load.ts';
import { useMayWrite } from '../../session.tsx';
import { Button, Field } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, ErrorNote, Shown } from '../../ui/states.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { toast } from '../../ui/toast.tsx';
import { Badge, Status, Time } from '../../ui/values.tsx';
import type { TabProps } from '../endpoint.tsx';
import { useDebounced } from './debounced.ts';
import { Inspected } from './inspected.tsx';

export function Inspector(props: TabProps) {
  const { query } = useLocation();
  const mayWrite = useMayWrite();
  if (!mayWrite) {
    return (
      <Card>
        <Empty title="For administrators">
          The inspector shows what people write to models, so it takes a management key with the role admin.
        </Empty>
      </Card>
    );
  }
  if (query.request) return <Inspected key={query.request} id={query.request} endpoint={props.endpoint} />;
  return (
    <>
      <Switch {...props} />
      <Kept endpoint={props.endpoint} />
    </>
  );
}

const retentions = [1, 6, 24, 48, 72];

function Switch({ endpoint, onChanged }: TabProps) {
  const hours = endpoint.inspector_retention_hours;
  const change = useAction(async (body: { inspector?: boolean; inspector_retention_hours?: number }) => {
    const changed = await api.updateEndpoint({ id: endpoint.id, body });
    onChanged(changed);
    toast(
      changed.inspector
        ? `The inspector is on and keeps requests for ${changed.inspector_retention_hours} h`
        : 'The inspector is off',
    );
  });
  return (
    <Card
      title="Traffic Inspector"
      actions={
        <>
          <label class="inline-field">
            Keep for
            <select
              value={String(hours)}
              onChange={event => change.run({ inspector_retention_hours: Number(event.currentTarget.value) })}
              disabled={change.isBusy}
            >
              {[...new Set([...retentions, hours])]
                .sort((one, other) => one - other)
                .map(one => (
                  <option key={one} value={String(one)}>
                    {one} h
                  </option>
                ))}
            </select>
          </label>
          <Button
            kind={endpoint.inspector ? 'plain' : 'primary'}
            isBusy={change.isBusy}
            onClick={() => change.run({ inspector: !endpoint.inspector })}
          >
            {endpoint.inspector ? 'Turn off' : 'Turn on'}
          </Button>
        </>
      }
    >
      <p>
        <Badge tone={endpoint.inspector ? 'warn' : 'plain'}>{endpoint.inspector ? 'on' : 'off'}</Badge>{' '}
        {endpoint.inspector
          ? 'Headers and bodies of every request are kept, with credentials masked. Turn it off when you have found what you look for: it keeps what your users write.'
          : 'Turn it on while you look for something: headers and bodies of requests are kept for a while, with credentials masked.'}
      </p>
      {change.error !== undefined && <ErrorNote error={change.error} />}
    </Card>
  );
}

/** Lists are asked for this often, well within what the API lets an account ask. */
const refreshMs = 4_000;

function Kept({ endpoint }: Pick<TabProps, 'endpoint'>) {
  const [status, setStatus] = useState('');
  const [model, setModel] = useState('');
  const [key, setKey] = useState('');
  const [older, setOlder] = useState<{ items: InspectedRequestSummary[]; cursor: string | null }>();
  const wanted = useDebounced(`${status}\n${model.trim()}`, 300);
  const [wantedStatus = '', wantedModel = ''] = wanted.split('\n');
  const isStatus = wantedStatus === '' || /^[1-5]\d\d$/.test(wantedStatus);
  const query = {
    endpointId: endpoint.id,
    ...(isStatus && wantedStatus !== '' && { statusCode: Number(wantedStatus) }),
    ...(wantedModel !== '' && { model: wantedModel }),
    ...(key !== '' && { accessKeyId: key }),
  };
  const isFiltered = Object.keys(query).length > 1;
  const newest = useLoad(
    async () => {
      const page = await api.listInspectorRequests({ query });
      setOlder(undefined);
      return page;
    },
    [endpoint.id, wanted, key],
    endpoint.inspector && older === undefined ? refreshMs : undefined,
  );
  const keys = useLoad(() => api.listAiGatewayApiKeys({ query: { limit: 100 } }), []);
  const cursor = older ? older.cursor : (newest.data?.cursor ?? null);
  const more = useAction(async () => {
    if (cursor === null) return;
    const page = await api.listInspectorRequests({ query: { ...query, cursor } });
    setOlder({ items: [...(older?.items ?? []), ...page.requests], cursor: page.cursor });
  });
  const ownKeys = keys.data?.ai_gateway_api_keys.filter(one => one.endpoint.id === endpoint.id) ?? [];
  return (
    <Card
      title="Kept requests"
      actions={
        endpoint.inspector && older === undefined ? (
          <span class="live">Live</span>
        ) : (
          <Button onClick={newest.reload}>Refresh</Button>
        )
      }
    >
      <div class="filters">
        <Field label="Status" problem={isStatus ? undefined : 'A number from 100 to 599'}>
          <input
            value={status}
            inputMode="numeric"
            placeholder="any"
            onInput={event => setStatus(event.currentTarget.value.trim())}
          />
        </Field>
        <Field label="Model that answered">
          <input
            value={model}
            placeholder="any"
            spellcheck={false}
            onInput={event => setModel(event.currentTarget.value)}
          />
        </Field>
        <Field label="Key">
          <select value={key} onChange={event => setKey(event.currentTarget.value)}>
            <option value="">any</option>
            {ownKeys.map(({ id, description }) => (
              <option key={id} value={id}>
                {description || id}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <Shown of={newest}>
        {({ requests }) => {
          const rows = [...requests, ...(older?.items ?? [])];
          return rows.length === 0 ? (
            <Nothing isOn={endpoint.inspector} isFiltered={isFiltered} />
          ) : (
            <Table label="Kept requests" columns={columnsOf(endpoint.id)} rows={rows} keyOf={({ id }) => id} />
          );
        }}
      </Shown>
      {more.error !== undefined && <ErrorNote error={more.error} />}
      {cursor !== null && (
        <div class="more">
          <Button onClick={more.run} isBusy={more.isBusy}>
            Show older
          </Button>
        </div>
      )}
    </Card>
  );
}

function Nothing({ isOn, isFiltered }: { isOn: boolean; isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No kept request is like that">Take a filter away to see the others.</Empty>;
  return isOn ? (
    <Empty title="Waiting for requests">Send one to this endpoint; it shows up here by itself.</Empty>
  ) : (
    <Empty title="Nothing is kept">Turn the inspector on above, then send requests to this endpoint.</Empty>
  );
}

function columnsOf(endpointId: string): Column<InspectedRequestSummary>[] {
  return [
    {
      name: 'Time',
      cell: ({ id, created_at }) => (
        <a href={`/dashboard/endpoints/${endpointId}/inspector?request=${id}`}>
          <Time at={created_at} />
        </a>
      ),
    },
    { name: 'Status', cell: ({ status_code }) => <Status code={status_code} /> },
    {
      name: 'Model',
      cell: ({ provider, model, replay_of }) => (
        <>
          {model ?? <span class="muted">no model asked</span>} {replay_of !== null && <Badge>replay</Badge>}
          {provider !== null && <div class="muted small">{provider}</div>}
        </>
      ),
    },
    {
      name: 'Request',
      isExtra: true,
      cell: ({ method, path }) => (
        <code class="cell-text">
          {method} {path}
        </code>
      ),
    },
    {
      name: 'Key',
      isExtra: true,
      cell: ({ ai_gateway_api_key }) =>
        ai_gateway_api_key ? (
          <code title={ai_gateway_api_key.id}>…{ai_gateway_api_key.id.slice(-6)}</code>
        ) : (
          <span class="muted">none</span>
        ),
    },
    { name: 'Took', isNumber: true, cell: ({ total_ms }) => formatMs(total_ms) },
  ];
}
