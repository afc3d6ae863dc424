import { randomBytes } from 'node:crypto';
import { packEvents } from '../../functions/events/pack-events.ts';
import type { ManagementClient } from '../../functions/management/client.generated.ts';
import { listAccessKeys } from '../../functions/store/access-keys.ts';
import { findAccount, listAccounts } from '../../functions/store/accounts.ts';
import { Balances } from '../../functions/store/balances.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { listVersions } from '../../functions/store/endpoint-versions.ts';
import { listEndpoints } from '../../functions/store/endpoints.ts';
import { listBatches, putDeadBatch } from '../../functions/store/event-outbox.ts';
import { policy, type TestManagement } from '../support/management.ts';

/** An account with one of everything, which an operator calls. */
export interface AccountUnderTest {
  id: string;
  store: Store;
  /** The operator's client; every call names the account. */
  client: ManagementClient;
  endpointId: string;
  /** Different for every account. */
  unique: string;
  /** Counts requests, so that each can be told from the others. */
  requests: number;
}

/** An operation that changes something: how it is asked for, and how to see whether it happened. */
export interface Write<State = unknown> {
  /** Makes what the request is about. @returns its id */
  prepare?(account: AccountUnderTest, serial: number): Promise<string>;
  /** @param serial differs for every request */
  request(account: AccountUnderTest, serial: number, objectId?: string): [method: string, path: string, body?: object];
  /** All that the operation could change. */
  look(account: AccountUnderTest): Promise<State>;
  isDone(before: State, after: State, serial: number, objectId?: string): boolean;
  /** Vaults and secrets change under a lock. */
  isLocked?: true;
}

export async function openAccount({ store, operator, newAccount }: TestManagement): Promise<AccountUnderTest> {
  const { accountId: id } = await newAccount();
  const unique = `u-${randomBytes(4).toString('hex')}`;
  const { id: endpointId } = await operator.createEndpoint({
    account: id,
    body: { slug: unique, traffic_policy: policy },
  });
  return { id, store, client: operator, endpointId, unique, requests: 0 };
}

const page = { beforeId: undefined, limit: 100 };
const policyNumber = (number: number) =>
  `on_http_request: [{ type: ai-gateway, config: { total_timeout: ${number + 1}s } }]\n`;

const gatewayKeys = async ({ store, id }: AccountUnderTest) =>
  (await listAccessKeys(store, 'gateway_key', id, page)).keys;
const managementKeys = async ({ store, id }: AccountUnderTest) =>
  (await listAccessKeys(store, 'management_key', id, page)).keys;

async function endpoints({ store, id }: AccountUnderTest) {
  const found = (await listEndpoints(store, id, page)).endpoints;
  const versionsOf = (endpoint: (typeof found)[number]) =>
    listVersions(store, endpoint, { beforeVersion: undefined, limit: 100 });
  return Promise.all(found.map(async endpoint => ({ ...endpoint, versions: (await versionsOf(endpoint)).versions })));
}

async function credits({ store, id }: AccountUnderTest) {
  const balance = await new Balances(store, randomBytes).read(id);
  return {
    available: Number(balance?.availableNanoUsd ?? 0),
    refunded: Number(balance?.refundedNanoUsd ?? 0),
    lots: balance?.lots.map(lot => lot.id) ?? [],
  };
}

const vaults = async ({ client, id: account }: AccountUnderTest) => (await client.listVaults({ account })).vaults;
const secrets = async ({ client, id: account }: AccountUnderTest) => (await client.listSecrets({ account })).secrets;

/** The account's only vault, empty or not, so that none of its limits is met. */
async function soleVault(account: AccountUnderTest): Promise<string> {
  const [vault, ...others] = await vaults(account);
  for (const { id } of others) await account.client.deleteVault({ id, account: account.id });
  return vault?.id ?? (await account.client.createVault({ account: account.id, body: { name: 'sole' } })).id;
}

async function newSecret(account: AccountUnderTest, serial: number): Promise<string> {
  const body = { name: `secret-${serial}`, value: 'value', vault_id: await soleVault(account) };
  return (await account.client.createSecret({ account: account.id, body })).id;
}

const newGatewayKey = async ({ client, id, endpointId }: AccountUnderTest) =>
  (await client.createAiGatewayApiKey({ account: id, body: { endpoint_id: endpointId } })).id;
const newManagementKey = async ({ client, id }: AccountUnderTest) =>
  (await client.createApiKey({ account: id, body: { role: 'viewer' } })).id;
const newLot = async ({ client, id }: AccountUnderTest) =>
  (await client.createCreditGrant({ account: id, body: { amount_usd: '1.00', reason: 'test' } })).id;

const webhook = { webhook: { url: 'http://127.0.0.1:1/' } };
const destinations = async ({ client, id: account }: AccountUnderTest) =>
  (await client.listEventDestinations({ account })).event_destinations;
const subscriptions = async ({ client, id: account }: AccountUnderTest) =>
  (await client.listEventSubscriptions({ account })).event_subscriptions;

/** The account's only destination, so that no limit is met. */
async function soleDestination(account: AccountUnderTest): Promise<string> {
  const { client, id } = account;
  for (const { id: used } of await subscriptions(account))
    await client.deleteEventSubscription({ account: id, id: used });
  for (const { id: old } of await destinations(account)) await client.deleteEventDestination({ account: id, id: old });
  return (await client.createEventDestination({ account: id, body: { target: webhook } })).id;
}

const letterOf = (serial: number) => `letter-${serial}`;

const subscriptionTo = (id: string | undefined) => ({
  sources: [{ type: 'ai_gateway_request.v0' as const }],
  destination_ids: [id as string],
});

async function newSubscription(account: AccountUnderTest): Promise<string> {
  const body = subscriptionTo(await soleDestination(account));
  return (await account.client.createEventSubscription({ account: account.id, body })).id;
}

const hasOneMore = (before: unknown[], after: unknown[]) => after.length === before.length + 1;
const isWithout = (_before: unknown, after: { id: string }[], _serial: number, id?: string) =>
  !after.some(one => one.id === id);
const isDescribed = (_before: unknown, after: { id: string; description?: string }[], serial: number, id?: string) =>
  after.some(one => one.id === id && one.description === `new ${serial}`);

const described =
  (path: string) =>
  (_: AccountUnderTest, serial: number, id?: string): [string, string, object] => [
    'PATCH',
    `${path}/${id}`,
    { description: `new ${serial}` },
  ];
const removed =
  (path: string) =>
  (_: AccountUnderTest, _serial: number, id?: string): [string, string] => ['DELETE', `${path}/${id}`];

/** Ties the state that an operation looks at to how it is judged. */
function write<State>(definition: Write<State>): Write {
  return definition as Write;
}

/** By the name of the operation. */
export const writes: Record<string, Write> = {
  createAiGatewayApiKey: write({
    request: ({ endpointId }) => ['POST', '/ai_gateway_api_keys', { endpoint_id: endpointId }],
    look: gatewayKeys,
    isDone: hasOneMore,
  }),
  updateAiGatewayApiKey: write({
    prepare: newGatewayKey,
    request: described('/ai_gateway_api_keys'),
    look: gatewayKeys,
    isDone: isDescribed,
  }),
  deleteAiGatewayApiKey: write({
    prepare: newGatewayKey,
    request: removed('/ai_gateway_api_keys'),
    look: gatewayKeys,
    isDone: isWithout,
  }),
  createApiKey: write({
    request: () => ['POST', '/api_keys', { role: 'viewer' }],
    look: managementKeys,
    isDone: hasOneMore,
  }),
  updateApiKey: write({
    prepare: newManagementKey,
    request: described('/api_keys'),
    look: managementKeys,
    isDone: isDescribed,
  }),
  deleteApiKey: write({
    prepare: newManagementKey,
    request: removed('/api_keys'),
    look: managementKeys,
    isDone: isWithout,
  }),
  createAccount: write({
    request: (_, serial) => ['POST', '/accounts', { plan: 'free', description: `new ${serial}` }],
    look: async ({ store }) => (await listAccounts(store, page)).accounts.filter(({ plan }) => plan === 'free'),
    isDone: hasOneMore,
  }),
  updateAccount: write({
    request: ({ id }, serial) => [
      'PATCH',
      `/accounts/${id}`,
      { description: `new ${serial}`, low_balance_threshold_usd: '1' },
    ],
    look: ({ store, id }) => findAccount(store, id),
    isDone: (_, after, serial) =>
      after?.description === `new ${serial}` && after.lowBalanceThresholdNanoUsd === '1000000000',
  }),
  createEndpoint: write({
    request: ({ unique }, serial) => [
      'POST',
      '/endpoints',
      { slug: `${unique}-${serial}`, hosts: [`${unique}-${serial}.example.com`], traffic_policy: policy },
    ],
    look: endpoints,
    isDone: hasOneMore,
  }),
  updateEndpoint: write({
    request: ({ endpointId, unique }, serial) => [
      'PATCH',
      `/endpoints/${endpointId}`,
      { slug: `${unique}-${serial}`, hosts: [`${unique}-${serial}.example.com`], traffic_policy: policyNumber(serial) },
    ],
    look: endpoints,
    isDone: ([before], [after], serial) =>
      after?.slug.endsWith(`-${serial}`) === true &&
      after.hosts[0] === `${after.slug}.example.com` &&
      after.trafficPolicy === policyNumber(serial) &&
      after.versions[0]?.trafficPolicy === policyNumber(serial) &&
      after.versions[1]?.trafficPolicy === before?.trafficPolicy &&
      after.versions.length === (before?.versions.length ?? 0) + 1,
  }),
  deleteEndpoint: write({
    async prepare({ client, id, unique }, serial) {
      const body = { slug: `${unique}-${serial}`, hosts: [`${unique}-${serial}.example.com`], traffic_policy: policy };
      return (await client.createEndpoint({ account: id, body })).id;
    },
    request: removed('/endpoints'),
    look: endpoints,
    isDone: isWithout,
  }),
  rollbackEndpoint: write({
    async prepare({ client, id: account, endpointId: id }, serial) {
      return (await client.updateEndpoint({ account, id, body: { traffic_policy: policyNumber(serial) } })).id;
    },
    request: (_, _serial, id) => ['POST', `/endpoints/${id}/rollback`, { version: 1 }],
    look: endpoints,
    isDone: ([before], [after], serial) =>
      after?.trafficPolicy === policy &&
      after.versions[1]?.trafficPolicy === policyNumber(serial) &&
      after.policyVersion === (before?.policyVersion ?? 0) + 1,
  }),
  createCreditGrant: write({
    request: () => ['POST', '/credits/grants', { amount_usd: '1.00', reason: 'test' }],
    look: credits,
    isDone: (before, after) =>
      hasOneMore(before.lots, after.lots) && after.available === before.available + 1_000_000_000,
  }),
  createCreditRefund: write({
    prepare: newLot,
    request: (_, _serial, id) => ['POST', '/credits/refunds', { lot_id: id, reason: 'test' }],
    look: credits,
    isDone: (before, after, _, id) =>
      !after.lots.includes(id as string) && after.refunded === before.refunded + 1_000_000_000,
  }),
  createVault: write({
    prepare: soleVault,
    request: (_, serial) => ['POST', '/vaults', { name: `vault-${serial}` }],
    look: vaults,
    isDone: hasOneMore,
    isLocked: true,
  }),
  updateVault: write({
    prepare: soleVault,
    request: described('/vaults'),
    look: vaults,
    isDone: isDescribed,
    isLocked: true,
  }),
  deleteVault: write({
    async prepare(account, serial) {
      await soleVault(account);
      return (await account.client.createVault({ account: account.id, body: { name: `vault-${serial}` } })).id;
    },
    request: removed('/vaults'),
    look: vaults,
    isDone: isWithout,
    isLocked: true,
  }),
  createSecret: write({
    prepare: soleVault,
    request: (_, serial, id) => ['POST', '/secrets', { name: `secret-${serial}`, value: 'value', vault_id: id }],
    look: secrets,
    isDone: hasOneMore,
    isLocked: true,
  }),
  updateSecret: write({
    prepare: newSecret,
    request: (_, serial, id) => [
      'PATCH',
      `/secrets/${id}`,
      { name: `renamed-${serial}`, description: `new ${serial}`, value: 'x' },
    ],
    look: secrets,
    isDone: (before, after, serial, id) =>
      isDescribed(before, after, serial, id) && after.some(({ name }) => name === `renamed-${serial}`),
    isLocked: true,
  }),
  deleteSecret: write({
    prepare: newSecret,
    request: removed('/secrets'),
    look: secrets,
    isDone: isWithout,
    isLocked: true,
  }),
  createEventDestination: write({
    prepare: soleDestination,
    request: () => ['POST', '/event_destinations', { target: webhook }],
    look: destinations,
    isDone: hasOneMore,
  }),
  updateEventDestination: write({
    prepare: soleDestination,
    request: described('/event_destinations'),
    look: destinations,
    isDone: isDescribed,
  }),
  deleteEventDestination: write({
    prepare: soleDestination,
    request: removed('/event_destinations'),
    look: destinations,
    isDone: isWithout,
  }),
  resendEventDestinationDeadLetter: write({
    async prepare(account, serial) {
      const id = await soleDestination(account);
      const at = new Date().toISOString();
      const batch = { ...packEvents(letterOf(serial), at, []), diedAt: at, error: 'answered 500' };
      await putDeadBatch(account.store, id, batch);
      return id;
    },
    request: (_, serial, id) => ['POST', `/event_destinations/${id}/dead_letters/${letterOf(serial)}/resend`],
    async look(account) {
      const [destination] = await destinations(account);
      return destination ? listBatches(account.store, destination.id, 100) : [];
    },
    isDone: hasOneMore,
  }),
  createEventSubscription: write({
    prepare: soleDestination,
    request: (_, _serial, id) => ['POST', '/event_subscriptions', subscriptionTo(id)],
    look: subscriptions,
    isDone: hasOneMore,
  }),
  updateEventSubscription: write({
    prepare: newSubscription,
    request: described('/event_subscriptions'),
    look: subscriptions,
    isDone: isDescribed,
  }),
  deleteEventSubscription: write({
    prepare: newSubscription,
    request: removed('/event_subscriptions'),
    look: subscriptions,
    isDone: isWithout,
  }),
};
