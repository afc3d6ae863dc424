import { useState } from 'preact/hooks';
import { type AiGatewayApiKeyCreated, api, type Endpoint } from '../../api.ts';
import { useLoad } from '../../load.ts';
import { useSession } from '../../session.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Button, Field } from '../../ui/form.tsx';
import { Choice } from '../../ui/page.tsx';
import { Code } from '../../ui/values.tsx';
import { type Client, clients, snippetFor } from './snippets.ts';

/** A token, this once, and what to paste where. */
export function CreatedKey({
  created,
  endpoint,
  onClose,
}: {
  created: AiGatewayApiKeyCreated;
  endpoint: Endpoint | undefined;
  onClose(): void;
}) {
  const { gateway_url } = useSession();
  const [client, setClient] = useState<Client>('openai');
  const [model, setModel] = useState<string>();
  // On a laptop there is a model that needs no provider key.
  const demo = useLoad(() => api.listModels({ query: { provider: 'demo', limit: 1 } }), []);
  const standard = demo.data?.models[0]?.model ?? 'gpt-5-mini';
  const gatewayUrl = gateway_url ?? 'https://your-gateway.example';
  const token = created.token ?? '';
  const address = `${gatewayUrl.replace(/\/$/, '')}/e/${endpoint?.slug ?? 'your-endpoint'}`;
  return (
    <Dialog title="Your new key" onClose={onClose} isWide>
      <p class="note">
        <span>Copy the key now: it is shown this once. Tollgate keeps only a digest of it.</span>
      </p>
      <Code text={token} label="key" />
      <div class="snippet-head">
        <Choice label="Client" value={client} options={clients} onChange={next => setClient(next)} />
        <Field label="Model">
          <input
            value={model ?? standard}
            onInput={event => setModel(event.currentTarget.value)}
            spellcheck={false}
            autocomplete="off"
          />
        </Field>
      </div>
      <Code text={snippetFor(client, { address, token, model: model || standard })} label="snippet" />
      <p class="hint">
        The base URL is that of the endpoint “{endpoint?.slug ?? created.endpoint.id}”.
        {gateway_url === null && ' Put the address of your gateway in front.'} See{' '}
        <a href="/dashboard/models">all models</a> that you can ask for.
      </p>
      <div class="actions actions-end">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}
