import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso';
import { api, type Endpoint as EndpointData, ManagementApiError } from '../api.ts';
import { useLoad } from '../load.ts';
import { Page, Tabs } from '../ui/page.tsx';
import { Shown } from '../ui/states.tsx';
import { Copy } from '../ui/values.tsx';
import { Explain } from './endpoint/explain.tsx';
import { Inspector } from './endpoint/inspector.tsx';
import { Metrics } from './endpoint/metrics.tsx';
import { useUrlOf } from './endpoint/names.ts';
import { Policy } from './endpoint/policy.tsx';
import { Settings } from './endpoint/settings.tsx';
import { Versions } from './endpoint/versions.tsx';

/** What each tab is about, and the way to tell the page that it changed. */
export interface TabProps {
  endpoint: EndpointData;
  onChanged(endpoint: EndpointData): void;
}

const tabs = [
  { path: 'metrics', name: 'Metrics', show: Metrics },
  { path: 'policy', name: 'Policy', show: Policy },
  { path: 'versions', name: 'Versions', show: Versions },
  { path: 'explain', name: 'Explain', show: Explain },
  { path: 'inspector', name: 'Inspector', show: Inspector },
  { path: 'settings', name: 'Settings', show: Settings },
];

export function Endpoint() {
  const { params } = useRoute();
  return <OneEndpoint key={params.id} id={params.id ?? ''} path={params.tab || 'metrics'} />;
}

function OneEndpoint({ id, path }: { id: string; path: string }) {
  const urlOf = useUrlOf();
  const loaded = useLoad(() => api.getEndpoint({ id }), [id]);
  const [changed, setChanged] = useState<EndpointData>();
  const newest = changed && changed.revision >= (loaded.data?.revision ?? 0) ? changed : loaded.data;
  const tab = tabs.find(one => one.path === path);
  const isGone = loaded.error instanceof ManagementApiError && loaded.error.status === 404;
  return (
    <Page
      title={newest?.slug ?? 'Endpoint'}
      lead={
        newest && (
          <>
            <span class="address">
              <code>{urlOf(newest)}</code>
              <Copy text={urlOf(newest)} label="Copy the address" />
            </span>
            {newest.description !== '' && <span class="description">{newest.description}</span>}
          </>
        )
      }
    >
      <Tabs
        label="Endpoint"
        tabs={tabs.map(({ path: own, name }) => ({
          name,
          href: `/dashboard/endpoints/${id}/${own}`,
          isHere: own === path,
        }))}
      />
      {isGone && (
        <p>
          See <a href="/dashboard/endpoints">all endpoints</a>.
        </p>
      )}
      {!tab && (
        <p>
          There is no such tab. Go to the <a href={`/dashboard/endpoints/${id}`}>metrics</a> of this endpoint.
        </p>
      )}
      <Shown of={{ ...loaded, data: newest }}>
        {endpoint => tab && <tab.show endpoint={endpoint} onChanged={setChanged} />}
      </Shown>
    </Page>
  );
}
