import { randomBytes } from 'node:crypto';
import { createFirstAccount, planFirstAccount } from '../../functions/bootstrap/create-first-account.ts';
import type { Balance } from '../../functions/core/balance.ts';
import { builtInCatalog } from '../../functions/core/catalog/built-in-catalog.ts';
import { digestToken, newToken } from '../../functions/core/credential.ts';
import { type Fee, noFee } from '../../functions/core/fee.ts';
import { newId } from '../../functions/core/ids.ts';
import { createGateway } from '../../functions/gateway/create-gateway.ts';
import { type ResponseStreams, toFunctionUrlHandler } from '../../functions/gateway/function-url.ts';
import type { Gateway } from '../../functions/gateway/gateway.ts';
import { parsePolicy } from '../../functions/policy/parse-policy.ts';
import { createEgress } from '../../functions/providers/egress.ts';
import { createAccessKey, type GatewayKey } from '../../functions/store/access-keys.ts';
import { createAccountSecrets } from '../../functions/store/account-secrets.ts';
import { Balances, type NewLot } from '../../functions/store/balances.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { changeEndpoint } from '../../functions/store/endpoints.ts';
import { createSecretReader } from '../../functions/store/secrets.ts';
import { findRequest } from '../../functions/store/usage.ts';
import { serveFunctionUrl } from '../../infra/local/lambda-runtime.ts';
import { HttpResponseStream } from '../../infra/local/response-stream.ts';
import { eventually } from './eventually.ts';
import { startTestStore } from './store.ts';

const pepper = 'pepper';

/** A gateway behind a local Function URL, on a real store, with an account, an endpoint and a key. */
export interface TestGateway {
  url: string;
  token: string;
  gatewayKeyId: string;
  accountId: string;
  endpointId: string;
  /** The gateway itself, for calls that do not go over HTTP. */
  gateway: Gateway;
  store: Store;
  balances: Balances;
  /** What was reported to operators. */
  reports: string[];
  /** Secrets by id, as Secrets Manager holds them: `accounts/<account>` for those that policies name. */
  secrets: Record<string, Record<string, string>>;
  /** Moves the gateway's clock. */
  clock: { offsetMs: number };
  grant(amountNanoUsd: bigint, lot?: Partial<NewLot>): Promise<void>;
  setPolicy(text: string): Promise<void>;
  /** Another key of the same endpoint. @returns its token */
  newKey(fields?: Partial<GatewayKey>): Promise<string>;
  chat(body: object | string, headers?: Record<string, string>): Promise<Response>;
  /** Waits until no hold is open, and returns the balance. */
  settled(): Promise<Balance | undefined>;
  usageRecord(response: Response): ReturnType<typeof findRequest>;
  close(): Promise<void>;
}

/** As Secrets Manager answers. */
function readSecret(secrets: Record<string, Record<string, string>>, id = '') {
  const secret = secrets[id];
  if (!secret) throw Object.assign(new Error(`there is no secret ${id}`), { name: 'ResourceNotFoundException' });
  return { SecretString: JSON.stringify(secret), $metadata: {} };
}

export async function startTestGateway(options: {
  baseUrls: Record<string, string>;
  managedKeys?: Record<string, string>;
  fee?: Fee;
  cacheLifetimeMs?: number;
}): Promise<TestGateway> {
  const { store } = await startTestStore();
  const clock = { offsetMs: 0 };
  const now = () => Date.now() + clock.offsetMs;
  const plan = planFirstAccount(now(), randomBytes);
  await createFirstAccount(store, plan, pepper);
  const { accountId, endpointId } = plan;
  const balances = new Balances(store, randomBytes);
  const secrets: Record<string, Record<string, string>> = { pepper: { pepper }, managed: options.managedKeys ?? {} };
  const cacheLifetimeMs = options.cacheLifetimeMs ?? 0;
  const secretReader = createSecretReader(
    { send: async ({ input }) => readSecret(secrets, input.SecretId) },
    cacheLifetimeMs,
    now,
  );
  const reports: string[] = [];
  const gateway = createGateway({
    now,
    randomBytes,
    catalog: builtInCatalog,
    fee: options.fee ?? noFee,
    egress: createEgress({ allowLoopback: true, allowPrivate: false }),
    store,
    random: Math.random,
    region: 'us-east-1',
    secrets: secretReader,
    accountSecrets: createAccountSecrets(secretReader, 'accounts/'),
    pepperSecret: 'pepper',
    managedKeysSecret: 'managed',
    cacheLifetimeMs,
    baseUrls: new Map(Object.entries(options.baseUrls)),
    countTokens: (_model, text) => Math.ceil(text.length / 4),
    report: (message, error) => reports.push(`${message}: ${error}`),
  });
  const handler = toFunctionUrlHandler(gateway, HttpResponseStream as unknown as ResponseStreams);
  const server = await serveFunctionUrl(handler as Parameters<typeof serveFunctionUrl>[0], { drainMs: 1_000 });

  const createKey = async (id: string, fields: Partial<GatewayKey> = {}): Promise<string> => {
    const token = newToken('gateway_key', randomBytes);
    const createdAt = new Date(now()).toISOString();
    const base = { description: '', metadata: '', displayName: '', createdAt, updatedAt: createdAt };
    const key = {
      ...base,
      id,
      accountId,
      endpointId,
      digest: digestToken(token, pepper),
      createdBy: 'ak',
      lastUpdatedBy: 'ak',
      ...fields,
    };
    await createAccessKey(store, 'gateway_key', key);
    return token;
  };
  const gatewayKeyId = newId('aigk', now(), randomBytes);
  const token = await createKey(gatewayKeyId);

  const settled = () =>
    eventually('settled balance', async () => {
      const balance = await balances.read(accountId);
      return (balance?.heldNanoUsd ?? 0n) === 0n ? { balance } : undefined;
    }).then(({ balance }) => balance);

  return {
    url: server.url,
    token,
    gatewayKeyId,
    accountId,
    endpointId,
    gateway,
    store,
    balances,
    secrets,
    reports,
    clock,
    async grant(amountNanoUsd, lot = {}) {
      const expiresAtSeconds = Math.floor(now() / 1000) + 86_400;
      const id = newId('lot', now(), randomBytes);
      await balances.addLot(accountId, { id, category: 'grant', amountNanoUsd, expiresAtSeconds, ...lot }, now());
    },
    async setPolicy(text) {
      const parsed = parsePolicy(text, { allowLoopback: true });
      if (!('policy' in parsed)) throw new Error(JSON.stringify(parsed.problems));
      const changes = { trafficPolicy: text, compiledPolicy: JSON.stringify(parsed.policy) };
      const by = { changedBy: 'ak', claimId: newId('op', now(), randomBytes), nowMs: now() };
      await changeEndpoint(store, { accountId, id: endpointId }, changes, by);
    },
    newKey: fields => createKey(newId('aigk', now(), randomBytes), fields),
    chat: (body, headers = {}) =>
      fetch(`${server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    settled,
    async usageRecord(response) {
      const id = response.headers.get('ngrok-aig-request-id') ?? '';
      const record = await eventually(`usage record of ${id}`, () => findRequest(store, accountId, id));
      await settled();
      return record;
    },
    async close() {
      await server.close();
    },
  };
}
