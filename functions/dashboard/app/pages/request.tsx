import { useRoute } from 'preact-iso';
import { api, ManagementApiError, type UsageRequest } from '../api.ts';
import { formatCount, formatMs } from '../format.ts';
import { useLoad } from '../load.ts';
import { useMayWrite } from '../session.tsx';
import { Card, Figure, Page } from '../ui/page.tsx';
import { Empty, Shown } from '../ui/states.tsx';
import { Code, Copy, Facts, Time, Usd } from '../ui/values.tsx';
import { Attempts } from './request-attempts.tsx';
import { Candidates, Selections } from './request-candidates.tsx';
import { Cost, Ledger } from './request-cost.tsx';
import { Outcome } from './request-outcome.tsx';

interface Story {
  request: UsageRequest;
  /** Undefined when it was deleted since. */
  endpoint: string | undefined;
  key: string | undefined;
  isInspected: boolean;
}

/** The story of one request: what was tried, why, and what it cost. */
export function OneRequest() {
  const { id = '' } = useRoute().params;
  const mayInspect = useMayWrite(); // bodies are not for viewers
  const story = useLoad(() => loadStory(id, mayInspect), [id]);
  const request = story.data?.request;
  return (
    <Page
      title="Request"
      lead={
        <span class="name-line">
          <code class="break">{id}</code>
          <Copy text={id} label="Copy the request id" />
        </span>
      }
      actions={
        <>
          <a class="button" href="/dashboard/requests">
            All requests
          </a>
          {request && story.data?.isInspected && (
            <a class="button" href={`/dashboard/endpoints/${request.endpoint.id}/inspector?request=${id}`}>
              Bodies and headers
            </a>
          )}
        </>
      }
    >
      {story.error instanceof ManagementApiError && story.error.status === 404 ? (
        <Card>
          <Empty title="There is no such request">
            It is known a moment after its answer has ended, and for 90 days. Check the id, or find it among{' '}
            <a href="/dashboard/requests">all requests</a>.
          </Empty>
        </Card>
      ) : (
        <Shown of={story}>{shown => <Shape story={shown} />}</Shown>
      )}
    </Page>
  );
}

async function loadStory(id: string, mayInspect: boolean): Promise<Story> {
  const request = await api.getUsageRequest({ id });
  const keyId = request.ai_gateway_api_key?.id;
  const endMs = Date.parse(request.created_at) + 1;
  const [endpoint, key, kept] = await Promise.all([
    unlessGone(api.getEndpoint({ id: request.endpoint.id })),
    keyId === undefined ? undefined : unlessGone(api.getAiGatewayApiKey({ id: keyId })),
    mayInspect &&
      api.listInspectorRequests({
        query: { startTime: request.created_at, endTime: new Date(endMs).toISOString(), limit: 100 },
      }),
  ]);
  return {
    request,
    endpoint: endpoint?.slug,
    key: key && (key.description || key.display_name),
    isInspected: kept !== false && kept.requests.some(one => one.id === id),
  };
}

async function unlessGone<Thing>(thing: Promise<Thing>): Promise<Thing | undefined> {
  try {
    return await thing;
  } catch (error) {
    if (error instanceof ManagementApiError && error.status === 404) return undefined;
    throw error;
  }
}

function Shape({ story }: { story: Story }) {
  const { request } = story;
  const { usage, estimate } = request;
  const inputs = usage ?? estimate;
  return (
    <>
      <div class="figures">
        <Figure
          name="Status"
          value={request.status_code}
          detail={
            <span class="badges">
              <Outcome of={request.outcome} />
              {request.error_code && <code>{request.error_code}</code>}
            </span>
          }
        />
        <Figure
          name="Took"
          value={request.total_ms === null ? '–' : formatMs(request.total_ms)}
          detail={request.gateway_latency_ms !== null && `${formatMs(request.gateway_latency_ms)} of it in Tollgate`}
        />
        <Figure
          name="First token after"
          value={request.time_to_first_token_ms === null ? '–' : formatMs(request.time_to_first_token_ms)}
          detail={request.time_to_first_token_ms !== null && (request.streaming ? 'streamed' : 'in one piece')}
        />
        <Figure
          name="Tokens"
          value={inputs ? formatCount(inputs.input_tokens + inputs.output_tokens) : '–'}
          detail={inputs && `${formatCount(inputs.input_tokens)} in, ${formatCount(inputs.output_tokens)} out`}
        />
        <Figure
          name="Cost"
          value={<Usd amount={request.cost_usd} />}
          detail={request.cost_nano_usd !== '0' && 'taken from the balance'}
        />
      </div>
      <Card>
        <Facts facts={factsOf(story)} />
      </Card>
      <Card title="Attempts">
        <Attempts of={request} />
      </Card>
      <Card title="Candidates">
        <Candidates of={request} />
      </Card>
      {request.model_selection.length > 0 && (
        <Card title="Model selection">
          <Selections of={request} />
        </Card>
      )}
      <div class="columns">
        <Card title="Cost">
          <Cost of={request} />
        </Card>
        <Card title="Balance">
          <Ledger of={request} />
        </Card>
      </div>
      <div class="columns">
        <Card title="Tokens">
          <Tokens of={request} />
        </Card>
        <Card title="Rules of the policy">
          {request.rules.length === 0 ? (
            <p class="muted">
              No rule is named in the record: an action without conditions answered, or the request ended before.
            </p>
          ) : (
            <ol class="rules">
              {request.rules.map(rule => (
                <li key={rule} class="break">
                  {rule}
                </li>
              ))}
            </ol>
          )}
          <p class="small">
            <a href={`/dashboard/endpoints/${request.endpoint.id}/policy`}>
              Policy{request.policy_version !== null && ` (version ${request.policy_version} was in force)`}
            </a>
          </p>
        </Card>
      </div>
      {request.logs.length > 0 && (
        <Card title="Logs of the policy">
          <Code text={request.logs.map(line => JSON.stringify(line, undefined, 2)).join('\n')} label="logs" />
        </Card>
      )}
    </>
  );
}

function factsOf({ request, endpoint, key }: Story): (readonly [string, preact.ComponentChildren])[] {
  const { ai_gateway_api_key: keyReference } = request;
  return [
    ['Began', <Time key="time" at={request.created_at} />],
    [
      'Endpoint',
      <a key="endpoint" href={`/dashboard/endpoints/${request.endpoint.id}`}>
        {endpoint ?? `${request.endpoint.id} (deleted)`}
      </a>,
    ],
    [
      'Key',
      keyReference === null ? (
        <span class="muted">none</span>
      ) : (
        <a key="key" href={`/dashboard/keys?key=${keyReference.id}`}>
          {key ?? `${keyReference.id} (deleted)`}
        </a>
      ),
    ],
    ['Surface', request.surface],
    ['Asked for', request.requested_models.join(', ') || <span class="muted">no model: the gateway chose</span>],
    [
      'Answered by',
      request.model === null ? <span class="muted">no model</span> : `${request.provider}:${request.model}`,
    ],
    ['Finish reason', request.finish_reason ?? <span class="muted">none</span>],
    ['Trace', request.trace_id === null ? <span class="muted">none sent</span> : <code>{request.trace_id}</code>],
    ['Prices', request.price_version === null ? <span class="muted">none</span> : <code>{request.price_version}</code>],
  ];
}

const tokenNames = [
  ['input_tokens', 'Input'],
  ['cached_input_tokens', 'of it read from a cache'],
  ['cache_write_tokens', 'of it written to a cache'],
  ['cache_write_1h_tokens', 'of it written for an hour'],
  ['input_audio_tokens', 'of it audio'],
  ['output_tokens', 'Output'],
  ['reasoning_tokens', 'of it reasoning'],
  ['output_audio_tokens', 'of it audio'],
] as const;

/** What the provider reported beside what we counted. */
function Tokens({ of: { usage, estimate } }: { of: UsageRequest }) {
  if (!usage && !estimate) return <p class="muted">No tokens were used: nothing answered.</p>;
  const own: Record<string, unknown> = { ...estimate };
  return (
    <div class="table">
      <table>
        <thead>
          <tr>
            <th scope="col">Tokens</th>
            <th scope="col" class="number">
              {usage?.estimated ? 'Charged' : 'Reported'}
            </th>
            <th scope="col" class="number">
              Counted here
            </th>
          </tr>
        </thead>
        <tbody>
          {tokenNames.map(([name, title]) => {
            const count = usage?.[name];
            const isPart = title.startsWith('of it');
            if (isPart && !count) return null;
            return (
              <tr key={name}>
                <td class={isPart ? 'part muted' : ''}>{title}</td>
                <td class="number">{count === undefined ? '–' : formatCount(count)}</td>
                <td class="number muted">{typeof own[name] === 'number' && formatCount(own[name])}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {usage?.estimated && <p class="hint">The provider reported nothing, so our own count is what is charged.</p>}
      {estimate?.rough && <p class="hint">The texts were too long to be counted to their end.</p>}
    </div>
  );
}
