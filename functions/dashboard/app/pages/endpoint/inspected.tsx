import { useState } from 'preact/hooks';
import { api, type Endpoint, type InspectedRequest, type Replay } from '../../api.ts';
import { formatMs } from '../../format.ts';
import { useAction, useLoad } from '../../load.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Button, Field, Form } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { ErrorNote, Shown } from '../../ui/states.tsx';
import { Badge, Code, Facts, Status, Time } from '../../ui/values.tsx';

/** One kept request with its answer. */
export function Inspected({ id, endpoint }: { id: string; endpoint: Endpoint }) {
  const [isReplaying, setReplaying] = useState(false);
  const request = useLoad(() => api.getInspectorRequest({ id }), [id]);
  const here = `/dashboard/endpoints/${endpoint.id}/inspector`;
  return (
    <>
      <div class="filters spread">
        <a href={here}>← All kept requests</a>
        {request.data && (
          <Button kind="primary" onClick={() => setReplaying(true)}>
            Replay…
          </Button>
        )}
      </div>
      <Shown of={request}>
        {data => (
          <>
            <Card title={`${data.method} ${data.path}`}>
              <Facts facts={factsOf(data, here)} />
            </Card>
            <div class="columns">
              <Message title="Request" of={data.request} query={data.request.query} />
              <Message title="Answer" of={data.response} />
            </div>
            {isReplaying && <ReplayDialog of={data} here={here} onClose={() => setReplaying(false)} />}
          </>
        )}
      </Shown>
    </>
  );
}

function factsOf(data: InspectedRequest, here: string): Parameters<typeof Facts>[0]['facts'] {
  return [
    ['Status', <Status key="status" code={data.status_code} />],
    ['Model', data.model === null ? 'no model asked' : `${data.model} of ${data.provider}`],
    ['Took', formatMs(data.total_ms)],
    ['Received', <Time key="received" at={data.created_at} />],
    ['Kept until', <Time key="until" at={data.expires_at} />],
    [
      'Request',
      <a key="request" href={`/dashboard/requests/${data.id}`}>
        {data.id}
      </a>,
    ],
    ['Key', data.ai_gateway_api_key?.id ?? 'none'],
    ...(data.replay_of === null
      ? []
      : ([
          [
            'Replay of',
            <a key="replay" href={`${here}?request=${data.replay_of}`}>
              {data.replay_of}
            </a>,
          ],
        ] as const)),
  ];
}

function Message({ title, of, query }: { title: string; of: InspectedRequest['response']; query?: string }) {
  const isCut = of.truncated.includes('body');
  const names = Object.keys(of.headers).sort();
  return (
    <Card title={title}>
      {query !== undefined && query !== '' && <Code text={`?${query}`} label="query" />}
      <h3>
        Body{' '}
        {isCut && (
          <Badge tone="warn">
            cut: {formatBytes(new TextEncoder().encode(of.body).length)} of {formatBytes(of.body_bytes)}
          </Badge>
        )}
        {!isCut && of.body_bytes > 0 && <span class="muted small">{formatBytes(of.body_bytes)}</span>}
      </h3>
      {of.body === '' ? (
        <p class="muted">Empty.</p>
      ) : (
        <Code text={readable(of.body)} label={`body of the ${title.toLowerCase()}`} />
      )}
      <h3>Headers</h3>
      <dl class="headers">
        {names.map(name => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {of.headers[name]}
              {of.truncated.includes(`headers.${name}`) && <Badge tone="warn">cut</Badge>}
            </dd>
          </div>
        ))}
      </dl>
      {of.masked.length > 0 && <p class="muted small">Masked: {of.masked.join(', ')}</p>}
    </Card>
  );
}

/** JSON with line breaks; everything else, such as a stream or a body that was cut, as it is. */
function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function formatBytes(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`;
}

function ReplayDialog({ of, here, onClose }: { of: InspectedRequest; here: string; onClose(): void }) {
  const needsKey = of.ai_gateway_api_key !== null;
  const [key, setKey] = useState('');
  const [result, setResult] = useState<Replay>();
  const replay = useAction(async () => {
    const body = key.trim() === '' ? {} : { gateway_key: key.trim() };
    setResult(await api.replayInspectorRequest({ id: of.id, body }));
  });
  return (
    <Dialog title="Replay through the current policy" onClose={onClose}>
      {result ? (
        <>
          <p role="status">
            {result.status_code === null ? (
              'It takes longer than one can wait; the answer will be in the list.'
            ) : (
              <>
                Answered with <Status code={result.status_code} />.
              </>
            )}
          </p>
          <div class="actions end">
            <Button onClick={onClose}>Close</Button>
            {result.request_id !== null && result.uri !== null && (
              <a class="button button-primary" href={`${here}?request=${result.request_id}`}>
                Open the new request
              </a>
            )}
          </div>
        </>
      ) : (
        <Form onSend={replay.run}>
          <p>It is sent as it came, runs through the policy as it is now, and costs what any request costs.</p>
          {needsKey && (
            <Field
              label="Gateway key"
              hint="The key it came with is not kept. This one is used once and stored nowhere."
            >
              <input
                type="password"
                value={key}
                onInput={event => setKey(event.currentTarget.value)}
                placeholder="ng-…-g1-…"
                required
                autocomplete="off"
                spellcheck={false}
              />
            </Field>
          )}
          {replay.error !== undefined && <ErrorNote error={replay.error} />}
          <div class="actions">
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" type="submit" isBusy={replay.isBusy}>
              Replay
            </Button>
          </div>
        </Form>
      )}
    </Dialog>
  );
}
