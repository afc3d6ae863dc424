import { classifyCredential, redactTokens } from '../core/credential.ts';
import { forwardedText } from '../routing/forwarded-body.ts';
import type { Plan } from '../routing/plan-attempts.ts';
import type { ProviderKey } from '../routing/provider-keys.ts';
import type { Exchange } from './exchange.ts';
import type { GatewayRequest } from './gateway.ts';
import type { CallPlan } from './plan-call.ts';

/** What is sent to a provider. */
export interface ProviderRequest {
  url: URL;
  headers: Record<string, string>;
  body: string;
}

/** Headers of the client that reach a provider; everything else stays here, cookies and credentials above all. */
const forwardedHeaders = ['accept', 'user-agent', 'anthropic-version', 'anthropic-beta', 'openai-beta', 'traceparent'];
/** Headers that choose who pays: they make sense only with a key that is not the deployment's. */
const billingHeaders = ['openai-organization', 'openai-project'];
/** Required by Anthropic's API, and sent by its SDKs; for clients that do without. */
const anthropicVersion = '2023-06-01';

export function providerRequest(
  request: GatewayRequest,
  { caller, call }: Exchange,
  { candidate, baseUrl, forwarded, bound }: Plan,
  key: ProviderKey,
  { headers: configured, queryParams }: Pick<CallPlan, 'headers' | 'queryParams'>,
): ProviderRequest {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const names = key.source === 'managed' ? forwardedHeaders : [...forwardedHeaders, ...billingHeaders];
  for (const name of [...names, ...(request.addedHeaders ?? [])]) {
    if (key.source === 'managed' && isReserved(name)) continue;
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  if (call.surface.format === 'anthropic') headers['anthropic-version'] ??= anthropicVersion;
  Object.assign(headers, credentialHeaders(call.surface.format, key));
  for (const [name, value] of Object.entries(configured)) {
    const lower = name.toLowerCase();
    if (key.source !== 'managed' || !isReserved(lower)) headers[lower] = value;
  }
  // A template may copy any header of the client into another, and so a token of ours.
  for (const [name, value] of Object.entries(headers)) headers[name] = redactTokens(value);
  const body = forwardedText(call, candidate, forwarded, bound !== undefined);
  headers['content-length'] = String(Buffer.byteLength(body));
  return { url: providerUrl(baseUrl, caller.path, request.query, queryParams), headers, body };
}

/** With the deployment's key, a policy's headers change neither who is charged nor how. */
function isReserved(name: string): boolean {
  return name === 'authorization' || name === 'x-api-key' || billingHeaders.includes(name);
}

/**
 * Base URLs come with and without a path of their own: with one, it stands for `/v1` (`https://api.groq.com/openai/v1`);
 * without one, the client's whole path follows (`https://ollama.internal`). The client's query comes before the policy's.
 */
export function providerUrl(
  baseUrl: string,
  path: string,
  query: string,
  queryParams: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(baseUrl);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = base === '' ? path : base + path.replace(/^\/v1/, '');
  const forwardedQuery = withoutOwnTokens(query);
  if (forwardedQuery !== '') url.search = url.search === '' ? forwardedQuery : `${url.search}&${forwardedQuery}`;
  for (const [name, value] of Object.entries(queryParams)) url.searchParams.set(name, value);
  return url;
}

/** A token of ours that someone put into the URL goes no further. */
function withoutOwnTokens(query: string): string {
  if (!/ng|%6e|%67/i.test(query)) return query;
  const isOurs = (pair: string) => [...new URLSearchParams(pair)].flat().some(isOwnToken);
  return query
    .split('&')
    .filter(pair => !isOurs(pair))
    .join('&');
}

function isOwnToken(text: string): boolean {
  return classifyCredential(text.replace(/^\s*Bearer\s+/i, '').trim()) !== 'foreign';
}

function credentialHeaders(format: 'openai' | 'anthropic', key: ProviderKey): Record<string, string> {
  if (key.source === 'none') return {};
  return format === 'openai' ? { authorization: `Bearer ${key.value}` } : { 'x-api-key': key.value };
}
