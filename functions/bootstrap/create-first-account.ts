import { digestToken, newToken, redactToken } from '../core/credential.ts';
import { newId, type RandomBytes } from '../core/ids.ts';
import { parsePolicy } from '../policy/parse-policy.ts';
import { createAccessKey } from '../store/access-keys.ts';
import { createAccount } from '../store/accounts.ts';
import type { Store } from '../store/dynamo.ts';
import { createEndpoint, type NewEndpoint } from '../store/endpoints.ts';

/** What a new deployment starts with. Planned and kept first, then made, so that an interrupted start can go on. */
export interface FirstAccount {
  accountId: string;
  endpointId: string;
  managementKeyId: string;
  managementKey: string;
  createdAtMs: number;
}

const policyText = 'on_http_request:\n  - actions:\n      - type: ai-gateway\n';

export function planFirstAccount(nowMs: number, randomBytes: RandomBytes): FirstAccount {
  return {
    accountId: newId('ac', nowMs, randomBytes),
    endpointId: newId('ep', nowMs, randomBytes),
    managementKeyId: newId('ak', nowMs, randomBytes),
    managementKey: newToken('management_key', randomBytes),
    createdAtMs: nowMs,
  };
}

/**
 * Makes the operator's account on plan `payg`, an endpoint `default` with a bare `ai-gateway` action, and a management
 * key. Safe to repeat with the same plan.
 */
export async function createFirstAccount(store: Store, plan: FirstAccount, pepper: string): Promise<void> {
  const { accountId, endpointId, managementKeyId, managementKey } = plan;
  const createdAt = new Date(plan.createdAtMs).toISOString();
  const parsed = parsePolicy(policyText, { allowLoopback: false });
  if (!('policy' in parsed)) throw new Error(`the first policy is broken: ${JSON.stringify(parsed.problems)}`);
  await createAccount(store, { id: accountId, plan: 'payg', description: 'The first account', createdAt });
  const endpoint: NewEndpoint = {
    id: endpointId,
    accountId,
    slug: 'default',
    hosts: [],
    trafficPolicy: policyText,
    compiledPolicy: JSON.stringify(parsed.policy),
    callsModels: true,
    description: 'The first endpoint',
    metadata: '',
    inspector: false,
    eventDestinationIds: [],
    createdAt,
    createdBy: managementKeyId,
  };
  const claimer = { claimId: endpointId, nowMs: plan.createdAtMs };
  const { status } = await createEndpoint(store, endpoint, claimer);
  if (status === 'taken') throw new Error('an endpoint with slug "default" belongs to another account');
  await createAccessKey(store, 'management_key', {
    id: managementKeyId,
    accountId,
    role: 'operator',
    digest: digestToken(managementKey, pepper),
    displayName: redactToken(managementKey),
    description: 'The first management key',
    metadata: '',
    createdAt,
    updatedAt: createdAt,
    createdBy: managementKeyId,
    lastUpdatedBy: managementKeyId,
  });
}
