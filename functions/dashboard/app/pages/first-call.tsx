import { api, type Model } from '../api.ts';
import { useAction, useLoad } from '../load.ts';
import { useMayWrite, useSession } from '../session.tsx';
import { Button } from '../ui/form.tsx';
import { Card } from '../ui/page.tsx';
import { ErrorNote, Shown } from '../ui/states.tsx';
import { Code } from '../ui/values.tsx';

const keyPlace = '<your gateway key>';

/**
 * A line for the terminal that calls a model, and a button that makes a key for it.
 * @param onDone takes the line away; undefined while there is nothing else to show
 */
export function FirstCall({
  token,
  onToken,
  onDone,
}: {
  token: string | undefined;
  onToken(token: string): void;
  onDone: (() => void) | undefined;
}) {
  const session = useSession();
  const mayWrite = useMayWrite();
  const gatewayUrl = session.gateway_url?.replace(/\/+$/, '') ?? 'https://<your gateway>';
  const start = useLoad(async () => {
    const [{ endpoints }, { models }] = await Promise.all([
      api.listEndpoints({ query: { limit: 100 } }),
      api.listModels({ query: { limit: 100, surface: 'chat-completions' } }),
    ]);
    return { endpoint: endpoints.at(-1), model: firstModel(models) };
  }, []);
  const making = useAction(async (endpointId: string) => {
    const made = await api.createAiGatewayApiKey({
      body: { endpoint_id: endpointId, description: 'Made on the overview' },
      idempotencyKey: crypto.randomUUID(),
    });
    if (made.token !== null) onToken(made.token);
  });
  return (
    <Card
      title={onDone ? 'Your first call' : 'Send your first request'}
      actions={onDone && <Button onClick={onDone}>I have kept the key</Button>}
    >
      <Shown of={start}>
        {({ endpoint, model }) =>
          endpoint === undefined ? (
            <p>
              There is no endpoint yet, which a key would open. <a href="/dashboard/endpoints">Make one</a> and come
              back.
            </p>
          ) : (
            <>
              <p class="muted">
                {token === undefined
                  ? 'Paste this into a terminal. Numbers and charts appear here by themselves, a few seconds after the answer.'
                  : 'This key works now, for calls to models only. Keep it: it is not shown again.'}
              </p>
              <Code label="the curl line" text={curlLine(gatewayUrl, token ?? keyPlace, model)} />
              {making.error !== undefined && <ErrorNote error={making.error} />}
              {token === undefined && mayWrite && (
                <div class="actions">
                  <Button kind="primary" isBusy={making.isBusy} onClick={() => making.run(endpoint.id)}>
                    Make a key and put it in
                  </Button>
                  <span class="muted small">It opens the endpoint “{endpoint.slug}”.</span>
                </div>
              )}
              {token === undefined && !mayWrite && (
                <p class="muted">You may look but not change anything here: ask an admin for a gateway key.</p>
              )}
            </>
          )
        }
      </Shown>
    </Card>
  );
}

/** The demo of a laptop needs no provider; elsewhere the cheapest that the deployment pays for. */
function firstModel(models: readonly Model[]): string {
  const demo = models.find(({ provider }) => provider === 'demo');
  const priced = models.filter(({ managed, deprecated, pricing }) => managed && !deprecated && pricing?.input != null);
  priced.sort((one, other) => Number(one.pricing?.input) - Number(other.pricing?.input));
  return (demo ?? priced[0] ?? models[0])?.model ?? 'gpt-4o-mini';
}

function curlLine(gatewayUrl: string, key: string, model: string): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }] });
  return [
    `curl ${gatewayUrl}/v1/chat/completions`,
    `-H 'Authorization: Bearer ${key}'`,
    `-H 'Content-Type: application/json'`,
    `-d '${body}'`,
  ].join(' \\\n  ');
}
