import { classifyCredential } from '../core/credential.ts';
import { editJsonObject } from '../core/json-edit.ts';
import type { ModelCall } from '../routing/model-call.ts';
import type { ProviderKey } from '../routing/provider-keys.ts';
import type { Candidate } from '../routing/resolve-candidates.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway, GatewayRequest } from './gateway.ts';
import type { Plan } from './plan-attempts.ts';

/** What is sent to a provider. */
export interface ProviderRequest {
  url: URL;
  headers: Record<string, string>;
  body: string;
}

/** Headers of the client that reach a provider; everything else stays here, cookies and credentials above all. */
const forwardedHeaders = ['accept', 'user-agent', 'anthropic-version', 'anthropic-beta', 'openai-beta', 'traceparent'];
/** Headers that choose who pays: they make sense only with a key that is not the deployment's. */
const forwardedWithOwnKeys = ['openai-organization', 'openai-project'];

/**
 * The body as the client sent it, but for the model's name, and for usage, which streams of known providers must be
 * asked for. An endpoint's own providers are not asked: one of them may not know the option.
 */
export function forwardedBody(call: ModelCall, candidate: Candidate, gateway: Pick<Gateway, 'catalog'>): string {
  const asksForUsage = call.streaming && gateway.catalog.provider(candidate.provider.id) !== undefined;
  const set = { model: candidate.modelId, ...(asksForUsage ? call.surface.usageRequest(call.body) : {}) };
  return editJsonObject(call.text, { set, remove: ['models'] });
}

export function providerRequest(
  request: GatewayRequest,
  { caller, call }: Exchange,
  { candidate, baseUrl }: Plan,
  key: ProviderKey,
  gateway: Gateway,
): ProviderRequest {
  const names = key.source === 'managed' ? forwardedHeaders : [...forwardedHeaders, ...forwardedWithOwnKeys];
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  for (const name of names) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  const body = forwardedBody(call, candidate, gateway);
  return {
    url: providerUrl(baseUrl, caller.path, request.query),
    headers: { ...headers, ...credentialHeaders(call, key), 'content-length': String(Buffer.byteLength(body)) },
    body,
  };
}

/**
 * Base URLs come with and without a path of their own: with one, it stands for `/v1` (`https://api.groq.com/openai/v1`);
 * without one, the client's whole path follows (`https://ollama.internal`).
 */
export function providerUrl(baseUrl: string, path: string, query: string): URL {
  const url = new URL(baseUrl);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = base === '' ? path : base + path.replace(/^\/v1/, '');
  const forwardedQuery = withoutOwnTokens(query);
  if (forwardedQuery !== '') url.search = url.search === '' ? forwardedQuery : `${url.search}&${forwardedQuery}`;
  return url;
}

/** A token of ours that someone put into the URL goes no further. */
function withoutOwnTokens(query: string): string {
  if (!query.includes('ng-')) return query;
  const pairs = query.split('&');
  return pairs.filter(pair => classifyCredential(pair.slice(pair.indexOf('=') + 1)) === 'foreign').join('&');
}

function credentialHeaders({ surface }: ModelCall, key: ProviderKey): Record<string, string> {
  if (key.source === 'none') return {};
  if (surface.format === 'openai') return { authorization: `Bearer ${key.value}` };
  return { 'x-api-key': key.value };
}
