import { isIP } from 'node:net';
import { classifyCredential } from '../core/credential.ts';
import { GatewayError } from '../core/errors.ts';
import type { PolicyRequest } from '../policy/run/policy-run.ts';
import type { GatewayKey } from '../store/access-keys.ts';
import type { Gateway, GatewayRequest, LoadedEndpoint } from './gateway.ts';

/** Who calls which endpoint with what. */
export interface Caller {
  endpoint: LoadedEndpoint;
  /** The gateway key that was presented; without one the endpoint's own provider keys or the client's are used. */
  gatewayKey: GatewayKey | undefined;
  /** A credential that is not ours: the client's key for a provider. */
  clientCredential: string | undefined;
  /** The path after `/e/{slug}`, starting with `/v1/`. */
  path: string;
}

const slugPath = /^\/e\/([^/]+)(\/.*)$/;

/**
 * Finds the endpoint a call is for and proves the key, if one of ours is shown.
 * @throws GatewayError 401 for a bad key, 403 for another endpoint's or a wrong plan, 404 for no endpoint
 */
export async function authenticate(request: GatewayRequest, gateway: Gateway): Promise<Caller> {
  const [, slug, pathAfterSlug] = slugPath.exec(request.path) ?? [];
  const credential = readCredential(request.headers);
  const kind = credential === undefined ? 'foreign' : classifyCredential(credential);
  const gatewayKey = kind === 'foreign' ? undefined : await proveGatewayKey(credential as string, kind, gateway);
  const endpoint = await findEndpoint(slug, readHost(request.headers.host), gatewayKey, gateway);
  const account = await gateway.account(endpoint.accountId);
  if (account?.suspended) throw new GatewayError('account_suspended', 'The account is suspended; ask its operator');
  if (account?.plan !== 'payg') {
    throw new GatewayError(
      'ERR_NGROK_27001',
      `The account's plan "${account?.plan}" does not include the AI gateway; switch it to "payg"`,
    );
  }
  return {
    endpoint,
    gatewayKey,
    clientCredential: kind === 'foreign' ? credential : undefined,
    path: pathAfterSlug ?? request.path,
  };
}

async function proveGatewayKey(credential: string, kind: string, gateway: Gateway): Promise<GatewayKey> {
  if (kind === 'management_key') {
    throw new GatewayError(
      'ERR_NGROK_27007',
      'This is a management key; call the gateway with an AI Gateway API key (ng-…-g1-…)',
    );
  }
  const gatewayKey = kind === 'gateway_key' ? await lookUp(credential, gateway) : undefined;
  if (!gatewayKey) {
    throw new GatewayError('ERR_NGROK_27007', 'The AI Gateway API key is invalid or was deleted; create a new one');
  }
  if (gatewayKey.expiresAt !== undefined && Date.parse(gatewayKey.expiresAt) <= gateway.now()) {
    throw new GatewayError(
      'ERR_NGROK_27007',
      `This AI Gateway API key expired at ${gatewayKey.expiresAt}; create a new one`,
    );
  }
  return gatewayKey;
}

async function lookUp(credential: string, gateway: Gateway): Promise<GatewayKey | undefined> {
  try {
    return await gateway.gatewayKeyOf(credential);
  } catch (cause) {
    throw new GatewayError('ERR_NGROK_27009', 'The key could not be checked just now; try again', {
      retryAfterSeconds: 1,
      cause,
    });
  }
}

async function findEndpoint(
  slug: string | undefined,
  host: string | undefined,
  gatewayKey: GatewayKey | undefined,
  gateway: Gateway,
): Promise<LoadedEndpoint> {
  const named = slug === undefined ? undefined : await gateway.endpointBySlug(slug);
  if (slug !== undefined && !named) {
    throw new GatewayError('ERR_NGROK_3200', `There is no endpoint "${slug}"; check the path /e/{slug}/v1/…`);
  }
  if (!gatewayKey) {
    const called = named ?? (host === undefined ? undefined : await gateway.endpointByHost(host));
    if (called) return called;
    throw new GatewayError(
      'ERR_NGROK_3200',
      'No endpoint: send an AI Gateway API key, name the endpoint in the path as /e/{slug}/v1/…, or call one of its hosts',
    );
  }
  if (named && named.id !== gatewayKey.endpointId) {
    throw new GatewayError('ERR_NGROK_27008', `This AI Gateway API key does not belong to endpoint "${slug}"`);
  }
  const [own, hosted] = await Promise.all([
    gateway.endpoint(gatewayKey.accountId, gatewayKey.endpointId),
    host === undefined ? undefined : gateway.endpointByHost(host),
  ]);
  if (hosted && hosted.id !== gatewayKey.endpointId) {
    throw new GatewayError(
      'ERR_NGROK_27008',
      `This AI Gateway API key does not belong to the endpoint of host "${host}"`,
    );
  }
  if (!own) throw new GatewayError('ERR_NGROK_3200', 'The endpoint of this AI Gateway API key was deleted');
  return own;
}

/** A name that Lambda gives to every Function URL. */
const functionUrlHost = /\.lambda-url\.[a-z0-9-]+\.on\.aws$/;

/** The host that a request names, if it could be an endpoint's: not a Function URL's own, an address or this machine. */
function readHost(header: string | undefined): string | undefined {
  const host = header?.trim().toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  if (!host || host.startsWith('[') || isIP(host) !== 0) return undefined;
  return /(^|\.)localhost$/.test(host) || functionUrlHost.test(host) ? undefined : host;
}

/** The client's key for a provider, if it shows one: never a key of ours. */
export function foreignCredential(headers: PolicyRequest['headers']): string | undefined {
  const credential = readCredential(headers);
  return credential !== undefined && classifyCredential(credential) === 'foreign' ? credential : undefined;
}

/** `Authorization: Bearer …` first, else `x-api-key`, with or without `Bearer`; an empty one counts as none. */
function readCredential(headers: PolicyRequest['headers']): string | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
  const apiKey = headers['x-api-key']?.replace(/^\s*Bearer\s/i, '').trim();
  // A key of ours in either header must be valid, wherever it stands: it may never slip through to a provider.
  if (apiKey && classifyCredential(apiKey) !== 'foreign') return apiKey;
  return bearer ?? (apiKey || undefined);
}
