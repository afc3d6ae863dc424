import { createHash } from 'node:crypto';
import { newId } from '../core/ids.ts';
import { type AuditIntent, type AuditOutcome, recordIntent, recordOutcome } from '../store/audit.ts';
import { toManagementError } from './error-result.ts';
import { isFaultOfOurs, ManagementError } from './management-error.ts';
import { operationNameOf } from './operation-id.ts';
import type { AnyRoute, Management, ManagementAnswer, ManagementRequest, RequestSource, Route } from './route.ts';

/** Runs a route that changes something, with its entry in the audit log. @throws StoreError as `recorded` does */
export async function withAudit(
  route: Route,
  routes: readonly AnyRoute[],
  request: ManagementRequest<unknown, unknown>,
  management: Management,
  { operationId, sourceIp }: RequestSource,
): Promise<ManagementAnswer> {
  const { caller, parameters } = request;
  const change = {
    accountId: caller.accountId,
    actor: { keyId: caller.id, accountId: caller.homeAccountId, role: caller.role },
    operation: operationNameOf(route),
    method: route.method,
    path: showPath(route.path, parameters),
    objectId: showId(parameters.id),
    sourceIp,
    operationId,
    note: route.auditNote?.(request.body),
    beforeDigest: await digestBefore(route, routes, request, management),
  };
  return recorded(change, management, () => route.handle(request, management), toOutcome);
}

/**
 * Makes a change with its entry in the audit log: who is about to do what is written first, so nothing changes
 * unrecorded; how it went is written afterwards. When that last write fails, the change has happened and is answered as
 * such; the entry shows no outcome, and operators are told.
 * @throws StoreError when the entry cannot be written; then nothing was changed
 */
export async function recorded<Answer>(
  change: Omit<AuditIntent, 'id' | 'createdAt'>,
  management: Management,
  make: () => Promise<Answer>,
  toOutcome: (answer: Answer) => Omit<AuditOutcome, 'finishedAt'>,
): Promise<Answer> {
  const nowMs = management.now();
  const id = newId('ae', nowMs, management.randomBytes);
  const intent: AuditIntent = { id, createdAt: new Date(nowMs).toISOString(), ...change };
  await recordIntent(management.store, intent);
  const finish = (outcome: Omit<AuditOutcome, 'finishedAt'>) =>
    recordOutcome(management.store, intent, {
      ...outcome,
      finishedAt: new Date(management.now()).toISOString(),
    }).catch(error => management.report(`audit event ${intent.id} has no outcome`, error));
  try {
    const answer = await make();
    await finish(toOutcome(answer));
    return answer;
  } catch (error) {
    const known = toManagementError(error);
    const outcome = isFaultOfOurs(known) ? 'failed' : 'refused';
    await finish({ outcome, statusCode: known.status, errorCode: known.code });
    throw error;
  }
}

function showPath(template: string, parameters: Record<string, string>): string {
  return template.replaceAll(/\{(\w+)\}/g, (part, name) => showId(parameters[name]) ?? part);
}

/** Ids and version numbers only: what else stands in a path may be a token that somebody pasted there. */
function showId(text: string | undefined): string | undefined {
  return text !== undefined && /^([a-z]+_[0-9A-Za-z]{15}|\d{1,10})$/.test(text) ? text : undefined;
}

function toOutcome({ status, body }: ManagementAnswer): Omit<AuditOutcome, 'finishedAt'> {
  const { id, replayed } = (body ?? {}) as { id?: string; replayed?: boolean };
  return {
    outcome: replayed ? 'unchanged' : 'changed',
    statusCode: status,
    ...(id !== undefined && { objectId: id }),
    ...(body && { afterDigest: digestObject(body) }),
  };
}

/** The object as `GET` shows it, at the path of the change or the nearest one above it. */
async function digestBefore(
  route: Route,
  routes: readonly AnyRoute[],
  request: ManagementRequest<unknown, unknown>,
  management: Management,
): Promise<string | undefined> {
  const reader = readerOf(route.path, routes);
  if (!reader) return undefined;
  try {
    const { body } = await reader.handle({ ...request, body: undefined, query: undefined }, management);
    return body && digestObject(body);
  } catch (error) {
    if (error instanceof ManagementError) return undefined; // the route itself will say what is wrong
    throw error;
  }
}

function readerOf(path: string, routes: readonly AnyRoute[]): Route | undefined {
  for (let prefix = path; prefix.includes('}'); prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
    if (!prefix.endsWith('}')) continue;
    for (const route of routes) {
      if (route.method === 'GET' && route.path === prefix && route.role !== 'public') return route;
    }
  }
  return undefined;
}

/** What differs between two answers about one unchanged object. */
const passing = new Set(['uri', 'token', 'replayed', 'last_used', 'delivery']);

/**
 * Digest of an object as the API shows it, whatever the order of its fields: tells whether two states are the same
 * without telling what they are.
 */
export function digestObject(body: object): string {
  const text = JSON.stringify(body, (key, value) => {
    if (passing.has(key)) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
  return createHash('sha256').update(text).digest('base64url');
}
