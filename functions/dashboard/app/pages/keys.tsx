import { useState } from 'preact/hooks';
import { type AiGatewayApiKey, type AiGatewayApiKeyCreated, api, type Endpoint } from '../api.ts';
import { useLoad, usePages } from '../load.ts';
import { useMayWrite } from '../session.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Button } from '../ui/form.tsx';
import { Icon } from '../ui/icons.tsx';
import { Card, Page } from '../ui/page.tsx';
import { Empty, ErrorNote, Shown } from '../ui/states.tsx';
import { More, Table } from '../ui/table.tsx';
import { toast } from '../ui/toast.tsx';
import { Time, Usd } from '../ui/values.tsx';
import { CreatedKey } from './keys/created-key.tsx';
import { KeyDialog } from './keys/key-dialog.tsx';
import { Limit, type Spending, spendingOf } from './keys/spending.tsx';
import { loadEndpoints } from './load-endpoints.ts';
import { Ago, KeyName } from './manage-fields.tsx';

type Open = { kind: 'create' } | { kind: 'edit' | 'delete'; gatewayKey: AiGatewayApiKey };

/** Gateway keys: what calls models. */
export function Keys() {
  const mayWrite = useMayWrite();
  const keys = usePages(async before_id => {
    const page = await api.listAiGatewayApiKeys({ query: { limit: 100, ...(before_id && { before_id }) } });
    return { items: page.ai_gateway_api_keys, more: page.next_page_uri !== null };
  }, []);
  const endpoints = useLoad(loadEndpoints, []);
  const usage = useLoad(() => api.getUsageOverview({ query: { groupBy: 'accessKey' } }), [], 15_000);
  const [open, setOpen] = useState<Open>();
  const [created, setCreated] = useState<AiGatewayApiKeyCreated>();
  const close = () => setOpen(undefined);
  const endpointOf = (id: string) => endpoints.data?.find(endpoint => endpoint.id === id);
  const create = mayWrite && endpoints.data !== undefined && endpoints.data.length > 0 && (
    <Button kind="primary" onClick={() => setOpen({ kind: 'create' })}>
      <Icon name="plus" />
      Create key
    </Button>
  );
  return (
    <Page
      title="Keys"
      lead="A gateway key lets one application call models through one endpoint. Give each application a key of its own: then you see what it spends, and can limit or stop it."
      actions={create}
    >
      {endpoints.error !== undefined && <ErrorNote error={endpoints.error} retry={endpoints.reload} />}
      {usage.error !== undefined && <ErrorNote error={usage.error} retry={usage.reload} />}
      <Card>
        <Shown of={keys}>
          {list =>
            list.length === 0 ? (
              <Empty title="No keys yet" action={create || undefined}>
                {endpoints.data?.length === 0 ? (
                  <>
                    A key belongs to an endpoint, and there is none. <a href="/dashboard/endpoints">Make an endpoint</a>{' '}
                    first.
                  </>
                ) : (
                  'Create a key, paste it into your application, and its requests appear here with what they cost.'
                )}
              </Empty>
            ) : (
              <KeyTable
                keys={list}
                endpointOf={endpointOf}
                spendingOf={id => spendingOf(id, usage.data)}
                mayWrite={mayWrite}
                onOpen={setOpen}
              />
            )
          }
        </Shown>
        <More of={keys} />
        {keys.data !== undefined && keys.data.length > 0 && usage.data?.counted_until && (
          <p class="hint">
            Spend is of the last 30 days (UTC), counted until <Time at={usage.data.counted_until} />.
          </p>
        )}
      </Card>
      {open?.kind === 'create' && (
        <KeyDialog
          endpoints={endpoints.data ?? []}
          onClose={close}
          onCreated={key => {
            setCreated(key);
            keys.reload();
          }}
        />
      )}
      {open?.kind === 'edit' && (
        <KeyDialog
          endpoints={endpoints.data ?? []}
          gatewayKey={open.gatewayKey}
          onClose={close}
          onChanged={() => {
            toast('Key saved');
            keys.reload();
          }}
        />
      )}
      {open?.kind === 'delete' && (
        <ConfirmDialog
          title="Delete this key?"
          word={open.gatewayKey.description || open.gatewayKey.display_name}
          verb="Delete key"
          onClose={close}
          act={async () => {
            await api.deleteAiGatewayApiKey({ id: open.gatewayKey.id });
            toast('Key deleted');
            keys.reload();
          }}
        >
          <p>
            Whatever uses <span class="mono">{open.gatewayKey.display_name}</span> is refused from then on. This cannot
            be undone; what the key has spent stays in the records.
          </p>
        </ConfirmDialog>
      )}
      {created && (
        <CreatedKey
          created={created}
          endpoint={endpointOf(created.endpoint.id)}
          onClose={() => setCreated(undefined)}
        />
      )}
    </Page>
  );
}

function KeyTable({
  keys,
  endpointOf,
  spendingOf,
  mayWrite,
  onOpen,
}: {
  keys: readonly AiGatewayApiKey[];
  endpointOf(id: string): Endpoint | undefined;
  spendingOf(id: string): Spending | undefined;
  mayWrite: boolean;
  onOpen(open: Open): void;
}) {
  return (
    <Table
      label="Gateway keys"
      rows={keys}
      keyOf={key => key.id}
      columns={[
        {
          name: 'Key',
          cell: key => <KeyName of={key} />,
        },
        {
          name: 'Endpoint',
          isExtra: true,
          cell: key => (
            <a href={`/dashboard/endpoints/${key.endpoint.id}`} title={key.endpoint.id}>
              {endpointOf(key.endpoint.id)?.slug ?? key.endpoint.id}
            </a>
          ),
        },
        { name: 'Last used', isExtra: true, cell: key => <Ago at={key.last_used} /> },
        {
          name: 'Spend',
          isNumber: true,
          cell: key => <Usd amount={spendingOf(key.id)?.monthUsd} />,
        },
        { name: 'Limit', isNumber: true, isExtra: true, cell: key => <Limit of={key} spending={spendingOf(key.id)} /> },
        { name: 'Expires', isExtra: true, cell: key => <Expiry at={key.expires_at} /> },
        ...(mayWrite
          ? [
              {
                name: 'Actions',
                isActions: true,
                cell: (key: AiGatewayApiKey) => (
                  <>
                    <Button
                      onClick={() => onOpen({ kind: 'edit', gatewayKey: key })}
                      aria-label={`Edit ${key.description || key.display_name}`}
                    >
                      Edit
                    </Button>
                    <Button
                      onClick={() => onOpen({ kind: 'delete', gatewayKey: key })}
                      aria-label={`Delete ${key.description || key.display_name}`}
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

function Expiry({ at }: { at: string | null }) {
  if (at !== null && Date.parse(at) <= Date.now()) {
    return (
      <span class="problem">
        expired <Ago at={at} />
      </span>
    );
  }
  return <Ago at={at} />;
}
