import assert from 'node:assert/strict';
import { builtInCatalog } from '../../../functions/core/catalog/built-in-catalog.ts';
import { chatAnswer, type SeenRequest, sendJson, startUpstream, type Upstream } from '../../support/upstream.ts';
import { newDataFolder, type Stack, startStack } from '../start-stack.ts';

/** `npm start` in front of one upstream that plays every provider, told apart by the first part of the path. */
export interface ClaimStack extends Stack {
  upstream: Upstream;
  /** Base URL of a provider at the upstream, for own providers in policies. */
  providerUrl(id: string): string;
  /** Replaces the endpoint's policy by one `ai-gateway` action with this configuration. */
  configure(config: string): Promise<void>;
  /** The same, refused: the problems it has. */
  refusedConfig(config: string): Promise<{ code: string; path: string; message: string }[]>;
  setPolicy(policy: string): Promise<Response>;
  /** Writes a secret, into a vault that is made if need be. */
  saveSecret(vault: string, name: string, value: string): Promise<void>;
  /** Another key of the same endpoint. */
  newGatewayKey(): Promise<string>;
  /** Sends JSON with the gateway key, unless headers say otherwise; `null` sends none of ours. */
  post(path: string, body: unknown, headers?: Record<string, string> | null): Promise<Response>;
  /** `provider:model` of every call that reached the upstream since `forget`, in order. */
  called(): string[];
  forget(): void;
  slug: string;
  close(): Promise<void>;
}

export async function startClaimStack(variables: Record<string, string> = {}): Promise<ClaimStack> {
  const upstream = await startUpstream(answering);
  const origin = new URL(upstream.baseUrl).origin;
  const providerUrl = (id: string) => `${origin}/${id}/v1`;
  const baseUrls = Object.fromEntries(builtInCatalog.providers.map(({ id }) => [id, providerUrl(id)]));
  const { folder, remove } = newDataFolder();
  const stack = await startStack(folder, {
    OPENAI_API_KEY: 'sk-managed-openai',
    ANTHROPIC_API_KEY: 'sk-managed-anthropic',
    TOLLGATE_PROVIDER_BASE_URLS: JSON.stringify(baseUrls),
    TOLLGATE_CONFIG_CACHE_MS: '0',
    TOLLGATE_MANAGEMENT_RATE_LIMIT: '100000',
    ...variables,
  });
  const setPolicy = (traffic_policy: string) =>
    stack.manage('PATCH', `/endpoints/${stack.endpointId}`, { traffic_policy });
  const inAction = (config: string) =>
    `on_http_request:\n  - actions:\n      - type: ai-gateway\n        config:\n${config.replace(/^/gm, ' '.repeat(10))}`;
  return {
    ...stack,
    upstream,
    providerUrl,
    setPolicy,
    slug: 'default',
    async configure(config) {
      const answer = await setPolicy(inAction(config));
      assert.equal(answer.status, 200, await answer.text());
    },
    async refusedConfig(config) {
      const answer = await setPolicy(inAction(config));
      assert.equal(answer.status, 422);
      return ((await answer.json()) as { details: { problems: [] } }).details.problems;
    },
    async saveSecret(vault, name, value) {
      const made = await stack.manage('POST', '/vaults', { name: vault });
      const vaults = (await (await stack.manage('GET', '/vaults')).json()) as {
        vaults: { id: string; name: string }[];
      };
      assert.ok(made.ok || vaults.vaults.some(found => found.name === vault));
      const vault_id = vaults.vaults.find(found => found.name === vault)?.id;
      const saved = await stack.manage('POST', '/secrets', { vault_id, name, value });
      assert.equal(saved.status, 201, await saved.text());
    },
    async newGatewayKey() {
      const made = await stack.manage('POST', '/ai_gateway_api_keys', { endpoint_id: stack.endpointId });
      return ((await made.json()) as { token: string }).token;
    },
    post(path, body, headers = {}) {
      const own = headers === null ? {} : { authorization: `Bearer ${stack.gatewayKey}` };
      return fetch(`${stack.gatewayUrl}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...own, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },
    called: () => upstream.requests.map(request => `${providerOf(request)}:${request.body.model}`),
    forget() {
      upstream.requests.length = 0;
      upstream.script = answering;
    },
    async close() {
      await stack.kill('SIGTERM');
      await upstream.close();
      remove();
    },
  };
}

export function providerOf({ path }: SeenRequest): string {
  return path.split('/')[1] ?? '';
}

/** Answers every call as chat completions do. */
function answering(request: SeenRequest, response: Parameters<typeof sendJson>[0]): void {
  sendJson(response, 200, { ...chatAnswer('Hello', 9, 1), model: request.body.model });
}

/** Status and code of a refusal; the message always carries the code. */
export async function refusal(response: Response) {
  const { error } = (await response.json()) as { error: { message: string; type: string; code?: string } };
  const code = response.headers.get('ngrok-error-code') ?? '';
  assert.ok(error.message.includes(code), error.message);
  return { status: response.status, code, type: error.type, message: error.message };
}

export const hello = [{ role: 'user' as const, content: 'Hello' }];
