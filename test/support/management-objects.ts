import { randomBytes } from 'node:crypto';
import { newId } from '../../functions/core/ids.ts';
import { packEvents } from '../../functions/events/pack-events.ts';
import type { ManagementClient } from '../../functions/management/client.generated.ts';
import type { AnyRoute } from '../../functions/management/route.ts';
import type { Store } from '../../functions/store/dynamo.ts';
import { putDeadBatch } from '../../functions/store/event-outbox.ts';
import { saveInspection } from '../../functions/store/inspections.ts';
import { decide } from '../../functions/store/usage.ts';
import { policy } from './management.ts';

/** One of everything that an account can have: path without its last parameter → what goes there. */
export async function makeOneOfEach(
  client: ManagementClient,
  { store, accountId }: { store: Store; accountId: string },
): Promise<Record<string, string>> {
  const slug = `one-${randomBytes(4).toString('hex')}`;
  const endpoint = await client.createEndpoint({ body: { slug, traffic_policy: policy } });
  const gatewayKey = await client.createAiGatewayApiKey({ body: { endpoint_id: endpoint.id } });
  const managementKey = await client.createApiKey({ body: { role: 'viewer' } });
  const full = await client.createVault({ body: { name: `full-${slug}` } });
  const secret = await client.createSecret({ body: { name: 'key', value: 'value', vault_id: full.id } });
  const emptyVault = await client.createVault({ body: { name: slug } });
  const target = { webhook: { url: 'http://127.0.0.1:1/' } };
  const destination = await client.createEventDestination({ body: { target } });
  const used = await client.createEventDestination({ body: { target } });
  const subscription = await client.createEventSubscription({
    body: { sources: [{ type: 'ai_gateway_request.v0' }], destination_ids: [used.id] },
  });
  const at = new Date().toISOString();
  await putDeadBatch(store, destination.id, { ...packEvents('dead-1', at, []), diedAt: at, error: 'answered 500' });
  const { audit_events } = await client.listAuditEvents();
  const requestId = newId('rq', Date.now(), randomBytes);
  const createdAt = new Date().toISOString();
  await decide(
    store,
    {
      requestId,
      holdAttempt: 0,
      accountId,
      endpointId: endpoint.id,
      createdAt,
      surface: 'chat-completions',
      streaming: false,
      outcome: 'failed',
      status: 503,
      attempts: [],
      costNanoUsd: '0',
      upstreamCostNanoUsd: '0',
      feeNanoUsd: '0',
    },
    Date.now(),
  );
  const message = { headers: {}, body: '', bodyBytes: 0, cut: [], masked: [] };
  await saveInspection(store, {
    requestId,
    accountId,
    endpointId: endpoint.id,
    createdAt,
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    totalMs: 1,
    status: 503,
    method: 'POST',
    path: '/v1/chat/completions',
    request: { ...message, query: '' },
    response: message,
  });
  return {
    '/endpoints': endpoint.id,
    '/endpoints/{id}/versions': '1',
    '/ai_gateway_api_keys': gatewayKey.id,
    '/api_keys': managementKey.id,
    '/vaults': emptyVault.id,
    '/secrets': secret.id,
    '/event_destinations': destination.id,
    '/event_destinations/{id}/dead_letters': 'dead-1',
    '/event_subscriptions': subscription.id,
    '/credits/checkout_sessions': 'cs_test_1',
    '/accounts': accountId,
    '/audit_events': audit_events[0]?.id as string,
    '/usage/requests': requestId,
    '/inspector/requests': requestId,
  };
}

/** Puts objects into a path's parameters. @throws Error when nothing is known that could go there */
export function fillPath(template: string, objects: Record<string, string>): string {
  let prefix = '';
  return template
    .split('/')
    .map(segment => {
      const value = segment.startsWith('{') ? objects[prefix] : segment;
      if (value === undefined) throw new Error(`makeOneOfEach makes nothing for ${prefix}/${segment}`);
      prefix = prefix === '' && segment === '' ? '' : `${prefix}/${segment}`;
      return value;
    })
    .join('/');
}

/** Whether a route answers 501 here, because the test API has no Stripe secret. */
export function needsStripe({ path }: Pick<AnyRoute, 'path'>): boolean {
  return path === '/webhooks/stripe' || path.startsWith('/credits/checkout_sessions');
}

/** A body that each operation takes. */
export const validBodies: Record<string, object> = {
  createAiGatewayApiKey: { endpoint_id: 'ep_000000000000000' },
  updateAiGatewayApiKey: { description: 'changed' },
  createApiKey: { role: 'viewer' },
  updateApiKey: { description: 'changed' },
  createAccount: { plan: 'payg' },
  updateAccount: { description: 'changed' },
  createEndpoint: { slug: 'valid', traffic_policy: policy },
  updateEndpoint: { description: 'changed' },
  rollbackEndpoint: { version: 1 },
  validateEndpoint: { traffic_policy: policy },
  explainEndpoint: { body: { messages: [] } },
  importEndpoints: { document: policy },
  createCreditGrant: { amount_usd: '1.00', reason: 'test' },
  createCreditRefund: { lot_id: 'lot_000000000000000', reason: 'test' },
  createCreditCheckoutSession: { amount_usd: '10.00' },
  createEventDestination: { target: { webhook: { url: 'https://example.com' } } },
  updateEventDestination: { description: 'changed' },
  createEventSubscription: { sources: [{ type: 'ai_gateway_request.v0' }], destination_ids: ['ed_000000000000000'] },
  updateEventSubscription: { description: 'changed' },
  createVault: { name: 'valid' },
  updateVault: { description: 'changed' },
  createSecret: { name: 'valid', value: 'value', vault_name: 'valid' },
  updateSecret: { description: 'changed' },
  replayInspectorRequest: {},
};
