import type { PolicyFacts } from '../policy/expressions/policy-facts.ts';
import type { SecretLookup } from '../policy/expressions/template-scope.ts';
import { PolicyRun, type PolicyServices } from '../policy/run/policy-run.ts';
import type { ProvenRequest } from './call-models.ts';
import type { Gateway } from './gateway.ts';

/** Begins a request's way through its policy: the facts that rules and templates read. */
export function startRun(
  { requestId, startedAtMs, request, caller }: ProvenRequest,
  secrets: SecretLookup,
  callModels: PolicyServices['callModels'],
  gateway: Gateway,
): PolicyRun {
  const { endpoint } = caller;
  const host = request.headers.host ?? 'localhost';
  const scheme = request.headers['x-forwarded-proto'] ?? 'http';
  const policyCaller = {
    requestId,
    accountId: endpoint.accountId,
    endpoint: { id: endpoint.id, slug: endpoint.slug, url: `${scheme}://${host}/e/${endpoint.slug}` },
    gatewayKeyId: caller.gatewayKey?.id,
    clientIp: request.clientIp,
    scheme,
    httpVersion: request.httpVersion,
    receivedAtMs: startedAtMs,
  };
  const { method, query, headers, body } = request;
  return new PolicyRun(policyCaller, { method, path: caller.path, query, headers, body }, secrets, {
    ...gateway.policyServices,
    callModels,
    report: (message, error) => gateway.report(`request ${requestId}: ${message}`, error),
  });
}

/** What templates of a policy without rules read of a request. */
export function readFacts(begun: ProvenRequest, gateway: Gateway): PolicyFacts {
  const noModels = () => Promise.reject(new Error('a policy without rules has no run'));
  return startRun(begun, { get: () => undefined }, noModels, gateway).facts;
}
