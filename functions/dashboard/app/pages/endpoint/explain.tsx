import { useState } from 'preact/hooks';
import { api, type EndpointExplain } from '../../api.ts';
import { useAction } from '../../load.ts';
import { Button, Field, Form } from '../../ui/form.tsx';
import { Card } from '../../ui/page.tsx';
import { Empty, ErrorNote } from '../../ui/states.tsx';
import type { TabProps } from '../endpoint.tsx';
import { useDraft } from './draft.ts';
import { ExplanationView } from './explanation.tsx';

const paths = ['/v1/chat/completions', '/v1/messages', '/v1/responses', '/v1/completions', '/v1/embeddings'];

const firstBody = `{
  "messages": [{ "role": "user", "content": "Hello!" }]
}`;

/** A dry run: what would become of a request, without sending it. */
export function Explain({ endpoint }: TabProps) {
  const [draft] = useDraft(endpoint);
  const [model, setModel] = useState('ngrok/auto');
  const [path, setPath] = useState(paths[0] ?? '');
  const [headers, setHeaders] = useState('');
  const [body, setBody] = useState(firstBody);
  const [clientIp, setClientIp] = useState('');
  const [hasKey, setHasKey] = useState(true);
  const [usesDraft, setUsesDraft] = useState(draft !== undefined);
  const [explained, setExplained] = useState<Awaited<ReturnType<typeof api.explainEndpoint>>>();
  const explain = useAction(async () => {
    const request: EndpointExplain = {
      path,
      headers: readHeaders(headers),
      body: readBody(body, model),
      with_gateway_key: hasKey,
      ...(clientIp !== '' && { client_ip: clientIp }),
      ...(draft && usesDraft && { traffic_policy: draft.text }),
    };
    setExplained(undefined);
    setExplained(await api.explainEndpoint({ id: endpoint.id, body: request }));
  });
  const bodyProblem = problemOf(() => readBody(body, model));
  const headersProblem = problemOf(() => readHeaders(headers));
  return (
    <div class="explain">
      <Card title="A request">
        <Form onSend={() => bodyProblem === undefined && headersProblem === undefined && explain.run()}>
          <Field label="Model" hint="As a client writes it: a name, provider:model, or ngrok/auto. Empty: none.">
            <input
              value={model}
              onInput={event => setModel(event.currentTarget.value)}
              spellcheck={false}
              autocomplete="off"
            />
          </Field>
          <Field label="Path">
            <select value={path} onChange={event => setPath(event.currentTarget.value)}>
              {paths.map(one => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </Field>
          <Field label="Headers" hint="One on a line, such as x-team: search" problem={headersProblem}>
            <textarea
              class="mono"
              value={headers}
              spellcheck={false}
              onInput={event => setHeaders(event.currentTarget.value)}
            />
          </Field>
          <Field label="Body" hint="JSON; the model above is put into it." problem={bodyProblem}>
            <textarea
              class="mono tall"
              value={body}
              spellcheck={false}
              onInput={event => setBody(event.currentTarget.value)}
            />
          </Field>
          <Field label="Client address (optional)" hint="For rules that read it; 127.0.0.1 unless given.">
            <input
              value={clientIp}
              onInput={event => setClientIp(event.currentTarget.value.trim())}
              spellcheck={false}
              autocomplete="off"
            />
          </Field>
          <div class="checks">
            <label>
              <input type="checkbox" checked={hasKey} onChange={event => setHasKey(event.currentTarget.checked)} />
              It shows a gateway key
            </label>
            {draft && (
              <label>
                <input
                  type="checkbox"
                  checked={usesDraft}
                  onChange={event => setUsesDraft(event.currentTarget.checked)}
                />
                Use the policy that I edited and have not saved
              </label>
            )}
          </div>
          <div class="actions">
            <Button kind="primary" type="submit" isBusy={explain.isBusy}>
              Explain
            </Button>
          </div>
        </Form>
      </Card>
      <div class="explain-result" aria-live="polite">
        {explain.error !== undefined && <ErrorNote error={explain.error} />}
        {explained && <ExplanationView of={explained} />}
        {!explained && explain.error === undefined && (
          <Card>
            <Empty title="Nothing is sent">
              Describe a request and press Explain: you see which rules would apply, which models would be tried in
              which order, what was dropped and why, and how much would be held.
            </Empty>
          </Card>
        )}
      </div>
    </div>
  );
}

function readHeaders(text: string): Record<string, string> {
  const lines = text.split('\n').filter(line => line.trim() !== '');
  return Object.fromEntries(
    lines.map(line => {
      const [, name, value] = /^\s*([^\s:]+)\s*:(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) {
        throw new Error(`“${line.trim()}” is not a header; write its name, a colon, and its value.`);
      }
      return [name, value.trim()];
    }),
  );
}

function readBody(text: string, model: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : ''}`);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Error('Write a JSON object: { … }');
  return { ...body, ...(model !== '' && { model }) };
}

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
