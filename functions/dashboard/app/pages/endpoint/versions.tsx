import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, type EndpointVersion } from '../../api.ts';
import { useAction, useLoad, usePages } from '../../load.ts';
import { useMayWrite } from '../../session.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Button } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { ErrorNote, Shown } from '../../ui/states.tsx';
import { type Column, More, Table } from '../../ui/table.tsx';
import { toast } from '../../ui/toast.tsx';
import { Badge, Time } from '../../ui/values.tsx';
import type { TabProps } from '../endpoint.tsx';
import { revisionTag, unlessStale } from './names.ts';

export function Versions({ endpoint, onChanged }: TabProps) {
  const { query } = useLocation();
  const [asked, setAsked] = useState<EndpointVersion>();
  const mayWrite = useMayWrite();
  const versions = usePages(
    async beforeId => {
      const page = await api.listEndpointVersions({
        id: endpoint.id,
        query: { limit: 50, ...(beforeId && { before_id: beforeId }) },
      });
      return { items: page.versions, more: page.next_page_uri !== null };
    },
    [endpoint.id, endpoint.policy_version],
  );
  const here = `/dashboard/endpoints/${endpoint.id}/versions`;
  const columns: Column<EndpointVersion>[] = [
    {
      name: 'Version',
      cell: ({ version }) => (
        <>
          <span class="strong">{version}</span>{' '}
          {version === endpoint.policy_version && <Badge tone="good">current</Badge>}
        </>
      ),
    },
    { name: 'Saved', cell: ({ created_at }) => <Time at={created_at} /> },
    { name: 'By management key', isExtra: true, cell: ({ created_by }) => <code>{created_by.id}</code> },
    {
      name: 'Actions',
      isNumber: true,
      cell: version =>
        version.version === endpoint.policy_version ? (
          <a href={`/dashboard/endpoints/${endpoint.id}/policy`}>Edit</a>
        ) : (
          <a href={`${here}?version=${version.version}`}>
            Compare<span class="unseen"> version {version.version} with the current one</span>
          </a>
        ),
    },
  ];
  return (
    <>
      {query.version !== undefined && query.version !== String(endpoint.policy_version) && (
        <Comparison key={query.version} endpoint={endpoint} version={query.version} onRollback={mayWrite && setAsked} />
      )}
      <Card title="Versions">
        <p class="muted">Every saved policy, newest first. Versions never change; rolling back makes a new one.</p>
        <Shown of={versions}>
          {rows => <Table label="Versions" columns={columns} rows={rows} keyOf={({ id }) => id} />}
        </Shown>
        <More of={versions} />
      </Card>
      {asked && (
        <Rollback
          endpoint={endpoint}
          version={asked}
          onClose={() => setAsked(undefined)}
          onChanged={changed => {
            setAsked(undefined);
            onChanged(changed);
          }}
        />
      )}
    </>
  );
}

function Comparison({
  endpoint,
  version,
  onRollback,
}: Pick<TabProps, 'endpoint'> & { version: string; onRollback: false | ((version: EndpointVersion) => void) }) {
  const editor = useLoad(() => import('./editor/policy-editor.tsx'), []);
  const old = useLoad(() => api.getEndpointVersion({ id: endpoint.id, version }), [endpoint.id, version]);
  const isSame = old.data?.traffic_policy === endpoint.traffic_policy;
  return (
    <Card
      title={`Version ${version} against the current version ${endpoint.policy_version}`}
      actions={
        <>
          <a class="button" href={`/dashboard/endpoints/${endpoint.id}/versions`}>
            Close
          </a>
          {onRollback && old.data && !isSame && (
            <Button kind="primary" onClick={() => old.data && onRollback(old.data)}>
              Roll back to version {version}…
            </Button>
          )}
        </>
      }
    >
      <Shown of={old}>
        {({ traffic_policy }) =>
          isSame ? (
            <p>It is the same policy as the current one.</p>
          ) : (
            <>
              <p class="muted">
                <span class="mark mark-bad">Red</span> is only in the current version,{' '}
                <span class="mark mark-good">green</span> only in version {version}: what rolling back would remove and
                bring back.
              </p>
              <Shown of={editor}>
                {({ PolicyDiff }) => (
                  <PolicyDiff label="Differences" before={endpoint.traffic_policy} after={traffic_policy} />
                )}
              </Shown>
            </>
          )
        }
      </Shown>
    </Card>
  );
}

function Rollback({
  endpoint,
  version: { version, created_at },
  onClose,
  onChanged,
}: TabProps & { version: EndpointVersion; onClose(): void }) {
  const { route } = useLocation();
  const back = useAction(async () => {
    const changed = await unlessStale(
      api.rollbackEndpoint({ id: endpoint.id, body: { version }, ifMatch: revisionTag(endpoint) }),
    );
    toast(`Version ${version} is back, as version ${changed.policy_version}`);
    onChanged(changed);
    route(`/dashboard/endpoints/${endpoint.id}/versions`);
  });
  return (
    <Dialog title={`Roll back to version ${version}?`} onClose={onClose}>
      <p>
        The policy that was saved <Time at={created_at} /> becomes version {endpoint.policy_version + 1} of{' '}
        {endpoint.slug} and applies to requests within seconds. Version {endpoint.policy_version} stays in the list.
      </p>
      {back.error !== undefined && <ErrorNote error={back.error} />}
      <div class="actions end">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" onClick={back.run} isBusy={back.isBusy}>
          Roll back
        </Button>
      </div>
    </Dialog>
  );
}
