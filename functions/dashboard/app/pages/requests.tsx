import { useMemo } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { api, type UsageEvent } from '../api.ts';
import { formatClock, formatCount, formatMs, formatShortDay } from '../format.ts';
import { useLoad } from '../load.ts';
import { Card, Page } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { type Column, More, Table } from '../ui/table.tsx';
import { Status, Time, Usd } from '../ui/values.tsx';
import { filterOf, RequestFilters, readChoices } from './request-filters.tsx';
import { Outcome } from './request-outcome.tsx';
import { useRequests } from './use-requests.ts';

/** What ids stand for. */
interface Names {
  endpoints: ReadonlyMap<string, string>;
  keys: ReadonlyMap<string, string>;
}

export function Requests() {
  const { query } = useLocation();
  const choices = readChoices(query);
  const key = JSON.stringify(choices);
  // The range ends now, whenever it is loaded; where it begins stays until something else is chosen.
  const filter = useMemo(() => filterOf(choices, Date.now()), [key]);
  const list = useRequests(filter, key);
  const names = useLoad(loadNames, []);
  const isNarrowed = Object.entries(choices).some(([name, value]) => name !== 'range' && value !== '');
  return (
    <Page title="Requests" lead="Calls to models, newest first. One that ends while you look appears by itself.">
      <RequestFilters choices={choices} endpoints={names.data?.endpoints} keys={names.data?.keys} />
      <Card>
        <Shown of={list}>
          {found => (
            <>
              {found.requests.length > 0 ? (
                <Table
                  label="Requests"
                  columns={columnsFor(names.data)}
                  rows={found.requests}
                  keyOf={request => request.id}
                />
              ) : (
                <Nothing isNarrowed={isNarrowed} isMore={list.more} looked={found.looked} />
              )}
              <More of={list} />
            </>
          )}
        </Shown>
      </Card>
    </Page>
  );
}

function Nothing({ isNarrowed, isMore, looked }: { isNarrowed: boolean; isMore: boolean; looked: number }) {
  if (isMore) {
    return <Empty title="Nothing yet">{`Looked through ${formatCount(looked)} requests. There are older ones.`}</Empty>;
  }
  if (isNarrowed) {
    return (
      <Empty
        title="No request is like this"
        action={
          <a class="button" href="/dashboard/requests">
            Show all requests
          </a>
        }
      >
        Take a filter out, or look further back.
      </Empty>
    );
  }
  return (
    <Empty
      title="No requests in this time"
      action={
        <a class="button button-primary" href="/dashboard">
          Send one
        </a>
      }
    >
      The overview has a line for your terminal that calls a model. The request is listed here a moment after its answer
      has ended.
    </Empty>
  );
}

async function loadNames(): Promise<Names> {
  const [{ endpoints }, { ai_gateway_api_keys }] = await Promise.all([
    api.listEndpoints({ query: { limit: 100 } }),
    api.listAiGatewayApiKeys({ query: { limit: 100 } }),
  ]);
  return {
    endpoints: new Map(endpoints.map(({ id, slug }) => [id, slug])),
    keys: new Map(ai_gateway_api_keys.map(({ id, description, display_name }) => [id, description || display_name])),
  };
}

function columnsFor(names: Names | undefined): Column<UsageEvent>[] {
  return [
    {
      name: 'Began',
      cell: ({ id, created_at }) => (
        <a class="moment" href={`/dashboard/requests/${id}`}>
          <Time at={created_at}>
            {formatClock(created_at)} <span class="muted small">{formatShortDay(created_at)}</span>
          </Time>
        </a>
      ),
    },
    {
      name: 'Status',
      cell: request => (
        <span class="badges">
          <Status code={request.status_code} />
          <Outcome of={request.outcome} isQuiet />
        </span>
      ),
    },
    {
      name: 'Model',
      cell: ({ provider, model, streaming, attempts }) => (
        <>
          <div class="break">{model ?? <span class="muted">none answered</span>}</div>
          <div class="muted small">
            {[provider, streaming && 'streamed', attempts > 1 && `${attempts} attempts`].filter(Boolean).join(', ')}
          </div>
        </>
      ),
    },
    {
      name: 'Endpoint and key',
      isExtra: true,
      cell: ({ endpoint_id, ai_gateway_api_key_id }) => (
        <>
          <div class="break">{endpoint_id === null ? '–' : (names?.endpoints.get(endpoint_id) ?? endpoint_id)}</div>
          <div class="muted small break">
            {ai_gateway_api_key_id === null
              ? 'no key'
              : (names?.keys.get(ai_gateway_api_key_id) ?? ai_gateway_api_key_id)}
          </div>
        </>
      ),
    },
    {
      name: 'Tokens in',
      isNumber: true,
      isExtra: true,
      cell: ({ input_tokens, estimated }) => <Tokens count={input_tokens} isEstimate={estimated} />,
    },
    {
      name: 'Tokens out',
      isNumber: true,
      isExtra: true,
      cell: ({ output_tokens, estimated }) => <Tokens count={output_tokens} isEstimate={estimated} />,
    },
    {
      name: 'First token',
      isNumber: true,
      isExtra: true,
      cell: ({ time_to_first_token_ms: ms }) => <Duration ms={ms} />,
    },
    { name: 'Total', isNumber: true, isExtra: true, cell: ({ total_ms: ms }) => <Duration ms={ms} /> },
    { name: 'Cost', isNumber: true, isExtra: true, cell: ({ cost_usd }) => <Usd amount={cost_usd} /> },
  ];
}

function Tokens({ count, isEstimate }: { count: number | null; isEstimate: boolean }) {
  if (count === null) return <span class="muted">–</span>;
  if (!isEstimate) return <>{formatCount(count)}</>;
  return <span title="Counted by Tollgate; the provider reported nothing">≈ {formatCount(count)}</span>;
}

function Duration({ ms }: { ms: number | null }) {
  return ms === null ? <span class="muted">–</span> : <span>{formatMs(ms)}</span>;
}
